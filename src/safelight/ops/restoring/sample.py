"""A bounded sample of a picture: patches from all over it, as floats in steps of 8 bit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from safelight.ops.tiling.strips import rows_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    # [colours, rows, columns], 0..255
    Patch = NDArray[np.float32]

PATCHES = 8
PATCH_ROWS, PATCH_COLUMNS = 128, 1_024


def patches(picture: Any) -> list[Patch]:
    """At most PATCHES patches of a grey or RGB picture, read top to bottom, once.

    They lie evenly from top to bottom, and from left to right where the picture is wider. What is
    fully transparent counts as black.
    """
    import numpy as np

    count = min(PATCHES, -(-picture.height // PATCH_ROWS))
    rows, columns = min(PATCH_ROWS, picture.height), min(PATCH_COLUMNS, picture.width)
    found: list[Patch] = []
    for number in range(count):
        share = number / (count - 1) if count > 1 else 0.5
        top = round(share * (picture.height - rows))
        left = round(share * (picture.width - columns))
        part = rows_of(picture, top, top + rows)[:, left : left + columns]
        colours = part.transpose(2, 0, 1).astype(np.float32)
        if picture.hasalpha():
            colours = colours[:-1] * (colours[-1:] > 0)
        found.append(colours / np.float32(257) if part.dtype == np.uint16 else colours)
    return found
