"""YuNet: faces with five points, one anchor for each cell of each stride.

Tensors: class, object, box and points, each once for every stride: so all classes come first.
anchors: strides.
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


def read(answers: Answers, output: ModelOutput, view: View) -> Seen:
    """Faces; a score is the geometric mean of class and object."""
    import numpy as np

    strides = whole(numbers(output, "strides"))
    given = at_least(answers, 4 * len(strides))
    size = view.sides
    boxes, scores, points = [], [], []
    for place, stride in enumerate(strides):
        kinds, things, sides, spots = (given[place + part * len(strides)] for part in range(4))
        cells = cells_of(stride, view)
        kind, thing, side, spot = table(kinds, 1), table(things, 1), table(sides, 4), spots
        spot = table(spot, 2 * len(output.points))
        required(all(len(cells) == len(one) for one in (kind, thing, side, spot)))
        scores.append(np.sqrt(np.clip(kind, 0, 1) * np.clip(thing, 0, 1))[:, 0])
        middle = (cells + side[:, :2]) * stride
        half = np.exp(np.minimum(side[:, 2:], GREATEST)) * stride / 2
        boxes.append(np.concatenate((middle - half, middle + half), axis=1) / np.tile(size, 2))
        points.append((spot.reshape(len(cells), -1, 2) + cells[:, None]) * stride / size)
    every = Candidates(np.concatenate(boxes), np.concatenate(scores), points=np.concatenate(points))
    return seen(every, output, view)
