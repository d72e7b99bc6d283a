"""Colours where they are not known: taken from the nearest places where they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Planes = NDArray[np.float32]

TINY = 1e-6


def filled(colours: Planes, weight: Planes) -> Planes:
    """Colours [planes, rows, columns] everywhere, from where weight [rows, columns] is large.

    A place of weight 1 keeps its own; others take the weighted mean of what is near, from halves,
    quarters and so on of the picture.
    """
    import numpy as np

    rows, columns = weight.shape
    share = np.minimum(weight, 1)
    if max(rows, columns) == 1:
        return colours
    small, few = _halved(colours * weight, weight)
    small /= np.maximum(few, np.float32(TINY))
    below = filled(small, few * np.float32(4))
    guess = _doubled(below, rows, columns)
    answer: Planes = guess + (colours - guess) * share
    return answer


def _halved(sums: Planes, weight: Planes) -> tuple[Planes, Planes]:
    """Means of 2 x 2 places; a row or column left over counts twice."""
    import numpy as np

    stack: Planes = np.concatenate([sums, weight[None]])
    if stack.shape[1] % 2:
        stack = np.concatenate([stack, stack[:, -1:]], 1)
    if stack.shape[2] % 2:
        stack = np.concatenate([stack, stack[:, :, -1:]], 2)
    pairs = stack[:, ::2] + stack[:, 1::2]
    small: Planes = (pairs[:, :, ::2] + pairs[:, :, 1::2]) * np.float32(0.25)
    return small[:-1], small[-1]


def _doubled(planes: Planes, rows: int, columns: int) -> Planes:
    """Twice as large, in straight lines between, cut to rows x columns."""
    return _twice(_twice(planes, 1)[:, :rows], 2)[:, :, :columns]


def _twice(planes: Planes, axis: int) -> Planes:
    import numpy as np

    planes = planes.swapaxes(axis, 2)
    before = np.concatenate([planes[:, :, :1], planes[:, :, :-1]], 2)
    after = np.concatenate([planes[:, :, 1:], planes[:, :, -1:]], 2)
    near, far = np.float32(0.75), np.float32(0.25)
    both: Planes = np.empty((*planes.shape[:2], planes.shape[2] * 2), np.float32)
    both[:, :, ::2] = planes * near + before * far
    both[:, :, 1::2] = planes * near + after * far
    return both.swapaxes(axis, 2)
