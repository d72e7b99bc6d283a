"""Terms: what a licence asks of whoever uses a part, or passes it on."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any, Literal

Class = Literal["free", "open", "bound", "read"]
# From what asks least to what asks most.
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
    parts = _parts(licence)
    return len(parts) > 1 and all(_class_of(part) != "read" for part in parts)


def class_of(licence: str) -> Class:
    """The strictest of the licences joined by AND, the easiest of those joined by OR."""
    choices = re.split(r"\s+OR\s+", licence.strip("() "))
    every = [
        max((_class_of(part.strip("() ")) for part in re.split(r"\s+AND\s+", one)), key=ORDER.index)
        for one in choices
    ]
    return min(every, key=ORDER.index)


def commercial(licence: str) -> str:
    """What commercial use of a part under this licence asks, in words."""
    return str(_table()["words"][class_of(licence)])


def _parts(licence: str) -> list[str]:
    return [part.strip("() ") for part in re.split(r"\s+(?:AND|OR)\s+", licence)]


def _class_of(part: str) -> Class:
    return next((one for one in ORDER[:3] if part in _table()["class"][one]), "read")
