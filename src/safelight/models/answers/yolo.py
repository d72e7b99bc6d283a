"""YOLO: boxes without anchors, as from version 8 on.

Tensors: one, [1, 4 + classes, n]: the middle, width and height in pixels of the tensor, then a
score for each class.
"""

from __future__ import annotations

from safelight.annotation import Seen
from safelight.models.answers.boxes import Candidates, seen
from safelight.models.answers.shapes import Answers, activated, at_least, required
from safelight.models.contract import ModelOutput
from safelight.models.tensors import View


def read(answers: Answers, output: ModelOutput, view: View) -> Seen:
    """Things without points."""
    import numpy as np

    answer = at_least(answers, 1)[0]
    required(output.labels and answer.ndim == 3 and answer.size)
    required(answer.shape[:2] == (1, 4 + len(output.labels)))
    values = answer[0].T
    size = view.sides
    middle, half = values[:, :2] / size, np.abs(values[:, 2:4]) / size / 2
    scores = activated(values[:, 4:], output)
    boxes = np.concatenate((middle - half, middle + half), axis=1)
    return seen(Candidates(boxes, scores.max(axis=1), scores.argmax(axis=1)), output, view)
