"""GIF: frames of at most 256 colours as they are; where one has more, libvips chooses for all.

Every frame that is given is written, also one that equals the frame before it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

from safelight.codecs.palettes import (
    ABSENT,
    colours_of,
    frames,
    has_more,
    is_cleared,
    is_counted,
    places_of,
)
from safelight.codecs.savers import Pieces, gathered, settings, written
from safelight.image import Wish

SAVER = "gifsave_target"
MOST = 256
USUAL_DELAY_MS = 100
HUNDREDTH_MS, MOST_DELAY, MOST_LOOPS = 10, 65_535, 65_535
STAYS, CLEARED = 1, 2
# A table has at least two colours; codes start at eight bits whatever its length.
LEAST_BITS, CODE_BITS = 1, 8
LOOP = b"\x21\xff\x0bNETSCAPE2.0\x03\x01%b\0"


def saved(picture: Any, wish: Wish, most_bytes: int) -> Pieces:
    """The file in pieces. Raises LimitExceeded."""
    picture = picture.copy_memory()
    if not is_counted() or has_more(picture, MOST):
        return written(picture, SAVER, settings("gif", wish, is_deep=False), most_bytes)
    return gathered(_file(picture), most_bytes)


def _file(picture: Any) -> Iterator[bytes]:
    """The first table of colours is that of the screen; a frame with another has its own."""
    height, clears = picture.get_page_height(), is_cleared(picture)
    count = picture.height // height
    delays = _delays(picture, count) if count > 1 else [0]
    shared, before = b"", None
    for frame, delay in zip(frames(picture), delays, strict=True):
        box = _box(None if clears else before, frame)
        colours = colours_of(frame[box], clears=clears, most=MOST)
        table = _table(colours)
        if before is None:
            shared = table
            yield _screen(picture.width, height, table)
            yield from _loop(picture) if count > 1 else ()
        absent = len(colours) - 1 if colours[-1] == ABSENT else None
        if count > 1 or absent is not None:
            yield _control(delay, absent, clears=clears)
        own = b"" if table == shared else table
        yield from _pixels(places_of(frame[box], colours), box, own)
        before = frame
    yield b"\x3b"


def _delays(picture: Any, count: int) -> list[int]:
    """In hundredths of a second."""
    delays = picture.get("delay") if picture.get_typeof("delay") else []
    usual = [USUAL_DELAY_MS] * (count - len(delays))
    return [
        min(max(0, round(delay / HUNDREDTH_MS)), MOST_DELAY) for delay in [*delays[:count], *usual]
    ]


def _loop(picture: Any) -> Iterator[bytes]:
    """How often it is shown again: without end is 0, and shown once is not said at all."""
    plays = picture.get("loop") if picture.get_typeof("loop") else 0
    if plays != 1:
        yield LOOP % struct.pack("<H", min(max(0, plays - 1), MOST_LOOPS))


def _box(before: Any, frame: Any) -> tuple[slice, slice]:
    """Rows and columns of what differs from the frame before; one pixel if nothing does."""
    import numpy as np

    if before is None:
        return slice(None), slice(None)
    differs = (before != frame).any(2)
    rows, columns = np.flatnonzero(differs.any(1)), np.flatnonzero(differs.any(0))
    if not len(rows):
        return slice(0, 1), slice(0, 1)
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def _table(colours: Any) -> bytes:
    """Three bytes for each, filled up to a power of two; what is absent is black there."""
    raw = b"".join(struct.pack(">I", int(one) & ABSENT - 1)[1:] for one in colours)
    return raw.ljust(3 << _bits(len(colours)), b"\0")


def _bits(colours: int) -> int:
    return max(LEAST_BITS, (colours - 1).bit_length())


def _packed(table: bytes) -> int:
    """How a head says how long a table is."""
    return 0x80 | (len(table) // 3).bit_length() - 2


def _screen(width: int, height: int, table: bytes) -> bytes:
    head = struct.pack("<6sHHBBB", b"GIF89a", width, height, 0x70 | _packed(table), 0, 0)
    return head + table


def _control(delay: int, absent: int | None, *, clears: bool) -> bytes:
    how = (CLEARED if clears else STAYS) << 2 | (absent is not None)
    return struct.pack("<4BHBB", 0x21, 0xF9, 4, how, delay, absent or 0, 0)


def _pixels(places: Any, box: tuple[slice, slice], own: bytes) -> Iterator[bytes]:
    """A frame's head, its table where it has one, and its codes."""
    from PIL import Image

    height, width = places.shape
    top, left = (side.start or 0 for side in box)
    packed = _packed(own) if own else 0
    yield struct.pack("<B4HB", 0x2C, left, top, width, height, packed) + own
    indexed = Image.frombytes("L", (width, height), places.tobytes())
    yield bytes((CODE_BITS,)) + indexed.tobytes("gif", ("L", CODE_BITS, 0)) + b"\0"
