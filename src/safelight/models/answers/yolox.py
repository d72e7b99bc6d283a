"""YOLOX: one thing for each cell of each stride.

Tensors: one, [n, 5 + classes]: the middle from its cell and the powers of its size, both in cells,
how sure it is that a thing is there, a score for each class. anchors: strides.
"""

from __future__ import annotations

from safelight.annotation import Seen
from safelight.models.answers.boxes import Candidates, seen
from safelight.models.answers.grids import cells_of
from safelight.models.answers.shapes import Answers, at_least, numbers, required, table, whole
from safelight.models.contract import ModelOutput
from safelight.models.tensors import View

# A box is at most so many powers of e larger than its cell.
GREATEST = 10.0
FIRST_CLASS = 5


def read(answers: Answers, output: ModelOutput, view: View) -> Seen:
    """Things without points."""
    import numpy as np

    required(output.labels, "number of labels")
    rows = table(at_least(answers, 1)[0], FIRST_CLASS + len(output.labels))
    strides = whole(numbers(output, "strides"))
    grid = [cells_of(stride, view) for stride in strides]
    each = np.repeat(np.array(strides, np.float32), [len(cells) for cells in grid])[:, None]
    required(len(each) == len(rows), "number of anchors")
    size = view.sides
    middle = (rows[:, :2] + np.concatenate(grid)) * each / size
    half = np.exp(np.minimum(rows[:, 2:4], GREATEST)) * each / size / 2
    scores = np.clip(rows[:, 4:5], 0, 1) * np.clip(rows[:, FIRST_CLASS:], 0, 1)
    boxes = np.concatenate((middle - half, middle + half), axis=1)
    return seen(Candidates(boxes, scores.max(axis=1), scores.argmax(axis=1)), output, view)
