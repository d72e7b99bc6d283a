"""FastestDet: one thing for each cell of one grid.

Tensors: one, [1, 5 + classes, rows, columns]: how sure it is that a thing is there, its offset and
size before their curves, a share for each class.
"""

from __future__ import annotations

from safelight.annotation import Seen
from safelight.models.answers.boxes import Candidates, seen
from safelight.models.answers.shapes import Answers, at_least, required, sigmoid
from safelight.models.contract import ModelOutput
from safelight.models.tensors import View

# How much the score is that of a thing, how much that of its class.
THING, CLASS = 0.6, 0.4
FIRST_CLASS = 5


def read(answers: Answers, output: ModelOutput, view: View) -> Seen:
    """Things without points."""
    import numpy as np

    answer = at_least(answers, 1)[0]
    required(answer.ndim == 4 and answer.shape[:2] == (1, FIRST_CLASS + len(output.labels)))
    values = answer[0].reshape(len(answer[0]), -1).T
    rows, columns = answer.shape[2:]
    required(output.labels and len(values))
    down, across = np.mgrid[:rows, :columns].reshape(2, -1)
    grid = np.array((columns, rows), np.float32)
    middle = (np.stack((across, down), axis=1) + np.tanh(values[:, 1:3])) / grid
    half = sigmoid(values[:, 3:5]) / 2
    shares = values[:, FIRST_CLASS:]
    sure = np.clip(values[:, 0], 0, 1) ** THING * np.clip(shares.max(axis=1), 0, 1) ** CLASS
    boxes = np.concatenate((middle - half, middle + half), axis=1).astype(np.float32)
    return seen(Candidates(boxes, sure, shares.argmax(axis=1)), output, view)
