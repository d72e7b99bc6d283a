"""Gamma and chromaticities of a PNG: colours stay what they were, or their loss is told."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import pytest
import pyvips

from safelight.codecs import icc
from safelight.codecs.colour import PROFILE
from safelight.codecs.encode import Encoded, encode
from safelight.codecs.losses import OUTSIDE
from safelight.formats import WRITABLE, Writable
from safelight.ops.convert import Convert
from safelight.ops.resize import Resize
from tests.codecs.making import picture, png, profile, with_chunks
from tests.contract import LIMITS, context, opened

SRGB_POINTS = (31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)
WIDE_POINTS = (31270, 32900, 70800, 29200, 17000, 79700, 13100, 4600)
ADOBE_POINTS = (31270, 32900, 64000, 33000, 21000, 71000, 15000, 6000)


def told_png(
    gamma: int | None, points: tuple[int, ...] | None = None, *, mode: str = "RGB", **options: Any
) -> bytes:
    chunks = []
    if gamma is not None:
        chunks.append((b"gAMA", struct.pack(">I", gamma)))
    if points is not None:
        chunks.append((b"cHRM", struct.pack(">8I", *points)))
    return with_chunks(png(picture(mode=mode), **options), *chunks)


def found(data: bytes) -> bytes | None:
    image = opened(data).vips
    return bytes(image.get(PROFILE)) if image.get_typeof(PROFILE) else None


def halved(data: bytes, to: Writable) -> Encoded:
    image = Resize(percent=50, format=to).apply(opened(data), context())
    return encode(image, memoryview(data), LIMITS)


def converted(data: bytes, to: Writable) -> Encoded:
    return encode(Convert(to=to).apply(opened(data), context()), memoryview(data), LIMITS)


def lost(made: Encoded) -> set[str]:
    return {change.finding.name for change in made.changes if change.what == "removed"}


@pytest.mark.parametrize("to", ["png", "jpeg", "webp", "tiff", "avif"])
@pytest.mark.parametrize(
    ("gamma", "points"), [(100_000, WIDE_POINTS), (45_455, ADOBE_POINTS), (100_000, None)]
)
def test_numbers_become_a_profile_that_goes_along(
    to: Writable, gamma: int, points: tuple[int, ...] | None
) -> None:
    data = told_png(gamma, points)
    made = halved(data, to)
    stored = pyvips.Image.new_from_buffer(b"".join(made.pieces), "")
    assert bytes(stored.get(PROFILE)) == found(data)
    assert OUTSIDE not in lost(made)


def test_the_colours_are_those_of_the_numbers() -> None:
    """Half the light is 188 of 255 in sRGB, and green of a wide screen is none that it has."""
    array = np.full((16, 24, 3), 128, np.uint8)
    array[:8] = (0, 255, 0)
    image = pyvips.Image.new_from_array(array, interpretation="srgb")
    chunks = [(b"gAMA", struct.pack(">I", 100_000)), (b"cHRM", struct.pack(">8I", *WIDE_POINTS))]
    data = with_chunks(image.pngsave_buffer(), *chunks)
    assert OUTSIDE not in lost(halved(data, "bmp"))
    made, plain = (converted(one, "gif") for one in (data, image.pngsave_buffer()))
    assert OUTSIDE in lost(made)
    assert OUTSIDE not in lost(plain)
    seen, unchanged = (
        pyvips.Image.new_from_buffer(b"".join(one.pieces), "") for one in (made, plain)
    )
    assert np.abs(np.array(seen(3, 12)[:3]) - 188).max() <= 2
    assert np.abs(np.array(unchanged(3, 12)[:3]) - 128).max() <= 1


@pytest.mark.parametrize(
    ("gamma", "points"),
    [
        (45_455, None),
        (45_455, SRGB_POINTS),
        (46_000, SRGB_POINTS),
        (None, WIDE_POINTS),
        (0, None),
        (1, None),
        (4_000_000_000, SRGB_POINTS),
        (45_455, (0,) * 8),
        (45_455, (31270, 32900) * 4),
        (45_455, (90_000, 90_000, *WIDE_POINTS[2:])),
        (45_455, (70_000, 10_000, *SRGB_POINTS[2:])),
        (45_455, (31270, 32900, 64000, 33000, 30000, 0, 15000, 6000)),
        (45_455, (4_000_000_000,) * 8),
    ],
)
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_what_means_srgb_or_cannot_be_meant_is_left_alone(
    mode: str, gamma: int | None, points: tuple[int, ...] | None
) -> None:
    assert found(told_png(gamma, points, mode=mode)) is None


def test_absurd_points_leave_the_gamma() -> None:
    assert found(told_png(100_000, (0,) * 8)) == found(told_png(100_000))


def test_grey_gets_a_curve_alone() -> None:
    made = found(told_png(100_000, WIDE_POINTS, mode="L")) or b""
    assert made[16:20] == b"GRAY"
    assert icc.is_within_srgb(made)


def test_a_profile_and_the_name_of_srgb_come_first() -> None:
    own = profile()
    assert found(told_png(100_000, WIDE_POINTS, icc_profile=own)) == own
    named = with_chunks(told_png(100_000, WIDE_POINTS), (b"sRGB", b"\0"))
    assert found(named) is None
    coded = with_chunks(told_png(100_000, WIDE_POINTS), (b"cICP", bytes((1, 13, 0, 1))))
    assert found(coded) is None


def test_a_damaged_chunk_says_nothing() -> None:
    data = bytearray(told_png(100_000, WIDE_POINTS))
    at = data.index(b"gAMA")
    data[at + 8] ^= 1
    assert found(bytes(data)) is None


@pytest.mark.parametrize("to", WRITABLE)
def test_a_gamma_alone_loses_no_colours(to: Writable) -> None:
    assert OUTSIDE not in lost(halved(told_png(100_000), to))
