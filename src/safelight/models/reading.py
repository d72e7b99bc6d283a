"""Reading: the vectors of texts, by a model that reads words into the space of pictures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from safelight.errors import ModelFaulty, ModelMissing
from safelight.models.entry import Entry
from safelight.models.pieces import pieces_of
from safelight.models.session import Session
from safelight.models.tokens import tokeniser_of
from safelight.models.words import Words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from safelight.models.session import Numbers

# Letters of a text; what comes after is far behind what any model reads.
MAX_TEXT = 1_000
# Shorter than this, an answer has no direction.
TINY = 1e-12


class Tokeniser(Protocol):
    """What turns texts into the rows of numbers that a model takes."""

    def row(self, text: str, words: Words) -> list[int]:
        """Exactly words.length numbers."""


RULES: Mapping[str, Callable[[Mapping[str, memoryview]], Tokeniser]] = {
    "clip": tokeniser_of,
    "pieces": pieces_of,
}


class Lettered:
    """A session that keeps the tokeniser of its model."""

    def __init__(self, session: Session, tokeniser: Tokeniser) -> None:
        self._session, self.tokeniser = session, tokeniser

    @property
    def model(self) -> Entry:
        return self._session.model

    def run(self, tensor: Numbers) -> Numbers:
        return self._session.run(tensor)

    def answers(self, tensor: Numbers) -> list[Numbers]:
        return self._session.answers(tensor)


class Reader:
    """A text tower opened, with its tokeniser. Raises ModelMissing for a model that takes no
    texts.
    """

    def __init__(self, session: Session, tokeniser: Tokeniser) -> None:
        self._session, self._words = session, _words(session.model)
        self._tokeniser = tokeniser

    def read(self, texts: Sequence[str]) -> tuple[tuple[float, ...], ...]:
        """The vector of each text, of length 1. Raises ModelFaulty, MemoryExceeded."""
        return tuple(self._vector(text) for text in texts)

    def _vector(self, text: str) -> tuple[float, ...]:
        import numpy as np

        row = self._tokeniser.row(text[:MAX_TEXT], self._words)
        answer = self._session.run(np.array([row], np.dtype(self._session.model.input.number)))
        return direction(answer)


def tokeniser_for(entry: Entry, data: memoryview) -> Tokeniser:
    """The tokeniser of a text tower. data is its file with its parts behind it, as a job gets it.

    Raises ModelMissing for a model that takes no texts, ModelFaulty for a vocabulary that cannot
    be read.
    """
    return RULES[_words(entry).rule](parts_of(entry, data))


def _words(entry: Entry) -> Words:
    if entry.input.words is None:
        raise ModelMissing("the model takes no texts", hint="safelight models list")
    return entry.input.words


def parts_of(entry: Entry, data: memoryview) -> dict[str, memoryview]:
    """The further files of a model by their roles: they lie behind it, in the entry's order."""
    parts: dict[str, memoryview] = {}
    start = entry.size_bytes
    for part in entry.parts:
        parts[part.role] = data[start : start + part.size_bytes]
        start += part.size_bytes
    return parts


def direction(answer: NDArray[np.float32]) -> tuple[float, ...]:
    """An answer as a vector of length 1. Raises ModelFaulty for one that has no direction."""
    import numpy as np

    values = answer.astype(np.float64).ravel()
    length = float(np.linalg.norm(values))
    if not np.isfinite(length) or length < TINY:
        raise ModelFaulty("the vector that the model gave has no direction")
    return tuple(float(value) for value in values / length)
