"""UltraFace: faces as corners, or as offsets from anchors of many sizes.

Tensors: boxes [n, 4], scores [n, 2] of ground and face. With anchors the boxes are offsets of the
middle and the size: strides, each (how many anchors a cell has at each stride), sizes (of all of
them, in pixels of the tensor) and variances (of the middle, of the size). Without, they are left,
top, right, bottom in shares of the tensor's sides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from safelight.annotation import Seen
from safelight.models.answers.boxes import Candidates, seen
from safelight.models.answers.grids import grids
from safelight.models.answers.shapes import Answers, activated, at_least, numbers, required, table
from safelight.models.contract import ModelOutput
from safelight.models.tensors import View

if TYPE_CHECKING:
    from safelight.models.answers.shapes import Values

FACE = 1
# A box is at most so many powers of e larger than its anchor.
GREATEST = 10.0


def read(answers: Answers, output: ModelOutput, view: View) -> Seen:
    """Faces without points."""
    given = at_least(answers, 2)
    boxes, scores = table(given[0], 4), table(given[1], 2)
    required(len(boxes) == len(scores))
    if output.anchors:
        boxes = _corners(boxes, output, view)
    return seen(Candidates(boxes, activated(scores, output)[:, FACE]), output, view)


def _corners(offsets: Values, output: ModelOutput, view: View) -> Values:
    import numpy as np

    anchors, variances = _anchors(output, view), numbers(output, "variances")
    required(len(anchors) == len(offsets) and len(variances) == 2, "number of anchors")
    middle = anchors[:, :2] + offsets[:, :2] * variances[0] * anchors[:, 2:]
    half = anchors[:, 2:] * np.exp(np.minimum(offsets[:, 2:] * variances[1], GREATEST)) / 2
    return np.concatenate((middle - half, middle + half), axis=1)


def _anchors(output: ModelOutput, view: View) -> Values:
    """The middle and the size of each anchor, in shares of the tensor's sides."""
    import numpy as np

    left = list(numbers(output, "sizes"))
    every: list[Values] = []
    for cells, count in grids(output, view):
        required(len(left) >= count, "number of anchors")
        sides = np.array([left.pop(0) for _ in range(count)], np.float32)
        sizes = sides[:, None] / view.sides
        middles = cells.repeat(count, axis=0)
        every.append(np.concatenate((middles, np.tile(sizes, (len(cells), 1))), axis=1))
    anchors: Values = np.concatenate(every)
    return anchors.clip(0, 1)
