"""Bicubic enlargement by a whole number, as small matrix products."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Plane = NDArray[np.float32]

# Samples that the kernel reaches beyond a pixel, on each side.
REACH = 2
# Samples that one product enlarges: long enough for the processor, short enough to waste little.
BLOCK = 16
SHARPNESS = -0.5


def cubic(distance: NDArray[np.float64]) -> NDArray[np.float64]:
    """The cubic kernel of Keys at these distances in samples."""
    import numpy as np

    t, a = np.abs(distance), SHARPNESS
    near = (a + 2) * t**3 - (a + 3) * t**2 + 1
    far = a * (t**3 - 5 * t**2 + 8 * t - 4)
    return np.where(t <= 1, near, np.where(t < 2, far, 0.0))


@cache
def matrix(samples: int, scale: int) -> Plane:
    """Rows: samples * scale results; columns: the samples with REACH more on both ends."""
    import numpy as np

    centres = (np.arange(samples * scale) + 0.5) / scale - 0.5
    places = np.arange(-REACH, samples + REACH)
    return cubic(centres[:, None] - places[None, :]).astype(np.float32)


def enlarge_down(planes: Plane, scale: int) -> Plane:
    """Enlarge axis 1 of [planes, rows + 2 REACH, columns]."""
    import numpy as np

    rows = planes.shape[1] - 2 * REACH
    out = np.empty((planes.shape[0], rows * scale, planes.shape[2]), np.float32)
    for start in range(0, rows, BLOCK):
        size = min(BLOCK, rows - start)
        part = planes[:, start : start + size + 2 * REACH]
        np.matmul(matrix(size, scale), part, out=out[:, start * scale : (start + size) * scale])
    return out


def enlarge_across(plane: Plane, scale: int, out: Plane) -> None:
    """Enlarge axis 1 of [rows, columns + 2 REACH] into out, [rows, columns * scale]."""
    import numpy as np

    rows, columns = plane.shape[0], plane.shape[1] - 2 * REACH
    whole = columns // BLOCK
    if whole:
        parts = np.lib.stride_tricks.sliding_window_view(plane, BLOCK + 2 * REACH, axis=1)
        parts = parts[:, : whole * BLOCK : BLOCK].transpose(1, 0, 2)
        filled = out[:, : whole * BLOCK * scale].reshape(rows, whole, BLOCK * scale)
        np.matmul(parts, matrix(BLOCK, scale).T, out=filled.transpose(1, 0, 2))
    rest = columns - whole * BLOCK
    if rest:
        end = out[:, whole * BLOCK * scale :]
        np.matmul(plane[:, whole * BLOCK :], matrix(rest, scale).T, out=end)
