"""BlazePose: the points of one body that fills the tensor.

Tensors: points [5 each: x, y, z in pixels of the tensor, seen, there], how sure it is that there is
a body (0..1), and, where the entry names it, the mask of the body before its curve. anchors:
region, three numbers: the place of the point in the middle of the body, of one above its head on
the circle around it, and how much larger than that circle the part is that is to be looked at.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from safelight.annotation import Seen
from safelight.models.answers.bodies import body, covered
from safelight.models.answers.boxes import FAR
from safelight.models.answers.mask import planes_of
from safelight.models.answers.shapes import Answers, at_least, required, sigmoid, three
from safelight.models.contract import ModelOutput
from safelight.models.tensors import Part, View

if TYPE_CHECKING:
    from safelight.models.answers.shapes import Values

VALUES = 5
MASK = 2


def read(answers: Answers, output: ModelOutput, view: View) -> Seen:
    """One body at most."""
    import numpy as np

    given = at_least(answers, 2)
    rows = _rows(given, output)
    sure = float(np.clip(given[1].reshape(-1)[0], 0, 1))
    if sure < max(output.least, 1e-6):
        return Seen()
    spots: Values = rows[:, :2] / view.sides
    one = body(spots, sigmoid(rows[:, 3]), output, view)
    if one is None:
        return Seen()
    if len(given) > MASK:
        one = covered(one, sigmoid(planes_of(given[MASK], output)[0]), view)
    return Seen((replace(one, score=sure),))


def region(answers: Answers, output: ModelOutput, view: View) -> Part | None:
    """The square around the body, turned so that it stands; None where there is no body."""
    import numpy as np

    given = at_least(answers, 2)
    rows = _rows(given, output)
    middle, rim, room = three(output, "region")
    required(max(middle, rim) < len(rows) and min(middle, rim) >= 0, "number of points")
    if float(given[1].reshape(-1)[0]) < max(output.least, 1e-6):
        return None
    spots = rows[[int(middle), int(rim)], :2] / view.sides
    (x, y), (away, below) = view.places(np.clip(spots, -FAR, FAR)).tolist()
    radius = math.hypot(away - x, below - y) * room
    turn = math.atan2(away - x, y - below)
    return Part(x - radius, y - radius, 2 * radius, 2 * radius, turn)


def _rows(given: list[Values], output: ModelOutput) -> Values:
    values = given[0].reshape(-1)
    required(len(values) % VALUES == 0 and len(values) >= VALUES * len(output.points))
    required(given[1].size == 1)
    return values.reshape(-1, VALUES)
