"""The compressed pixels of a PNG: how long they are, and nothing behind them."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from safelight.codecs.png import Layout
from safelight.errors import ContainerBroken

STEP = 1 << 20
# Adam7: first column and row, steps between columns and rows.
PASSES = (
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
)
Bodies = list[memoryview]


def stream_bytes(layout: Layout, width: int, height: int) -> int:
    """How many bytes a picture of this size has before compression: a filter byte and the samples
    of each row.
    """
    bits = layout.bits * layout.samples
    if not layout.is_interlaced:
        return height * (1 + (width * bits + 7) // 8)
    size = 0
    for left, top, across, down in PASSES:
        columns, rows = -(-(width - left) // across), -(-(height - top) // down)
        if columns > 0 and rows > 0:
            size += rows * (1 + (columns * bits + 7) // 8)
    return size


@dataclass(slots=True)
class Stream:
    """One zlib stream that lies in several chunks."""

    bodies: Bodies
    number: int = -1
    inflater: zlib._Decompress = field(default_factory=zlib.decompressobj)
    waiting: bytes | memoryview = b""

    def take(self, most: int) -> bytes:
        """The next bytes, at most this many; none at the end. Raises ContainerBroken."""
        waiting = self.waiting
        while True:
            try:
                out = self.inflater.decompress(waiting, most)
            except zlib.error:
                raise ContainerBroken("the PNG has damaged pixels") from None
            waiting = self.waiting = self.inflater.unconsumed_tail
            if out or self.inflater.eof:
                return out
            if not waiting:
                if self.number + 1 == len(self.bodies):
                    return b""
                self.number += 1
                waiting = self.bodies[self.number]

    def rows(self, size: int) -> Iterator[bytes]:
        """Exactly size bytes in pieces. Raises ContainerBroken when they are not all there."""
        while size:
            out = self.take(min(STEP, size))
            if not out:
                raise ContainerBroken("the PNG is truncated: rows are missing")
            size -= len(out)
            yield out


def tidy_stream(bodies: Bodies, size: int) -> Sequence[bytes | memoryview]:
    """The same list (it is never empty) when it holds exactly a stream of this size; else one that
    does.

    Raises ContainerBroken when the stream is damaged or shorter than the picture.
    """
    stream = Stream(bodies)
    for _ in stream.rows(size):
        pass
    if stream.take(1) or not stream.inflater.eof:
        return [_packed_anew(bodies, size)]
    surplus = len(stream.inflater.unused_data)
    if surplus == 0 and stream.number == len(bodies) - 1:
        return bodies
    kept = bodies[: stream.number + 1]
    kept[-1] = kept[-1][: len(kept[-1]) - surplus]
    return kept


def _packed_anew(bodies: Bodies, size: int) -> bytes:
    """The first size bytes of what the stream holds, in a stream of our own."""
    packer = zlib.compressobj(6)
    packed = [packer.compress(rows) for rows in Stream(bodies).rows(size)]
    return b"".join(packed) + packer.flush()
