"""Look: a session looks at a picture and says what it sees. This runs in the worker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from safelight.annotation import Seen
from safelight.errors import ModelFaulty
from safelight.models.answers import DECODERS, POINTERS, decoder_of
from safelight.models.entry import Entry
from safelight.models.tensors import Part, prepared
from safelight.operation import Sample

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# What an answer may be made of: fractions and whole numbers, in the words of numpy.
NUMBERS = "fiu"
# Far more values than any answer to one picture has.
MOST_VALUES = 1 << 27
# A part is no smaller than so many displayed pixels on each side, no larger than so many pictures.
SMALLEST, LARGEST = 8.0, 4.0


class Answering(Protocol):
    """A session, as far as it answers a picture."""

    @property
    def model(self) -> Entry: ...

    def answers(self, tensor: Any) -> Any:
        """Every tensor that the entry names, in its order."""


def look(session: Answering, sample: Sample) -> Seen:
    """What the session's model sees in this picture, in displayed pixels, the surest first.

    Raises ModelMissing for a model that looks at no whole picture, ModelFaulty for an answer that
    its entry does not describe, MemoryExceeded.
    """
    facts = session.model
    name = decoder_of(facts.output)
    part: Part | None = None
    for turn in range(facts.input.looks):
        tensor, view = prepared(facts.input, sample, part)
        answers = [_numbers(answer) for answer in session.answers(tensor)]
        is_last = turn == facts.input.looks - 1 or name not in POINTERS
        further = None if is_last else POINTERS[name](answers, facts.output, view)
        if further is None:
            break
        part = _sane(further, sample)
    return DECODERS[name](answers, facts.output, view)


def _numbers(answer: Any) -> NDArray[np.float32]:
    """An answer as fp32. Raises ModelFaulty where it is not made of numbers."""
    import numpy as np

    if not isinstance(answer, np.ndarray) or answer.dtype.kind not in NUMBERS:
        raise ModelFaulty("the model's answer is not made of numbers")
    if not 0 < answer.size <= MOST_VALUES:
        raise ModelFaulty("the model's answer is empty, or far too large")
    with np.errstate(over="ignore"):
        values = answer.astype(np.float32, copy=False)
    if not np.isfinite(values).all():
        raise ModelFaulty("the model's answer is not made of numbers")
    return values


def _sane(part: Part, sample: Sample) -> Part:
    """The part, its middle in the picture and its size neither nothing nor far beyond it."""
    left, top, width, height = part
    x = min(max(left + width / 2, 0.0), float(sample.width))
    y = min(max(top + height / 2, 0.0), float(sample.height))
    longest = LARGEST * max(sample.width, sample.height)
    across, down = (min(max(side, SMALLEST), longest) for side in (width, height))
    return (x - across / 2, y - down / 2, across, down)
