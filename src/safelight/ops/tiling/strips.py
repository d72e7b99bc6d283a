"""A lazy picture as strips of rows, each with some above and below, fetched once, in order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    # 8 or 16 bit, unsigned.
    Samples = NDArray[Any]


@dataclass(frozen=True)
class Strip:
    """Rows top..bottom of a picture, inside a window that starts at row `start`."""

    window: Samples
    start: int
    top: int
    bottom: int


def strips(picture: Any, height: int, margin: int) -> Iterator[Strip]:
    """Strips of this height with up to margin more rows on both sides, pulled as they are."""
    import numpy as np

    window = rows_of(picture, 0, 0)
    start = 0
    for top in range(0, picture.height, height):
        bottom = min(top + height, picture.height)
        first = max(top - margin, 0)
        fetched = start + window.shape[0]
        fresh = rows_of(picture, fetched, min(bottom + margin, picture.height))
        window = np.concatenate([window[first - start :], fresh])
        start = first
        yield Strip(window, start, top, bottom)


def rows_of(picture: Any, top: int, bottom: int) -> Samples:
    """Rows as [rows, columns, bands]. A region belongs to one thread: each call has its own."""
    import numpy as np
    import pyvips

    kind = np.uint16 if picture.format == "ushort" else np.uint8
    shape = (bottom - top, picture.width, picture.bands)
    if bottom <= top:
        return np.empty((0, *shape[1:]), kind)
    data = pyvips.Region.new(picture).fetch(0, top, picture.width, bottom - top)
    return np.frombuffer(data, kind).reshape(shape)
