"""BMP: rows from the bottom, 24 bit, or 32 with alpha; a profile where there is one."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

from safelight.codecs.bmp import EMBEDDED, FIELDS, FILE_HEAD, PLAIN, RAW, STANDARD, V5
from safelight.codecs.colour import PROFILE, has_alpha
from safelight.codecs.savers import Pieces, gathered
from safelight.image import Wish

ROWS_AT_ONCE = 256
MASKS = (0xFF0000, 0xFF00, 0xFF, 0xFF000000)
RENDERING_PERCEPTUAL = 4


def saved(picture: Any, wish: Wish, most_bytes: int) -> Pieces:
    """The file in pieces. Raises LimitExceeded."""
    return gathered(_pieces(picture), most_bytes)


def _pieces(picture: Any) -> Iterator[bytes]:
    bands = 3 + has_alpha(picture)
    profile = bytes(picture.get(PROFILE)) if picture.get_typeof(PROFILE) else b""
    stride = (picture.width * bands + 3) // 4 * 4
    yield _head(picture, profile, stride * picture.height)
    # Rows come from the top and go in from the bottom, so the picture is held whole.
    picture = picture.copy_memory()
    for end in range(picture.height, 0, -ROWS_AT_ONCE):
        start = max(0, end - ROWS_AT_ONCE)
        yield _rows(picture.crop(0, start, picture.width, end - start), stride)
    yield profile


def _head(picture: Any, profile: bytes, pixel_bytes: int) -> bytes:
    alpha = has_alpha(picture)
    size = V5 if alpha or profile else PLAIN
    start = FILE_HEAD + size
    bits, coding = (32, FIELDS) if alpha else (24, RAW)
    sides = (picture.width, picture.height)
    head = struct.pack("<IiiHHIIiiII", size, *sides, 1, bits, coding, pixel_bytes, 0, 0, 0, 0)
    if size == V5:
        space = EMBEDDED if profile else STANDARD
        masks = MASKS if alpha else (0, 0, 0, 0)
        head += struct.pack("<4I4s36x12x", *masks, space)
        head += struct.pack("<IIII", RENDERING_PERCEPTUAL, size + pixel_bytes, len(profile), 0)
    file_bytes = start + pixel_bytes + len(profile)
    return struct.pack("<2sIHHI", b"BM", file_bytes, 0, 0, start) + head


def _rows(part: Any, stride: int) -> bytes:
    """Blue first, padded to whole words, the lowest row first."""
    order = [part[band] for band in (2, 1, 0, 3)[: part.bands]]
    samples: bytes = order[0].bandjoin(order[1:]).flipver().write_to_memory()
    width = part.width * part.bands
    if width == stride:
        return bytes(samples)
    rows = (samples[start : start + width] for start in range(0, len(samples), width))
    return b"".join(row + bytes(stride - width) for row in rows)
