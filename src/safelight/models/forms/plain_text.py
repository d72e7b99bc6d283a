"""Plain text: the text form of protocol buffers, as Caffe keeps its graphs."""

from __future__ import annotations

import re
from typing import Any

from safelight.models.forms.faults import damaged

MAX_DEPTH = 16
_TOKEN = re.compile(r"""\s*(?:\#[^\n]*\s*)*([{}:]|"[^"\n]*"|'[^'\n]*'|[^\s{}:"'\#]+)?""")

# The values of each field in order: words, or further fields.
Fields = dict[str, list[Any]]


def fields_of(text: str) -> Fields:
    """The fields of a whole text. Raises PolicyRefused for what is none."""
    tokens: list[str] = []
    place = 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None or match.end() == place:
            raise damaged()
        place = match.end()
        if match[1] is not None:
            tokens.append(match[1])
    tokens.reverse()
    return _fields(tokens, 0)


def _fields(tokens: list[str], depth: int) -> Fields:
    """Takes from the end of the tokens what belongs to this level."""
    found: Fields = {}
    if depth > MAX_DEPTH:
        raise damaged()
    while tokens:
        name = tokens.pop()
        if name == "}" and depth:
            return found
        if tokens[-1] == ":":
            tokens.pop()
        value = tokens.pop()
        if name in "{}:" or value in "}:":
            raise damaged()
        inner: Any = _fields(tokens, depth + 1) if value == "{" else value.strip("\"'")
        found.setdefault(name, []).append(inner)
    if depth:
        raise damaged()
    return found
