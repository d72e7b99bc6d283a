"""A picture through a net: lazy in, lazy out, in bounded memory, with progress and a deadline."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from safelight.operation import Context
from safelight.ops.tiling.local import Range
from safelight.ops.tiling.net import Net
from safelight.ops.tiling.pace import Pace

if TYPE_CHECKING:
    from safelight.ops.tiling.painting import Painter
    from safelight.ops.tiling.rows import RowSource

# Bytes of result that one strip may have; a wide picture gets lower strips, down to the least.
STRIP_BYTES = 48_000_000
LEAST_ROWS = 32
# An enlarged sample lies next to its own; a repaired one may come from a JPEG block further off.
ENLARGED = Range(radius=2, slack=0.5, tight=0.0)
REPAIRED = Range(radius=8, slack=1.0, tight=1.0)


def through(picture: Any, net: Net, ctx: Context) -> tuple[Any, RowSource]:
    """The picture as the net gives it, made row by row as it is read, once.

    picture is grey or RGB in 8 or 16 bit with or without alpha, and stays that. What stopped the
    rows is told by the second. While rows are read: TimeExceeded, see Pace.
    """
    from safelight.ops.tiling.painting import Painter
    from safelight.ops.tiling.rows import Shape, lazy_picture

    bits = 16 if picture.format == "ushort" else 8
    painter = Painter(
        *(net, 2**bits - 1, picture.bands, bool(picture.hasalpha())),
        ENLARGED if net.scale > 1 else REPAIRED,
    )
    size = (picture.width * net.scale, picture.height * net.scale)
    shape = Shape(*size, picture.bands, bits, painter.has_alpha)
    lazy, rows = lazy_picture(shape, blocks(picture, painter, ctx))
    return lazy.copy(interpretation=picture.interpretation), rows


def strip_rows(net: Net, width: int, sample_bytes: int) -> int:
    """Rows of a strip: a tile's, or fewer where the result of so many would be too much to hold.

    sample_bytes are those of one pixel in all its bands.
    """
    row_bytes = width * sample_bytes * net.scale**2
    fitting = max(LEAST_ROWS, STRIP_BYTES // row_bytes // net.multiple * net.multiple)
    return min(net.tile, fitting)


def blocks(picture: Any, painter: Painter, ctx: Context) -> Iterator[memoryview]:
    """The rows of the result, a strip of tiles at a time. Raises TimeExceeded."""
    from safelight.ops.tiling.strips import strips

    net = painter.net
    tile = net.tile or max(picture.width, picture.height)
    sample_bytes = picture.bands * (2 if painter.peak > 255 else 1)
    height = strip_rows(net, picture.width, sample_bytes) or tile
    area, done, pace = picture.width * picture.height, 0, Pace(ctx.deadline)
    for strip in strips(picture, height, painter.margin):
        rows = strip.bottom - strip.top

        def finished(columns: int, rows: int = rows) -> None:
            nonlocal done
            done += columns * rows
            ctx.progress(done / area)
            pace.keep(done / area)

        yield painter.paint(strip, tile, finished).data.cast("B")
