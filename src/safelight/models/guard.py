"""Guard: what a model answers is looked at before anyone uses it.

An answer of another shape than the entry says, that is no number, far outside the entry's range,
or blank where the picture is not goes to the exact twin of the model: the same net in full
precision, on the processor. If the twin is faulty too, the work ends. What was asked again is
counted, and the receipt says so.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

from safelight.errors import ModelFaulty
from safelight.limits import MAX_ANSWER, MAX_VECTOR
from safelight.models.contract import PICTURES, ModelInput
from safelight.models.entry import Entry
from safelight.models.session import Session

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Tensor = NDArray[np.float32]
    Numbers = NDArray[Any]

Fault = Literal["not finite", "out of range", "blank", "wrong shape"]
FAULTS: tuple[Fault, ...] = get_args(Fault)

# How far an answer may lie outside its range, in widths of that range: nets overshoot at edges.
SLACK = 1.0
# An answer within this share of its range is all one value; one below half a step of 8 bits is
# black.
FLAT, BLACK = 1e-4, 0.5 / 255
# A picture that varies by less may rightly become flat: shares of the range.
VARIES = 5 / 255
# What shows that a flat answer is wrong even if the twin gives one too: another brightness, or a
# picture that no noise explains.
OTHER_MEAN, RICH = 0.1, 0.2
# The answers that show the picture which went in. A mask may rightly be all nothing or all subject.
# Answers of which no input makes all values zero.
NEVER_ZERO = ("vector",)
# The channels of an answer, by its kind.
ANSWERED = {"luma": 1, "rgb": 3, "alpha": 1}
# What an answer may be made of: fractions and whole numbers, in the words of numpy.
NUMBERS = "fiu"
# The first channels of an input that are the picture itself, by the first part of its kind.
CHANNELS = {"luma": 1, "rgb": 3}


@dataclass(frozen=True, slots=True)
class Retry:
    """How many tiles of one model were done again by its exact twin, and why. model is its place
    in the job.
    """

    model: int
    fault: Fault
    tiles: int


@dataclass(frozen=True, slots=True)
class Doubt:
    """What is wrong with an answer; not is_certain where only the twin can tell."""

    fault: Fault
    is_certain: bool = True


class Guarded:
    """A session whose every answer is looked at; twin opens the exact one when it is needed."""

    def __init__(self, session: Session, twin: Callable[[], Session] | None) -> None:
        self._session, self._twin = session, twin
        self.has_run = False
        self.retried: Counter[Fault] = Counter()

    @property
    def model(self) -> Entry:
        return self._session.model

    def run(self, tensor: Tensor) -> Tensor:
        """The answer, or its exact twin's. Raises ModelFaulty where neither is one."""
        self.has_run = True
        answer, doubt = _asked(self._session, tensor)
        if doubt is None:
            return answer
        if self._twin is None:
            if doubt.is_certain:
                raise ModelFaulty("the model's answer is no picture, and it has no exact twin")
            return answer
        again, second = _asked(self._twin(), tensor)
        if second is not None and second.is_certain:
            raise ModelFaulty("the model's answer is no picture, nor is that of its exact twin")
        if doubt.is_certain or second is None:
            self.retried[doubt.fault] += 1
        return again

    def answers(self, tensor: Numbers) -> list[Tensor]:
        """Every answer of the entry, or its exact twin's, as fp32: each finite, and of at most
        MAX_ANSWER values. Raises ModelFaulty where neither is such.
        """
        self.has_run = True
        answers, fault = _all(self._session, tensor)
        if fault is None:
            return answers
        if self._twin is None:
            raise ModelFaulty("the model's answer cannot be used, and it has no exact twin")
        answers, second = _all(self._twin(), tensor)
        if second is not None:
            raise ModelFaulty("the model's answer cannot be used, nor can that of its exact twin")
        self.retried[fault] += 1
        return answers


def _all(session: Session, tensor: Numbers) -> tuple[list[Tensor], Fault | None]:
    """The answers as fp32, and what is wrong with the first that is wrong."""
    import numpy as np

    found: list[Tensor] = []
    for answer in session.answers(tensor):
        if not is_numbers(answer) or answer.size > MAX_ANSWER:
            return found, "wrong shape"
        with np.errstate(over="ignore"):
            found.append(answer.astype(np.float32, copy=False))
        if not np.isfinite(found[-1]).all():
            return found, "not finite"
    return found, None


def is_numbers(answer: object) -> bool:
    """Whether an answer is an array of numbers that has any."""
    import numpy as np

    return isinstance(answer, np.ndarray) and answer.dtype.kind in NUMBERS and answer.size > 0


def _asked(session: Session, tensor: Tensor) -> tuple[Tensor, Doubt | None]:
    """The answer as fp32, and what is wrong with it."""
    import numpy as np

    answer: Any = session.run(tensor)
    if not fits(session.model, tensor, answer):
        return tensor, Doubt("wrong shape")
    with np.errstate(over="ignore"):
        answer = answer.astype(np.float32, copy=False)
    return answer, doubt_of(session.model, tensor, answer)


def fits(entry: Entry, tensor: Tensor, answer: object) -> bool:
    """Whether an answer is an array of numbers whose sides are those that the entry says."""
    import numpy as np

    if not isinstance(answer, np.ndarray) or not is_numbers(answer):
        return False
    if entry.output.kind == "vector":
        return answer.size <= MAX_VECTOR and answer.size == max(answer.shape, default=0)
    channels = ANSWERED.get(entry.output.kind)
    if channels is None:
        return True
    is_first = entry.input.layout == "NCHW"
    sides = [
        side * entry.output.scale for side in (tensor.shape[2:] if is_first else tensor.shape[1:3])
    ]
    is_first = (entry.output.layout or entry.input.layout) == "NCHW"
    wanted = (channels, *sides) if is_first else (*sides, channels)
    return tuple(answer.shape) == (tensor.shape[0], *wanted)


def doubt_of(entry: Entry, tensor: Tensor, answer: Tensor) -> Doubt | None:
    """What is wrong with the values of this answer to this tensor; None if nothing is."""
    given = entry.output
    low, high = given.range
    width = high - low
    least, most = float(answer.min()), float(answer.max())
    if not (math.isfinite(least) and math.isfinite(most)):
        return Doubt("not finite")
    if least < low - SLACK * width or most > high + SLACK * width:
        return Doubt("out of range")
    if given.kind in NEVER_ZERO and max(-least, most) <= FLAT * width:
        return Doubt("blank")
    is_blank = most - least <= FLAT * width or most <= low + BLACK * width
    if given.kind in PICTURES and is_blank:
        return _blank(entry.input, tensor, ((least + most) / 2 - low) / width)
    return None


def _blank(facts: ModelInput, tensor: Tensor, level: float) -> Doubt | None:
    """A blank answer of this level, 0..1, is in doubt if the picture that went in is not blank."""
    picture = _picture(facts, tensor)
    if picture is None:
        return None
    spread = (picture.max(axis=1) - picture.min(axis=1)).max()
    is_other = abs(float(picture.mean()) - level) > OTHER_MEAN
    if spread <= VARIES and not is_other:
        return None
    return Doubt("blank", is_certain=is_other or float(picture.std(axis=1).max()) > RICH)


def _picture(facts: ModelInput, tensor: Tensor) -> Tensor | None:
    """The picture in a tensor, [channels, values] from 0 to 1; None if its kind has none."""
    import numpy as np

    count = CHANNELS.get(facts.kind.partition("+")[0], 0)
    if not count:
        return None
    axis = 1 if facts.layout == "NCHW" else -1
    picture = np.moveaxis(tensor, axis, 0)[:count].reshape(count, -1)
    low, high = facts.range
    mean, std = (np.array(values, np.float32)[:count, None] for values in (facts.mean, facts.std))
    plane: Tensor = (picture * std + mean - low) / (high - low)
    return plane
