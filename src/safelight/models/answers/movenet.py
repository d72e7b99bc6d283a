"""MoveNet: the points of one body.

Tensors: one, of a row y, x, score for each point, in shares of the tensor's sides. anchors: room,
how much larger than the body the square is that is to be looked at; none where it is not given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from safelight.annotation import Seen
from safelight.models.answers.bodies import body
from safelight.models.answers.boxes import FAR
from safelight.models.answers.shapes import Answers, at_least, numbers, required, table
from safelight.models.contract import ModelOutput
from safelight.models.tensors import Part, View

if TYPE_CHECKING:
    from safelight.models.answers.shapes import Values

# Fewer sure points than these show no body to look at.
FEWEST = 2


def read(answers: Answers, output: ModelOutput, view: View) -> Seen:
    """One body at most."""
    rows = _rows(answers, output)
    one = body(rows[:, 1::-1], rows[:, 2], output, view)
    return Seen() if one is None else Seen((one,))


def region(answers: Answers, output: ModelOutput, view: View) -> Part | None:
    """The square around the points that are sure; None where there is no body."""
    import numpy as np

    rows = _rows(answers, output)
    sure = rows[rows[:, 2] >= output.least]
    if len(sure) < FEWEST or "room" not in output.anchors:
        return None
    places = view.places(np.clip(sure[:, 1::-1], -FAR, FAR))
    least, most = places.min(axis=0), places.max(axis=0)
    x, y = ((least + most) / 2).tolist()
    side = float((most - least).max()) * numbers(output, "room")[0]
    return Part(x - side / 2, y - side / 2, side, side)


def _rows(answers: Answers, output: ModelOutput) -> Values:
    rows = table(at_least(answers, 1)[0], 3)
    required(len(rows) == len(output.points), "number of points")
    return rows
