"""Pixels on their way from one cage to another: numbers in a head of one size, then samples.

Nothing in here needs a parser: the head holds 9 kinds of numbers, each with its bounds; they say
exactly how many times of frames and how many bytes of samples follow; every time has its bounds,
and every byte is a valid sample. Grey or sRGB in 8 or
16 bit, alpha last, frames one below the other. A picture in any other colour space was brought
into that one before, and its profile does not cross.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from safelight.codecs.origin import TERMS
from safelight.formats import FORMATS, Format
from safelight.limits import Limits, bounded

MAGIC = b"SLpixels"
# format, bands, bits, mark, width and height of one frame, frames, repeats, how many delays follow
HEAD = struct.Struct("<8sBBBBIIIII")
HEAD_BYTES = HEAD.size
# A delay in milliseconds.
DELAY_BYTES = 4
MAX_REPEATS = 65_535
MAX_DELAY_MS = 10_000_000
MAX_BANDS = 4


@dataclass(frozen=True, slots=True)
class Head:
    """What the samples are. mark is 1 more than the place of a term among origin.TERMS, or 0;
    delays are in milliseconds, none or one for each of several frames.
    """

    format: Format
    bands: int
    bits: int
    mark: int
    width: int
    height: int
    frames: int = 1
    repeats: int = 0
    delays: tuple[int, ...] = ()

    @property
    def start(self) -> int:
        """Where the samples begin: the bytes of the head with its delays."""
        return HEAD_BYTES + DELAY_BYTES * len(self.delays)

    @property
    def size_bytes(self) -> int:
        """Of head and samples."""
        samples = self.width * self.height * self.frames * self.bands
        return self.start + samples * self.bits // 8

    def pack(self) -> bytes:
        kind, count = FORMATS.index(self.format) + 1, len(self.delays)
        sides = (self.width, self.height, self.frames, self.repeats, count)
        head = HEAD.pack(MAGIC, kind, self.bands, self.bits, self.mark, *sides)
        return head + struct.pack(f"<{count}I", *self.delays)

    @classmethod
    def parse(cls, untrusted: memoryview, limits: Limits) -> Head:
        """Raises ValueError unless every number keeps its bounds and exactly the samples follow."""
        if len(untrusted) < HEAD_BYTES:
            raise ValueError("shorter than a head")
        magic, kind, bands, bits, mark, *sides = HEAD.unpack(untrusted[:HEAD_BYTES])
        width, height, frames, repeats, count = sides
        if magic != MAGIC or bits not in (8, 16):
            raise ValueError("no head of pixels")
        bounded(bounded(width, 1, limits.side) * bounded(height, 1, limits.side), 1,
                limits.input_pixels // bounded(frames, 1, limits.frames))  # fmt: skip
        head = cls(
            FORMATS[bounded(kind, 1, len(FORMATS)) - 1],
            bounded(bands, 1, MAX_BANDS),
            bits,
            bounded(mark, 0, len(TERMS)),
            width,
            height,
            frames,
            bounded(repeats, 0, MAX_REPEATS),
            _delays(untrusted[HEAD_BYTES:], count, frames),
        )
        if len(untrusted) != head.size_bytes:
            raise ValueError("not exactly the samples that the head speaks of")
        return head


def _delays(untrusted: memoryview, count: int, frames: int) -> tuple[int, ...]:
    """None, or exactly one for each of several frames."""
    if count and (frames == 1 or count != frames):
        raise ValueError("not as many delays as a head may have")
    if len(untrusted) < DELAY_BYTES * count:
        raise ValueError("shorter than a head")
    delays = struct.unpack_from(f"<{count}I", untrusted)
    return tuple(bounded(delay, 0, MAX_DELAY_MS) for delay in delays)


def is_crossing(data: memoryview) -> bool:
    return bytes(data[: len(MAGIC)]) == MAGIC
