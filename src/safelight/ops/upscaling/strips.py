"""A lazy picture as strips of rows, each with some rows above and below, fetched once and in order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.uint8] | NDArray[np.uint16]


@dataclass(frozen=True)
class Strip:
    """Rows top..bottom of a picture, inside a window that starts at row `start` and may be larger."""

    window: Samples
    start: int
    top: int
    bottom: int


def strips(picture: Any, height: int, margin: int) -> Iterator[Strip]:
    """Strips of this height with up to margin more rows on both sides; the picture is pulled as they are."""
    window = _rows(picture, 0, 0)
    start = 0
    for top in range(0, picture.height, height):
        bottom = min(top + height, picture.height)
        first = max(top - margin, 0)
        fetched = start + window.shape[0]
        fresh = _rows(picture, fetched, min(bottom + margin, picture.height))
        window = np.concatenate([window[first - start :], fresh])
        start = first
        yield Strip(window, start, top, bottom)


def _rows(picture: Any, top: int, bottom: int) -> Samples:
    """Rows as [rows, columns, bands]. Each call has a region of its own, as a region belongs to one thread."""
    import pyvips

    kind = np.uint16 if picture.format == "ushort" else np.uint8
    shape = (bottom - top, picture.width, picture.bands)
    if bottom <= top:
        return np.empty((0, *shape[1:]), kind)
    data = pyvips.Region.new(picture).fetch(0, top, picture.width, bottom - top)
    return np.frombuffer(data, kind).reshape(shape)
