"""The quality of a JPEG, told from its tables."""

from __future__ import annotations

import io

import pytest
from PIL import Image as Pillow

from safelight.codecs.decode import open_image
from safelight.codecs.jpeg_quality import quality_of
from tests.contract import LIMITS, PICTURES, drawn, with_pillow


@pytest.mark.parametrize("quality", [*range(1, 101, 3), 99, 100])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_the_quality_is_that_of_the_encoder(quality: int, mode: str) -> None:
    data = with_pillow(drawn(), "JPEG", mode, quality=quality)
    assert open_image(memoryview(data), LIMITS).header.quality == quality


def test_a_progressive_file_tells_it_too() -> None:
    data = with_pillow(drawn(), "JPEG", quality=42, progressive=True, subsampling=2)
    assert open_image(memoryview(data), LIMITS).header.quality == 42


def test_tables_of_other_makers_get_the_nearest() -> None:
    out = io.BytesIO()
    Pillow.fromarray(drawn()).save(out, "JPEG", qtables=[[17] * 64, [17] * 64])
    quality = open_image(memoryview(out.getvalue()), LIMITS).header.quality
    assert quality is not None
    assert 80 <= quality <= 90


def test_wide_tables_count_as_numbers_of_two_bytes() -> None:
    wide = bytes([0x10]) + b"\0\x10" * 64
    assert quality_of([memoryview(wide)]) == quality_of([memoryview(bytes([0]) + b"\x10" * 64)])


@pytest.mark.parametrize("body", [b"", b"\0", b"\0" + b"\1" * 63, b"\1" + b"\1" * 64])
def test_without_a_whole_table_for_luma_nothing_is_said(body: bytes) -> None:
    assert quality_of([memoryview(body)]) is None


@pytest.mark.parametrize("name", ["png", "webp", "tiff", "gif", "avif"])
def test_other_formats_have_none(name: str) -> None:
    assert open_image(memoryview(PICTURES[name]()), LIMITS).header.quality is None
