"""Shapes: answers that have the shape that they must, and the curves that scores go through."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from safelight.errors import ModelFaulty
from safelight.models.contract import ModelOutput

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Values = NDArray[np.float32]

Answers = Sequence[Any]
# Beyond it a sigmoid is 0 or 1 in fp32.
STEEP = 80.0


def required(is_so: object, what: str = "shape") -> None:
    """Raises ModelFaulty unless it is so."""
    if not is_so:
        raise ModelFaulty(f"the model's answer has another {what} than its catalogue entry says")


def at_least(answers: Answers, count: int) -> list[Values]:
    """So many tensors, or more. Raises ModelFaulty where there are less."""
    required(len(answers) >= count, "number of tensors")
    return list(answers)


def table(answer: Values, columns: int = 0) -> Values:
    """An answer as rows of so many columns, of any number where none is given. Raises ModelFaulty
    where it is no such table.
    """
    required(answer.ndim >= 2 and answer.size == answer.shape[-1] * answer.shape[-2])
    required(columns in (0, answer.shape[-1]))
    return answer.reshape(-1, answer.shape[-1])


def numbers(output: ModelOutput, name: str, usual: tuple[float, ...] = ()) -> tuple[float, ...]:
    """The decoder's own numbers of this name. Raises ModelFaulty where the entry has none."""
    given = output.anchors.get(name, usual)
    if not given:
        raise ModelFaulty(f"the catalogue entry has no anchors called {name}")
    return given


def three(output: ModelOutput, name: str) -> tuple[float, float, float]:
    """Three of the decoder's own numbers. Raises ModelFaulty where the entry has not three."""
    given = numbers(output, name)
    required(len(given) == 3, f"number of {name}")
    return given[0], given[1], given[2]


def whole(values: tuple[float, ...]) -> tuple[int, ...]:
    """Numbers of the entry that count something. Raises ModelFaulty where one is below 1."""
    if any(value < 1 for value in values):
        raise ModelFaulty("the anchors of the catalogue entry count less than one")
    return tuple(int(value) for value in values)


def sigmoid(values: Values) -> Values:
    import numpy as np

    bounded: Any = np.clip(values, -STEEP, STEEP)
    curve: Values = 1 / (1 + np.exp(-bounded))
    return curve


def softmax(values: Values, axis: int = -1) -> Values:
    import numpy as np

    powers: Values = np.exp(values - values.max(axis=axis, keepdims=True))
    shares: Values = powers / powers.sum(axis=axis, keepdims=True)
    return shares


def activated(values: Values, output: ModelOutput, axis: int = -1) -> Values:
    """The values after the activation that the entry names."""
    if output.activation == "sigmoid":
        return sigmoid(values)
    return softmax(values, axis) if output.activation == "softmax" else values
