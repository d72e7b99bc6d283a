"""Terms: what a licence asks of whoever uses a part, or passes it on."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any, Literal

Class = Literal["free", "open", "bound", "read"]
# From what asks least to what asks most.
# Parentheses, the two words that join, and licences, an exception included.
SIGNS = re.compile(r"([()]|\b(?:AND|OR)\b)")
ORDER: tuple[Class, ...] = ("free", "open", "bound", "read")


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("terms.toml").read_text("utf-8"))


def stated(name: str) -> str:
    """The licence of a package whose metadata does not tell it, or "" where it does."""
    return str(_table()["stated"].get(name, ""))


def licence_named(words: str) -> str:
    """The SPDX word for what package metadata says; the same words where there is none."""
    return str(_table()["named"].get(words, words))


def is_known(licence: str) -> bool:
    """True for a single licence that the table knows by its SPDX id."""
    return any(licence in _table()["class"][one] for one in ORDER[:3]) and " " not in licence


def is_expression(licence: str) -> bool:
    """True for several licences joined by AND, OR or WITH, each known by its id."""
    words = [one for one in _tokens(licence) if one not in ("(", ")", "AND", "OR")]
    is_known = all(_class_of(one) != "read" for one in words)
    return len(words) > 1 and is_known and class_of(licence) != "read"


def class_of(licence: str) -> Class:
    """The strictest of the licences joined by AND, the easiest of those joined by OR; "read" for
    words that are no expression.
    """
    tokens = _tokens(licence)
    found = _choice(tokens)
    return "read" if tokens or found is None else found


def commercial(licence: str) -> str:
    """What commercial use of a part under this licence asks, in words."""
    return str(_table()["words"][class_of(licence)])


def _tokens(licence: str) -> list[str]:
    return [part.strip() for part in SIGNS.split(licence) if part.strip()]


def _choice(tokens: list[str]) -> Class | None:
    """An expression from the front of the tokens, which it takes away; None where none begins."""
    every = [_all_of(tokens)]
    while tokens[:1] == ["OR"]:
        tokens.pop(0)
        every.append(_all_of(tokens))
    known = [one for one in every if one is not None]
    return min(known, key=ORDER.index) if len(known) == len(every) else None


def _all_of(tokens: list[str]) -> Class | None:
    every = [_one(tokens)]
    while tokens[:1] == ["AND"]:
        tokens.pop(0)
        every.append(_one(tokens))
    known = [one for one in every if one is not None]
    return max(known, key=ORDER.index) if len(known) == len(every) else None


def _one(tokens: list[str]) -> Class | None:
    first = tokens.pop(0) if tokens else ""
    if first != "(":
        return _class_of(first) if first not in ("", ")", "AND", "OR") else None
    found = _choice(tokens)
    return found if tokens and tokens.pop(0) == ")" else None


def _class_of(part: str) -> Class:
    return next((one for one in ORDER[:3] if part in _table()["class"][one]), "read")
