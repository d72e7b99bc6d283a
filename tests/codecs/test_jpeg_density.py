"""The resolution in which a JPEG prints stays, where EXIF alone says it too; colours stay."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from tests.codecs.making import exif, jpeg, picture, scrubbed, segment, with_segments
from tests.codecs.pixels import differences

UNIT, ACROSS, DOWN = 0x0128, 0x011A, 0x011B


def without_jfif(data: bytes) -> bytes:
    """As many cameras write it."""
    assert data[2:4] == b"\xff\xe0"
    return data[:2] + data[4 + int.from_bytes(data[4:6]) :]


def noted(unit: int, across: float, down: float) -> bytes:
    """An EXIF segment that states a resolution."""
    block = exif({UNIT: unit, ACROSS: across, DOWN: down})
    return segment(0xE1, b"Exif\0\0" + block)


def density(data: bytes) -> tuple[int, int, int] | None:
    """Unit, across and down of the JFIF segment, read by Pillow; None without one."""
    info = Image.open(io.BytesIO(data)).info
    return (info["jfif_unit"], *info["jfif_density"]) if "jfif" in info else None


@pytest.mark.parametrize(
    ("unit", "across", "down", "wanted"),
    [
        (2, 300.0, 300.0, (1, 300, 300)),
        (3, 118.0, 118.0, (2, 118, 118)),
        (2, 299.6, 150.0, (1, 300, 150)),
        (2, 72.0, 72.0, None),  # EXIF's word for unknown
        (1, 300.0, 300.0, None),  # no unit
        (2, 0.0, 300.0, None),
        (2, 70_000.0, 300.0, None),
    ],
)
def test_a_resolution_in_exif_alone_stays(
    unit: int, across: float, down: float, wanted: tuple[int, int, int] | None
) -> None:
    plain = without_jfif(jpeg())
    clean = scrubbed(with_segments(plain, noted(unit, across, down)), "jpeg")
    assert density(clean) == wanted
    assert b"Exif" not in clean
    assert differences(plain, clean) == []
    assert scrubbed(clean, "jpeg") == clean


def test_what_jfif_says_goes_before_exif_and_silence_does_not() -> None:
    said = jpeg(dpi=(200, 200))
    assert density(scrubbed(with_segments(said, noted(2, 300.0, 300.0)), "jpeg")) == (1, 200, 200)
    silent = jpeg()
    assert density(silent) == (0, 1, 1)
    assert density(scrubbed(with_segments(silent, noted(2, 300.0, 300.0)), "jpeg")) == (1, 300, 300)
    assert density(scrubbed(silent, "jpeg")) == (0, 1, 1)


@pytest.mark.parametrize("mode", ["CMYK", "RGB"])
def test_a_file_whose_colours_would_change_gets_no_segment(mode: str) -> None:
    """Decoders hold the channels of a JFIF file for luma and chroma; these are others."""
    plain = jpeg(picture().convert(mode), keep_rgb=mode == "RGB")
    assert density(plain) is None
    clean = scrubbed(with_segments(plain, noted(2, 300.0, 300.0)), "jpeg")
    assert density(clean) is None
    assert differences(plain, clean) == []


def test_the_control_a_segment_put_before_such_colours_changes_them() -> None:
    plain = jpeg(keep_rgb=True)
    forced = with_segments(plain, segment(0xE0, b"JFIF\0\1\1\1\x01\x2c\x01\x2c\0\0"))
    before, after = (Image.open(io.BytesIO(data)).convert("RGB") for data in (plain, forced))
    assert before.tobytes() != after.tobytes()
