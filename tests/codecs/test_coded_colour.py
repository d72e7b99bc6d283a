"""Colour said by code points: bright pictures are shown by their diffuse white, wide ones keep or
lose what the target allows, and an ordinary one stays as it is.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pyvips
from PIL import Image as Pillow

from safelight.codecs.coded_colour import HLG, P3, PQ, WIDE, Signal, of_heif, shown_in_srgb
from safelight.codecs.encode import Encoded, encode
from safelight.codecs.samples import NOTE
from safelight.ops.convert import Convert
from safelight.ops.resize import Resize
from tests.codecs.making import picture, png, profile, with_chunks
from tests.contract import LIMITS, context, opened

WHITE_IN_PQ, WHITE_IN_HLG = 0.5807, 0.75


def flat(value: float, bands: int = 3, *, deep: bool = True) -> Any:
    most = 65_535 if deep else 255
    array = np.full((2, 2, bands), round(value * most), np.uint16 if deep else np.uint8)
    kinds = ("grey16", "rgb16") if deep else ("b-w", "srgb")
    return pyvips.Image.new_from_array(array, interpretation=kinds[bands > 2])


def seen(image: Any, signal: Signal) -> Any:
    return np.array(shown_in_srgb(image, signal)(0, 0))


@pytest.mark.parametrize(("transfer", "white"), [(PQ, WHITE_IN_PQ), (HLG, WHITE_IN_HLG)])
@pytest.mark.parametrize("bands", [1, 3])
@pytest.mark.parametrize("deep", [False, True])
def test_diffuse_white_becomes_white_and_black_stays_black(
    transfer: int, white: float, bands: int, deep: bool
) -> None:
    most = 65_535 if deep else 255
    for primaries in (1, P3, WIDE):
        signal = Signal(primaries, transfer)
        assert np.abs(seen(flat(white, bands, deep=deep), signal) / most - 1).max() < 0.01
        assert np.abs(seen(flat(0, bands, deep=deep), signal)).max() <= 1
        half = seen(flat(white / 2, bands, deep=deep), signal) / most
        assert ((half > 0.05) & (half < 0.9)).all()


def test_what_is_brighter_than_white_is_cut_and_noted() -> None:
    image = shown_in_srgb(flat(0.9), Signal(WIDE, PQ))
    assert image.min() == 65_535
    assert "cut" in image.get(NOTE)


def test_alpha_stays_as_it_is() -> None:
    image = flat(WHITE_IN_PQ).bandjoin(1_234).copy(interpretation="rgb16")
    assert seen(image, Signal(WIDE, PQ))[3] == 1_234


def test_wide_colours_without_brightness_are_brought_into_srgb() -> None:
    assert np.abs(seen(flat(0.5), Signal(WIDE, 13)) - 32_768).max() < 200
    array = np.array([[[0, 65_535, 0]]], np.uint16)
    green = pyvips.Image.new_from_array(array, interpretation="rgb16")
    assert tuple(seen(green, Signal(WIDE, 13))) == (0, 65_535, 0)


def test_display_p3_gets_its_profile() -> None:
    image = shown_in_srgb(flat(0.5), Signal(P3, 13))
    assert b"P3" in bytes(image.get("icc-profile-data")) or image.get("icc-profile-data")
    assert tuple(image(0, 0)) == tuple(flat(0.5)(0, 0))


@pytest.mark.parametrize("signal", [None, Signal(1, 13), Signal(2, 2), Signal(5, 1)])
def test_an_ordinary_picture_is_left_alone(signal: Signal | None) -> None:
    image = flat(0.5)
    assert shown_in_srgb(image, signal) is image


def test_a_profile_comes_first() -> None:
    image = opened(png(icc_profile=profile())).vips
    assert shown_in_srgb(image, Signal(WIDE, PQ)) is image


def converted(data: bytes, **wish: Any) -> Encoded:
    return encode(Convert(**wish).apply(opened(data), context()), memoryview(data), LIMITS)


def test_a_bright_avif_looks_bright(shared_data: Path) -> None:
    data = (shared_data / "formats" / "libavif" / "colors_hdr_p3.avif").read_bytes()
    assert of_heif(memoryview(data)) == Signal(P3, PQ)
    made = converted(data, to="png")
    array = np.asarray(Pillow.open(io.BytesIO(b"".join(made.pieces))).convert("RGB"))
    assert array[190].min() == 255
    told = {c.finding.name: c.finding.value for c in made.changes if c.what == "removed"}
    assert told["sample depth"] == "light brighter than white, cut"


def coded_png(primaries: int, transfer: int, **options: Any) -> bytes:
    return with_chunks(png(picture(), **options), (b"cICP", bytes((primaries, transfer, 0, 1))))


def test_the_code_points_of_a_png_are_heard() -> None:
    def light(data: bytes) -> float:
        return float(opened(data).vips.numpy().mean())

    plain, bright = light(png(picture())), light(coded_png(WIDE, PQ))
    assert bright > plain
    assert light(coded_png(1, 13)) == plain
    assert light(coded_png(WIDE, PQ, icc_profile=profile())) == bright


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "LA"])
def test_a_large_one_streams(mode: str) -> None:
    image = picture(1_800, 1_500, "RGBA").convert(mode)
    data = with_chunks(png(image), (b"cICP", bytes((WIDE, PQ, 0, 1))))
    for step in (Convert(effort=0), Resize(fit="300x300")):
        made = encode(step.apply(opened(data), context()), memoryview(data), LIMITS)
        assert Pillow.open(io.BytesIO(b"".join(made.pieces))).mode == mode


def test_p3_in_a_png_is_said_when_it_is_lost() -> None:
    made = converted(coded_png(P3, 13), to="gif")
    told = {change.finding.name for change in made.changes if change.what == "removed"}
    assert "colours outside sRGB" in told
