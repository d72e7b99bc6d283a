"""MoveNet: the points of one body.

Tensors: one, of a row y, x, score for each point, in shares of the tensor's sides.
"""

from __future__ import annotations

from safelight.annotation import Seen
from safelight.models.answers.bodies import body
from safelight.models.answers.shapes import Answers, at_least, required, table
from safelight.models.contract import ModelOutput
from safelight.models.tensors import View


def read(answers: Answers, output: ModelOutput, view: View) -> Seen:
    """One body at most."""
    rows = table(at_least(answers, 1)[0], 3)
    required(len(rows) == len(output.points), "number of points")
    one = body(rows[:, 1::-1], rows[:, 2], output, view)
    return Seen() if one is None else Seen((one,))
