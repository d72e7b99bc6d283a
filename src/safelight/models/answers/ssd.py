"""SSD: boxes and points as offsets from anchors of one size, as of BlazeFace and its kin.

Tensors: offsets [n, 4 + 2 points] in pixels of the tensor (x, y, width, height, then the points),
scores [n, classes]. anchors: strides, each (how many anchors a cell has at each stride), and for
what is larger than its box region: the place of the point in its middle, of one on the circle
around it, and how much larger than that circle it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from safelight.annotation import Seen
from safelight.models.answers.boxes import Candidates, seen
from safelight.models.answers.grids import grids
from safelight.models.answers.shapes import Answers, activated, at_least, required, table, three
from safelight.models.contract import ModelOutput
from safelight.models.tensors import View

if TYPE_CHECKING:
    from safelight.models.answers.shapes import Values


def read(answers: Answers, output: ModelOutput, view: View) -> Seen:
    """Things with their points."""
    import numpy as np

    given = at_least(answers, 2)
    offsets = table(given[0], 4 + 2 * len(output.points))
    scores = activated(table(given[1], max(len(output.labels), 1)), output)
    anchors = np.concatenate([cells.repeat(each, axis=0) for cells, each in grids(output, view)])
    required(len(anchors) == len(offsets) == len(scores))
    size = view.sides
    middle = anchors + offsets[:, :2] / size
    half = np.abs(offsets[:, 2:4]) / size / 2
    points = anchors[:, None] + offsets[:, 4:].reshape(len(offsets), -1, 2) / size
    boxes = np.concatenate((middle - half, middle + half), axis=1)
    sure, classes = scores.max(axis=1), scores.argmax(axis=1)
    extents = _around(points * size, output) / np.tile(size, 2) if _is_larger(output) else None
    return seen(Candidates(boxes, sure, classes, points, extents), output, view)


def _is_larger(output: ModelOutput) -> bool:
    return "region" in output.anchors


def _around(points: Values, output: ModelOutput) -> Values:
    """The squares around the middles of points [n, points, 2], in pixels of the tensor."""
    import numpy as np

    middle, rim, room = three(output, "region")
    required(max(middle, rim) < points.shape[1] and min(middle, rim) >= 0, "number of points")
    centre, edge = points[:, int(middle)], points[:, int(rim)]
    radius = np.hypot(*(edge - centre).T)[:, None] * np.float32(room)
    return np.concatenate((centre - radius, centre + radius), axis=1)
