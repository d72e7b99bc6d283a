"""PNG as libvips writes it; several frames as an animation, of each only what differs from the one
before.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

from safelight.codecs.colour import is_deep
from safelight.codecs.png import SIGNATURE, chunks
from safelight.codecs.png_pixels import chunk_of
from safelight.codecs.savers import Pieces, gathered, present, settings, written
from safelight.image import Wish

USUAL_DELAY_MS = 100
# A delay is a fraction of two numbers of 16 bits.
MAX_PART = 65_535
SECOND_MS, HUNDREDTHS = 1_000, 100
FRAME_HEAD = struct.Struct(">5I2H2B")


def saved(picture: Any, wish: Wish, most_bytes: int) -> Pieces:
    """The file in pieces. Raises LimitExceeded."""
    options = settings("png", wish, is_deep=is_deep(picture))
    if picture.get_page_height() == picture.height:
        return written(picture, "pngsave_target", options, most_bytes)
    return gathered(_animation(picture.copy_memory(), options), most_bytes)


def _animation(picture: Any, options: dict[str, Any]) -> Iterator[bytes]:
    """Every chunk of the file. The first frame is whole and brings what stands before pixels."""
    frames = picture.pagesplit()
    delays = picture.get("delay") if picture.get_typeof("delay") else []
    loop = picture.get("loop") if picture.get_typeof("loop") else 0
    order, before = 0, None
    yield SIGNATURE
    for number, frame in enumerate(frames):
        box = (0, 0, frame.width, frame.height) if before is None else _changed(before, frame)
        delay_ms = delays[number] if number < len(delays) else USUAL_DELAY_MS
        control = chunk_of(b"fcTL", _control(order, box, delay_ms))
        order += 1
        data = frame.crop(*box).pngsave_buffer(**options, keep=present(frame) if not number else 0)
        for chunk in chunks(memoryview(data)):
            if chunk.type == b"IDAT":
                yield control
                control = b""
                if not number:
                    yield bytes(chunk.raw)
                else:
                    yield chunk_of(b"fdAT", struct.pack(">I", order) + chunk.body)
                    order += 1
            elif not number and chunk.type != b"IEND":
                yield bytes(chunk.raw)
                if chunk.type == b"IHDR":
                    yield chunk_of(b"acTL", struct.pack(">II", len(frames), max(0, loop)))
        before = frame
    yield chunk_of(b"IEND", b"")


def _changed(before: Any, frame: Any) -> tuple[int, int, int, int]:
    """left, top, width, height of what differs from the frame before; one pixel if nothing does."""
    differs = (frame != before).bandor()
    left, top, width, height = differs.find_trim(background=[0], line_art=True)
    return (left, top, width, height) if width else (0, 0, 1, 1)


def _control(order: int, box: tuple[int, int, int, int], delay_ms: int) -> bytes:
    """A frame's control: it stays, and replaces what it covers."""
    left, top, width, height = box
    parts = SECOND_MS if delay_ms <= MAX_PART else HUNDREDTHS
    share = min(max(0, round(delay_ms * parts / SECOND_MS)), MAX_PART)
    return FRAME_HEAD.pack(order, width, height, left, top, share, parts, 0, 0)
