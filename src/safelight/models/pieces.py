"""Pieces: how a text becomes the numbers of a vocabulary of SentencePiece. Pure, as tokens is.

The rule "pieces" is byte-pair encoding over the whole text in small letters, blanks and all, as
the text towers of SigLIP 2 were trained: no start, one end, letters that have no piece as bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from safelight.errors import ModelFaulty, PolicyRefused
from safelight.models.words import Words

if TYPE_CHECKING:
    from safelight.models.forms.messages import Message

MAX_PIECES = 400_000
BLANK = "\u2581"
ENDS = ("</s>", "<eos>")
# What a piece is, in the numbers of the format.
NORMAL, CONTROL, ALWAYS_WHOLE, BYTE = 1, 3, 4, 6
BY_PAIRS = 2
# The fields of the file, of a piece, of how it was trained, of how texts are changed first.
PIECES, TRAINING, CHANGES = 1, 2, 3
TEXT, SCORE, KIND = 1, 2, 3
MODEL, BY_BYTES = 3, 35
TABLE, DUMMY, TRIMMED = 2, 3, 4


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Numbers and scores of the pieces; those that are never split; the number of each byte."""

    numbers: Mapping[str, int]
    scores: Mapping[str, float]
    whole: frozenset[str]
    by_byte: tuple[int, ...]
    end: int


class Pieces:
    """What is most likely together is joined first, as the scores of the vocabulary say."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._known = vocabulary
        self._firsts = {piece[0] for piece in vocabulary.whole}

    def row(self, text: str, words: Words) -> list[int]:
        """The text, end, then padding: exactly words.length numbers. What of the text is too long
        is left out.
        """
        row = [*self.numbers(text)[: words.length - 1], self._known.end]
        return row + [words.padding] * (words.length - len(row))

    def numbers(self, text: str) -> list[int]:
        """The numbers of the text alone."""
        whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        pieces = self._joined(whole.lower().replace(" ", BLANK))
        return [number for piece in pieces for number in self._of(piece)]

    def _of(self, piece: str) -> tuple[int, ...]:
        number = self._known.numbers.get(piece)
        if number is not None:
            return (number,)
        return tuple(self._known.by_byte[byte] for byte in piece.encode())

    def _joined(self, text: str) -> list[str]:
        """Joined two by two, the best pair first, the first of equal ones."""
        fixed = self._known.whole
        pieces = list(self._apart(text))
        scores = self._known.scores
        while len(pieces) > 1:
            found = [
                (scores.get(one + other), -place)
                for place, (one, other) in enumerate(pairwise(pieces))
                if one not in fixed and other not in fixed
            ]
            best = max((pair for pair in found if pair[0] is not None), default=None)
            if best is None:
                break
            place = -best[1]
            pieces[place : place + 2] = [pieces[place] + pieces[place + 1]]
        return pieces

    def _apart(self, text: str) -> Iterator[str]:
        """Letters, and the longest pieces that are never split."""
        place = 0
        while place < len(text):
            whole = ""
            if text[place] in self._firsts:
                fitting = (one for one in self._known.whole if text.startswith(one, place))
                whole = max(fitting, key=len, default="")
            yield whole or text[place]
            place += len(whole) or 1


def pieces_of(parts: Mapping[str, memoryview]) -> Pieces:
    """From the one file of an entry with the role pieces.

    Raises ModelFaulty for a file that is none, or changes texts in a way that is not known here.
    """
    from safelight.models.forms.messages import Message  # with numpy, which no scrub loads

    if "pieces" not in parts:
        raise ModelFaulty("the model has no vocabulary: its entry names none")
    try:
        return Pieces(_vocabulary(Message(parts["pieces"])))
    except (PolicyRefused, IndexError, ValueError, struct.error) as error:
        raise ModelFaulty("the vocabulary of the model cannot be read") from error


def _vocabulary(file: Message) -> Vocabulary:
    training, changes = file.only(TRAINING), file.only(CHANGES)
    is_known = training.number(MODEL, 1) == BY_PAIRS and training.number(BY_BYTES) == 1
    changes_nothing = not changes.raw(TABLE) and not any(
        changes.number(rule, 1) for rule in (DUMMY, TRIMMED)
    )
    if not (is_known and changes_nothing):
        raise ModelFaulty("the vocabulary of the model has rules that are not known")
    found = file.pieces(PIECES)
    if len(found) > MAX_PIECES:
        raise ValueError
    pieces = [_piece(one) for one in found]
    numbers = {text: place for place, (text, _, kind) in enumerate(pieces) if kind != BYTE}
    by_byte = [place for place, (_, _, kind) in enumerate(pieces) if kind == BYTE]
    ends = [numbers[end] for end in ENDS if end in numbers]
    if len(by_byte) != 256 or not ends:
        raise ModelFaulty("the vocabulary of the model lacks some of its bytes, or an end")
    return Vocabulary(
        {text: numbers[text] for text, _, kind in pieces if kind in (NORMAL, ALWAYS_WHOLE)},
        {text: score for text, score, kind in pieces if kind in (NORMAL, ALWAYS_WHOLE)},
        frozenset(text for text, _, kind in pieces if kind == ALWAYS_WHOLE and text),
        tuple(by_byte),
        ends[0],
    )


def _piece(data: memoryview) -> tuple[str, float, int]:
    """Text, score and kind, mostly in this order and nothing else: a quarter of a million of them
    are read in the time of one picture.
    """
    size = data[1] if len(data) > 1 else 0
    rest = data[size + 7 :]
    is_usual = size < 0x80 and len(data) >= size + 7 and (data[0], data[size + 2]) == (0x0A, 0x15)
    if is_usual and (not rest or (len(rest) == 2 and rest[0] == 0x18 and rest[1] < 0x80)):
        (score,) = struct.unpack("<f", data[size + 3 : size + 7])
        return str(data[2 : size + 2], "utf-8"), score, rest[1] if rest else NORMAL
    from safelight.models.forms.messages import Message

    piece = Message(data)
    score = struct.unpack("<f", piece.raw(SCORE) or b"\0\0\0\0")[0]
    return piece.text(TEXT), score, piece.number(KIND, NORMAL)
