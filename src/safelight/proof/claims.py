"""Claims: every promise, with what keeps it, the tests that show it, the controls that must trip.

They stand in claims.toml beside this file. A text that makes a promise carries its id. The
project's own checks hold three things: the tests of every claim ran and passed; so did its
controls, each of which passes only when the detector that it aims at tripped; and no text uses a
word to avoid.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib import resources
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

FILE = "claims.toml"
# What may stand between two words.
MARKS = re.compile(r"[\s*_`]+")
Strength = Literal[
    "enforced by kernel",
    "enforced by browser",
    "enforced in process",
    "observed",
    "declared by user",
]
Node = Annotated[str, Field(pattern=r"^tests/[\w/]+\.py::test_\w+$")]
Words = Annotated[str, Field(min_length=1, max_length=400)]


class Claim(BaseModel):
    """One promise. tests and controls are pytest nodes; said are the pages that make it."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    id: Annotated[str, Field(pattern=r"^[a-z]+(-[a-z]+)*$")]
    sentence: Words
    mechanism: Words
    strength: Strength
    limits: str = ""
    tests: Annotated[list[Node], Field(min_length=1)]
    controls: Annotated[list[Node], Field(min_length=1)]
    said: Annotated[list[str], Field(min_length=1)]


class Avoided(BaseModel):
    """Words that nobody can show: a pattern, and why it is not said."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    words: Words
    why: Words

    def found_in(self, text: str) -> list[int]:
        """The lines of the text, counted from 1, that use them; line breaks count as blanks."""
        if re.search(self.words, MARKS.sub(" ", text), re.IGNORECASE) is None:
            return []
        flat, lines = _flat(text)
        return [lines[one.start()] for one in re.finditer(self.words, flat, re.IGNORECASE)]


class Claims(BaseModel):
    """The whole file: ids are unique."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    claim: list[Claim]
    avoid: list[Avoided]


@cache
def load() -> Claims:
    """Every claim and every word to avoid, in the order of the file."""
    return parse(resources.files("safelight.proof").joinpath(FILE).read_text(encoding="utf-8"))


def parse(text: str) -> Claims:
    """Read such a file. Raises ValueError for anything out of order in it."""
    claims = Claims.model_validate(tomllib.loads(text))
    ids = [claim.id for claim in claims.claim]
    twice = sorted({one for one in ids if ids.count(one) > 1})
    if twice:
        raise ValueError(f"claims that stand twice: {', '.join(twice)}")
    return claims


def _flat(text: str) -> tuple[str, list[int]]:
    """The text with one blank for each run of blanks and marks, and the line of each letter."""
    letters: list[str] = []
    lines: list[int] = []
    line = 1
    for letter in text:
        plain = " " if letter.isspace() or letter in "*_`" else letter
        if plain != " " or letters[-1:] != [" "]:
            letters.append(plain)
            lines.append(line)
        line += letter == "\n"
    return "".join(letters), lines
