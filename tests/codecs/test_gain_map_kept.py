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


def blocks_inside(data: bytes) -> list[tuple[str, bytes]]:
    """The numbers that a gain map has itself."""
    return [(block.kind, bytes(block.data)) for block in blocks_of(memoryview(data), "jpeg")]


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
    ("steps", "size"),
    [
        ((Resize(fit="200x200"),), (400, 300)),
        ((Resize(fit="199x199"),), (199, 149)),
        ((Resize(fit="40x40"),), (40, 30)),
        ((Resize(width=300, height=20, mode="exact"),), (300, 20)),
    ],
)
def test_it_is_made_smaller_with_a_picture_less_than_half_as_large(
    photo: bytes, steps: tuple[Operation, ...], size: tuple[int, int]
) -> None:
    encoded = made(photo, *steps)
    (found,) = maps(encoded)
    assert told(encoded) == ["kept"]
    header = jpeg.header(memoryview(found))
    assert (header.width, header.height) == size
    (whole,) = maps(made(photo, Convert(quality=60)))
    before, after = (pyvips.Image.new_from_buffer(one, "") for one in (whole, found))
    assert abs(before.avg() - after.avg()) < 2
    assert blocks_inside(found) == blocks_inside(whole)
    assert maps(made(photo, *steps)) == [found]


def test_a_large_map_that_cannot_be_read_stays_behind(photo: bytes) -> None:
    start = photo.rindex(b"\xff\xd8\xff")
    damaged = photo[:start] + photo[start:].replace(b"\xff\xdb", b"\xff\xfe")
    assert maps(made(photo, Resize(fit="99x99")))
    encoded = made(damaged, Resize(fit="99x99"))
    assert (maps(encoded), told(encoded)) == ([], ["removed"])


@pytest.mark.parametrize(
    "steps",
    [
        (Crop(width=200, height=200),),
        (Resize(width=200, height=200, mode="cover"),),
        (Resize(fit="300x300"), Crop(width=100, height=100)),
        (Crop(width=399, height=299), Resize(fit="300x300")),
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
