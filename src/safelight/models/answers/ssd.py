"""SSD: boxes and points as offsets from anchors of one size, as of BlazeFace and its kin.

Tensors: offsets [n, 4 + 2 points] in pixels of the tensor (x, y, width, height, then the points),
scores [n, classes]. anchors: strides, each (how many anchors a cell has at each stride).
"""

from __future__ import annotations

from safelight.annotation import Seen
from safelight.models.answers.boxes import Candidates, seen
from safelight.models.answers.grids import grids
from safelight.models.answers.shapes import Answers, activated, at_least, required, table
from safelight.models.contract import ModelOutput
from safelight.models.tensors import View


def read(answers: Answers, output: ModelOutput, view: View) -> Seen:
    """Things with their points."""
    import numpy as np

    given = at_least(answers, 2)
    offsets = table(given[0], 4 + 2 * len(output.points))
    scores = activated(table(given[1], max(len(output.labels), 1)), output)
    anchors = np.concatenate([cells.repeat(each, axis=0) for cells, each in grids(output, view)])
    required(len(anchors) == len(offsets) == len(scores))
    size = np.array((view.columns, view.rows), np.float32)
    middle = anchors + offsets[:, :2] / size
    half = np.abs(offsets[:, 2:4]) / size / 2
    points = anchors[:, None] + offsets[:, 4:].reshape(len(offsets), -1, 2) / size
    boxes = np.concatenate((middle - half, middle + half), axis=1)
    return seen(Candidates(boxes, scores.max(axis=1), scores.argmax(axis=1), points), output, view)
