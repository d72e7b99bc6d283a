"""Style sheets and style attributes of a drawing: known properties, without comments, addresses
outside of the file, and words for other programs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from safelight.codecs.svg_words import PROPERTIES

_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.S)
_ESCAPE = re.compile(r"\\(?:([0-9a-fA-F]{1,6})\s?|(.)|\Z)", re.S)
_ADDRESS = re.compile(r"url\(\s*", re.I)
_CLOSED = re.compile(r"\s*\)")
_DANGER = re.compile(
    r"expression\s*\(|javascript:|-moz-binding|behavior\s*:|image-set\(|src\(", re.I
)
_OTHER_RULES = frozenset({"@media", "@supports", "@keyframes", "@-webkit-keyframes", "@layer"})
NESTING = 8


def references(value: str) -> set[str]:
    """The names of parts of the drawing that a value points to."""
    return {address[1:] for _, address in _split(value) if address.startswith("#")}


def addresses(value: str) -> list[str]:
    """What a value points to outside of the drawing."""
    return [address for _, address in _split(value) if address and not address.startswith("#")]


def _split(value: str) -> Iterator[tuple[str, str]]:
    """The value in order: what stands before an address, and the address; nothing is read twice.

    One that is not closed goes to the end, as in the readers that repair it.
    """
    at = 0
    while (found := _ADDRESS.search(value, at)) is not None:
        start, before = found.end(), value[at : found.start()]
        quote = value[start : start + 1]
        if quote and quote in "'\"":
            last = value.find(quote, start + 1)
            closed = _CLOSED.match(value, last + 1) if last >= 0 else None
            if closed is not None:
                yield before, value[start + 1 : last]
                at = closed.end()
                continue
        last = value.find(")", start)
        yield before, value[start : last if last >= 0 else len(value)].strip() or "("
        if last < 0:
            return
        at = last + 1
    yield value[at:], ""


def is_safe(value: str) -> bool:
    """True when a value points to nothing outside and starts nothing."""
    plain = _plain(value)
    if _DANGER.search(plain) or "@import" in plain.lower():
        return False
    left = " ".join(before for before, _ in _split(plain))
    return not addresses(plain) and "url(" not in left.lower() and "://" not in left


def _plain(text: str) -> str:
    """Without comments; escapes as what they stand for, where that is no part of the syntax."""
    return _ESCAPE.sub(_unescaped, _COMMENT.sub(" ", text))


def _unescaped(found: re.Match[str]) -> str:
    if found[1]:
        number = int(found[1], 16)
        letter = chr(number) if 0 < number < 0x110000 and not 0xD800 <= number < 0xE000 else ""
    else:
        letter = found[2] or ""
    return letter if letter.isalnum() or letter in "-_" else ""


def clean_style(value: str) -> str:
    """The declarations of a style attribute that are known and safe."""
    return ";".join(_declarations(_plain(value)))


def _declarations(text: str) -> Iterator[str]:
    for declaration in text.split(";"):
        name, colon, value = declaration.partition(":")
        name = name.strip().lower()
        bare = name.removeprefix("-webkit-").removeprefix("-moz-")
        if colon and bare in PROPERTIES and is_safe(value) and not set(value) & set("{}<"):
            yield f"{name}:{value.strip()}"


def clean_sheet(text: str) -> str:
    """The rules of a style sheet with their known and safe declarations."""
    return "".join(_rules(_plain(text).replace("<!--", "").replace("-->", ""), NESTING))


def _rules(text: str, depth: int) -> Iterator[str]:
    at = 0
    while (brace := text.find("{", at)) >= 0:
        selector = text[at:brace].rpartition(";")[2].strip()
        end = _closing(text, brace)
        body = text[brace + 1 : end]
        word = selector.split(None, 1)[0].lower() if selector else ""
        if word in _OTHER_RULES:
            inner = "".join(_rules(body, depth - 1)) if depth else ""
            if is_safe(selector):
                yield f"{selector}{{{inner}}}"
        elif selector and not word.startswith("@") and is_safe(selector):
            declarations = ";".join(_declarations(body))
            if declarations:
                yield f"{selector}{{{declarations}}}"
        at = end + 1


def _closing(text: str, brace: int) -> int:
    """Where the block that begins here ends, or the text does."""
    depth = 0
    for found in re.compile(r"[{}]").finditer(text, brace):
        depth += 1 if found[0] == "{" else -1
        if depth == 0:
            return found.start()
    return len(text)
