"""The compressed pixels of a PNG: how long they are, and nothing behind them."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

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


def tidy_stream(bodies: Bodies, size: int) -> list[memoryview] | list[bytes]:
    """The same list when it holds exactly a stream of this size; else a list that does.

    Raises ContainerBroken when the stream is damaged or shorter than the picture.
    """
    inflater, made = zlib.decompressobj(), 0
    for number, body in enumerate(bodies):
        try:
            for count in _inflated(inflater, body, size + 1 - made):
                made += count
        except zlib.error:
            if made < size:
                raise ContainerBroken("the PNG has damaged pixels") from None
            return _packed_anew(bodies, size)
        if made > size:
            return _packed_anew(bodies, size)
        if inflater.eof:
            return _cut(bodies, number, len(inflater.unused_data)) if made == size else _short()
    return _packed_anew(bodies, size) if made == size else _short()


def _short() -> list[bytes]:
    raise ContainerBroken("the PNG is truncated: rows are missing")


def _inflated(inflater: zlib._Decompress, body: memoryview, most: int) -> Iterator[int]:
    """The sizes of what comes out, until the input is used or the most is reached."""
    waiting: bytes | memoryview = body
    while True:
        out = len(inflater.decompress(waiting, min(STEP, max(most, 1))))
        most -= out
        yield out
        waiting = inflater.unconsumed_tail
        if inflater.eof or most <= 0 or (not waiting and out == 0):
            return


def _cut(bodies: Bodies, last: int, surplus: int) -> Bodies:
    if surplus == 0 and last == len(bodies) - 1:
        return bodies
    kept = bodies[: last + 1]
    kept[last] = kept[last][: len(kept[last]) - surplus]
    return kept


def _packed_anew(bodies: Bodies, size: int) -> list[bytes]:
    """The first size bytes of what the stream holds, in a stream of our own."""
    inflater, packer, left = zlib.decompressobj(), zlib.compressobj(6), size
    out: list[bytes] = []
    for body in bodies:
        waiting: bytes | memoryview = body
        while left and not inflater.eof:
            rows = inflater.decompress(waiting, min(STEP, left))
            left -= len(rows)
            out.append(packer.compress(rows))
            waiting = inflater.unconsumed_tail
            if not waiting and not rows:
                break
    return [b"".join(out) + packer.flush()]
