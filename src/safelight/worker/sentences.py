"""The sentences in which a worker may explain a failure. Words come from this list; only numbers
cross the wall.

{n} stands for a whole number, {format} for one of our formats. An error whose message is not here
crosses as its class alone, with the sentence of the class: a worker that was taken over cannot put
words into our mouth.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from safelight.errors import SafelightError, WireBroken, by_number
from safelight.image import FORMATS

FAULTS: tuple[type[BaseException], ...] = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    BufferError,
    ImportError,
    LookupError,
    NameError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)

# Append only: a sentence is known by its place.
SENTENCES: tuple[str, ...] = (
    "",
    "the worker met an unforeseen fault (kind {n}, line {n})",
    "picture of {n} x {n} pixels passes the limit of {n} MP",
)
MAX_DIGITS = 18


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(_pattern(sentence)) for sentence in SENTENCES)


def _pattern(sentence: str) -> str:
    words = re.escape(sentence).replace(r"\{n\}", rf"(-?\d{{1,{MAX_DIGITS}}})")
    return words.replace(r"\{format\}", "(" + "|".join(FORMATS) + ")")


def to_numbers(error: BaseException) -> tuple[int, int, tuple[int, ...]]:
    """Number of the class, number of the sentence, facts. Runs in the worker."""
    if not isinstance(error, SafelightError):
        kinds = [kind for kind, fault in enumerate(FAULTS, 1) if isinstance(error, fault)]
        return SafelightError.number, 1, (kinds[0] if kinds else 0, _line(error))
    for sentence, pattern in enumerate(_patterns()):
        found = pattern.fullmatch(error.detail)
        if found:
            return error.number, sentence, tuple(_fact(word) for word in found.groups())
    return error.number, 0, ()


def from_numbers(number: int, sentence: int, facts: tuple[int, ...]) -> SafelightError:
    """The error in the host's words. Raises WireBroken for a sentence or a format that is not in
    the list.
    """
    if not 0 <= sentence < len(SENTENCES):
        raise WireBroken("the worker named a sentence that is not in the list")
    parts = re.split(r"(\{n\}|\{format\})", SENTENCES[sentence])
    given = iter(facts)
    return by_number(number)("".join(_word(part, given) for part in parts))


def _word(part: str, facts: Iterator[int]) -> str:
    if part == "{n}":
        return str(next(facts))
    if part == "{format}":
        index = next(facts)
        if not 0 <= index < len(FORMATS):
            raise WireBroken("the worker named a format that is not in the list")
        return FORMATS[index]
    return part


def _fact(word: str) -> int:
    return FORMATS.index(word) if word in FORMATS else int(word)


def _line(error: BaseException) -> int:
    trace, line = error.__traceback__, 0
    while trace is not None:
        line, trace = trace.tb_lineno, trace.tb_next
    return line
