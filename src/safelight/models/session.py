"""Session: a model opened. What every runtime's session keeps to, and the numbers on the way in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from safelight.models.contract import PICTURES, ModelInput, ModelOutput
from safelight.models.entry import Entry

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Tensor = NDArray[np.float32]
    Numbers = NDArray[Any]

# Running out of memory has many names.
OUT_OF_MEMORY = (
    *("out of memory", "bad_alloc", "bad allocation"),
    *("allocate memory", "memory allocation", "allocation failed"),
)
# A whole number that fp64 still holds exactly.
WHOLE = 2.0**53


class Session(Protocol):
    """A model opened."""

    @property
    def model(self) -> Entry:
        """The catalogue entry: facts of input and output."""

    def run(self, tensor: Numbers) -> Numbers:
        """One tensor in the entry's layout in, its first answer out. Fractions become the numbers
        that the model takes, see typed. Raises ModelFaulty, MemoryExceeded.
        """

    def answers(self, tensor: Numbers) -> list[Numbers]:
        """As run, with every answer of the entry, in the order of its tensors. Whole numbers that
        stand for fractions have become these.
        """


def names_of(output: ModelOutput) -> list[str]:
    """The tensors of the answer, in the order that the entry says."""
    return list(output.tensors or (output.name,))


def typed(facts: ModelInput, tensor: Numbers) -> Numbers:
    """A tensor in the numbers that the model takes: as it is where it has them already, quantised
    by the entry's unit and zero where it has, else rounded.
    """
    import numpy as np

    kind = np.dtype(facts.number)
    if tensor.dtype == kind:
        return tensor
    if kind.kind == "f":
        return tensor.astype(kind)
    values = tensor.astype(np.float64)
    if facts.unit:
        values = values / facts.unit + facts.zero
    ends = np.iinfo(kind)
    whole: Numbers = np.rint(values).clip(max(ends.min, -WHOLE), min(ends.max, WHOLE)).astype(kind)
    return whole


def constants(facts: ModelInput) -> dict[str, Numbers]:
    """The inputs that are always the same, by name."""
    import numpy as np

    return {
        one.name: np.full(one.shape, one.value, np.dtype(one.number)) for one in facts.constants
    }


def shape_of(facts: ModelInput) -> tuple[int, ...]:
    """The tensor of one picture; empty where its sides are not always the same."""
    if not facts.side or facts.kind.partition("+")[0] not in PICTURES:
        return ()
    if facts.layout == "NCHW":
        return (1, facts.channels, facts.rows, facts.side)
    return (1, facts.rows, facts.side, facts.channels)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether this error, of whatever library, says that there was no more memory."""
    text = str(error).lower()
    return isinstance(error, MemoryError) or any(words in text for words in OUT_OF_MEMORY)
