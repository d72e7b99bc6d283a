"""Vector: a direction.

Tensors: one, of as many values as the vector has, whatever its shape.
"""

from __future__ import annotations

from safelight.annotation import Seen
from safelight.limits import MAX_VECTOR
from safelight.models.answers.shapes import Answers, at_least, required
from safelight.models.contract import ModelOutput
from safelight.models.tensors import View


def read(answers: Answers, _output: ModelOutput, _view: View) -> Seen:
    """The vector as the model gave it."""
    values = at_least(answers, 1)[0].reshape(-1)
    required(0 < len(values) <= MAX_VECTOR)
    return Seen(vector=tuple(float(value) for value in values))
