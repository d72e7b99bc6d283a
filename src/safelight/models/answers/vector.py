"""Vector: a direction.

Tensors: one, of as many values as the vector has, whatever its shape.
"""

from __future__ import annotations

from safelight.annotation import Seen
from safelight.models.answers.shapes import Answers, exactly, required
from safelight.models.contract import ModelOutput
from safelight.models.tensors import View

MOST = 4_096


def read(answers: Answers, _output: ModelOutput, _view: View) -> Seen:
    """The vector as the model gave it."""
    values = exactly(answers, 1)[0].reshape(-1)
    required(0 < len(values) <= MOST)
    return Seen(vector=tuple(float(value) for value in values))
