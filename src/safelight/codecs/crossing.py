"""Pixels on their way from one cage to another: numbers in a head of one size, then samples.

Nothing in here needs a parser: the head holds 8 kinds of numbers, each with its bounds; they say
exactly how many bytes of samples follow; and every byte is a valid sample. Grey or sRGB in 8 or
16 bit, alpha last, frames one below the other. A picture in any other colour space was brought
into that one before, and its profile does not cross.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from safelight.codecs.origin import TERMS
from safelight.formats import FORMATS, Format
from safelight.limits import MAX_FRAMES, Limits, bounded

MAGIC = b"SLpixels"
# format, bands, bits, mark, width and height of one frame, frames, repeats, delays in milliseconds
HEAD = struct.Struct(f"<8sBBBBIIII{MAX_FRAMES}I")
HEAD_BYTES = HEAD.size
MAX_REPEATS = 65_535
MAX_DELAY_MS = 10_000_000
MAX_BANDS = 4


@dataclass(frozen=True, slots=True)
class Head:
    """What the samples are. mark is 1 more than the place of a term among origin.TERMS, or 0."""

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
    def size_bytes(self) -> int:
        """Of head and samples."""
        samples = self.width * self.height * self.frames * self.bands
        return HEAD_BYTES + samples * self.bits // 8

    def pack(self) -> bytes:
        delays = [*self.delays, *[0] * (MAX_FRAMES - len(self.delays))]
        kind = FORMATS.index(self.format) + 1
        sides = (self.width, self.height, self.frames, self.repeats)
        return HEAD.pack(MAGIC, kind, self.bands, self.bits, self.mark, *sides, *delays)

    @classmethod
    def parse(cls, untrusted: memoryview, limits: Limits) -> Head:
        """Raises ValueError unless every number keeps its bounds and exactly the samples follow."""
        if len(untrusted) < HEAD_BYTES:
            raise ValueError("shorter than a head")
        magic, kind, bands, bits, mark, *sides = HEAD.unpack(untrusted[:HEAD_BYTES])
        width, height, frames, repeats, *delays = sides
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
            tuple(bounded(delay, 0, MAX_DELAY_MS) for delay in delays[:frames]),
        )
        if any(delays[frames:]) or len(untrusted) != head.size_bytes:
            raise ValueError("not exactly the samples that the head speaks of")
        return head


def is_crossing(data: memoryview) -> bool:
    return bytes(data[: len(MAGIC)]) == MAGIC
