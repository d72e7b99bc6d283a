"""The end code of LZW is found in bulk at the same place as code by code."""

from __future__ import annotations

import io
import random

import pytest
from PIL import Image

from safelight.codecs import gif_stream, tiff_clean
from safelight.codecs.gif import IMAGE, joined, parts
from safelight.codecs.gif_stream import end_of, tidy_stream
from safelight.codecs.lzw import TIFF, Coding, bits_until_end
from safelight.codecs.tiff_pages import read_document
from tests.codecs.making import CANARY, saved, scrubbed
from tests.codecs.pixels import differences
from tests.codecs.planting_tiff import page, pixels, plain_lzw, tiff


def noise(width: int, height: int, colours: int, mode: str = "L") -> Image.Image:
    """So many colours at random: codes of every width, and many clear codes."""
    source = random.Random(colours)
    raw = bytes(source.randrange(colours) for _ in range(width * height))
    return Image.frombytes("L", (width, height), raw).convert(mode)


def stream_of(data: bytes) -> tuple[bytes, int, int]:
    """The first picture's stream, its least bits, and its pixels."""
    part = next(part for part in parts(memoryview(data)) if part.introducer == IMAGE)
    width, height = (int.from_bytes(part.head[at : at + 2], "little") for at in (4, 6))
    return joined(part.body), part.raw[10 + len(part.table)], width * height


@pytest.mark.parametrize("colours", [2, 3, 8, 16, 77, 256])
def test_a_gif_ends_where_its_codes_do(colours: int) -> None:
    stream, least, count = stream_of(saved(noise(160, 120, colours), "GIF"))
    coding = Coding(1 << least, is_high_first=False, is_early=False)
    assert bits_until_end(stream + CANARY, coding) == end_of(stream, least, count).bits
    assert -(-bits_until_end(stream, coding) // 8) == len(stream)
    assert bits_until_end(stream[:-2], coding) == 8 * len(stream[:-2])


@pytest.mark.parametrize("colours", [2, 60, 256])
def test_a_tiff_ends_where_its_codes_do(colours: int) -> None:
    data = saved(noise(160, 120, colours), "TIFF", compression="tiff_lzw")
    for spot in read_document(memoryview(data)).pages[0].spots:
        strip = data[spot.start : spot.start + spot.size]
        assert -(-bits_until_end(strip + CANARY, TIFF) // 8) == len(strip)


def test_what_follows_a_long_stream_goes_and_its_pixels_stay(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(gif_stream, "LONG", 100)
    monkeypatch.setattr(tiff_clean, "LONG", 100)
    stream, least, count = stream_of(saved(noise(90, 60, 200), "GIF"))
    assert tidy_stream(stream + CANARY, least, count) == stream
    data = tiff(page(5, plain_lzw(pixels()) + CANARY))
    clean = scrubbed(data, "tiff")
    assert CANARY not in clean
    assert differences(data, clean) == []
    old = tiff(page(5, b"\0\1" + CANARY))
    assert CANARY in scrubbed(old, "tiff")


def test_pillow_agrees_about_a_long_picture() -> None:
    data = saved(noise(1200, 1100, 256), "GIF")
    assert len(stream_of(data)[0]) > gif_stream.LONG
    clean = scrubbed(data[:-1] + b";" + CANARY, "gif")
    with Image.open(io.BytesIO(clean)) as after, Image.open(io.BytesIO(data)) as before:
        assert after.tobytes() == before.tobytes()
    assert CANARY not in clean
