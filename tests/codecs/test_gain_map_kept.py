"""A gain map goes along where the picture shows what it showed; anywhere else it is dropped and
that is said.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import pyvips

from safelight.codecs import jpeg
from safelight.codecs.encode import Encoded, encode
from safelight.codecs.metadata import blocks_of
from safelight.operation import Operation
from safelight.ops.convert import Convert
from safelight.ops.crop import Crop
from safelight.ops.resize import Resize
from safelight.ops.scrub import Scrub
from tests.contract import LIMITS, context, opened


@pytest.fixture
def photo(shared_data: Path) -> bytes:
    """400 x 300, its map as large."""
    path = shared_data / "metadata" / "libavif" / "seine_sdr_different_gainmap_srgb.jpg"
    return path.read_bytes()


def made(data: bytes, *steps: Operation) -> Encoded:
    image = opened(data)
    for step in steps:
        image = step.apply(image, context())
    return encode(image, memoryview(data), LIMITS)


def maps(encoded: Encoded) -> list[bytes]:
    """The gain maps that the walker finds in a result."""
    data = memoryview(b"".join(encoded.pieces))
    return [bytes(block.data) for block in blocks_of(data, encoded.format)
            if block.kind == "gain map"]  # fmt: skip


def told(encoded: Encoded) -> list[str]:
    return [change.what for change in encoded.changes if change.finding.name == "gain map"]


@pytest.mark.parametrize(
    "steps",
    [
        (Convert(quality=60),),
        (Convert(progressive=True, chroma="4:4:4"),),
        (Convert(to_bytes=80_000),),
        (Resize(fit="300x300"),),
        (Resize(width=300, height=300, mode="exact"), Convert(quality=70)),
    ],
)
def test_it_stays_where_the_picture_is_whole(photo: bytes, steps: tuple[Operation, ...]) -> None:
    encoded = made(photo, *steps)
    assert encoded.is_reencoded
    (found,) = maps(encoded)
    assert told(encoded) == ["kept"]
    assert jpeg.header(memoryview(found)).width == 400
    assert pyvips.Image.new_from_buffer(found, "").avg() > 0
    assert (
        pyvips.Image.jpegload_buffer(b"".join(encoded.pieces), fail_on="error").width
        == encoded.width
    )


@pytest.mark.parametrize(
    "steps",
    [
        (Crop(width=200, height=200),),
        (Resize(width=200, height=200, mode="cover"),),
        (Resize(fit="300x300"), Crop(width=100, height=100)),
        (Crop(width=399, height=299), Resize(fit="300x300")),
        (Resize(fit="99x99"),),
        (Convert(to="png"),),
        (Convert(to="avif"),),
        (Scrub(profile="none"), Crop(width=9, height=9)),
    ],
)
def test_it_goes_where_the_picture_shows_something_else(
    photo: bytes, steps: tuple[Operation, ...]
) -> None:
    encoded = made(photo, *steps)
    assert maps(encoded) == []
    assert told(encoded) == ["removed"]


def test_it_goes_where_the_picture_is_turned(photo: bytes) -> None:
    turned = photo[:2] + bytes.fromhex(
        "ffe100224578696600004d4d002a00000008000101120003000000010006000000000000"
    ) + photo[2:]  # fmt: skip
    assert opened(turned).header.orientation == 6
    assert maps(made(turned, Convert(quality=60))) == []
