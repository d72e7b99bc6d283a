"""YOLOX: one thing for each cell of each stride.

Tensors: one, [1, n, 5 + classes]: offset and size of the box before its cell is added, how sure it
is that a thing is there, a share for each class. anchors: strides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from safelight.annotation import Seen
from safelight.models.answers.boxes import Candidates, seen
from safelight.models.answers.shapes import Answers, at_least, numbers, required, table, whole
from safelight.models.contract import ModelOutput
from safelight.models.tensors import View

if TYPE_CHECKING:
    from safelight.models.answers.shapes import Values

# A box is at most so many powers of e larger than its cell.
GREATEST = 10.0
FIRST_CLASS = 5


def read(answers: Answers, output: ModelOutput, view: View) -> Seen:
    """Things without points; a score is that of a thing times that of its class."""
    import numpy as np

    required(output.labels)
    values = table(at_least(answers, 1)[0], FIRST_CLASS + len(output.labels))
    cells = _cells(output, view)
    required(len(cells) == len(values))
    size = np.array((view.columns, view.rows), np.float32)
    middle = (values[:, :2] + cells[:, :2]) * cells[:, 2:] / size
    half = np.exp(np.minimum(values[:, 2:4], GREATEST)) * cells[:, 2:] / size / 2
    shares = np.clip(values[:, FIRST_CLASS:], 0, 1)
    sure = np.clip(values[:, 4], 0, 1) * shares.max(axis=1)
    boxes = np.concatenate((middle - half, middle + half), axis=1)
    return seen(Candidates(boxes, sure, shares.argmax(axis=1)), output, view)


def _cells(output: ModelOutput, view: View) -> Values:
    """Column, row and stride of each cell, stride by stride, row by row."""
    import numpy as np

    every = []
    for stride in whole(numbers(output, "strides")):
        shape = (view.rows // stride, view.columns // stride)
        down, across = np.mgrid[: shape[0], : shape[1]].reshape(2, -1).astype(np.float32)
        every.append(np.stack((across, down, np.full_like(down, stride)), axis=1))
    return np.concatenate(every)
