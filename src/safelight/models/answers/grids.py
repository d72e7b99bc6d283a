"""Grids: the cells over which a detector lays its anchors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from safelight.models.answers.shapes import numbers, required, whole
from safelight.models.contract import ModelOutput
from safelight.models.tensors import View

if TYPE_CHECKING:
    from safelight.models.answers.shapes import Values


def cells_of(stride: int, view: View) -> Values:
    """The cells of this stride [cells, 2] as column and row, rows first."""
    import numpy as np

    columns, rows = -(-view.columns // stride), -(-view.rows // stride)
    down, across = np.mgrid[:rows, :columns].reshape(2, -1).astype(np.float32)
    return np.stack((across, down), axis=1)


def grids(output: ModelOutput, view: View) -> Iterator[tuple[Values, int]]:
    """For each stride the middles [cells, 2] of its cells as x, y, rows first, in shares of the
    tensor's sides, and how many anchors each has. The entry's anchors: strides, each.
    """

    strides, each = whole(numbers(output, "strides")), whole(numbers(output, "each"))
    required(len(strides) == len(each), "number of anchors")
    size = view.sides
    for stride, count in zip(strides, each, strict=True):
        yield (cells_of(stride, view) + 0.5) * stride / size, count
