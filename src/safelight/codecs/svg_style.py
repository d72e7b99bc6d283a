"""Style attributes of a drawing, and whether a value is safe: known properties with values of
their form, without comments and addresses outside of the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from safelight.codecs.svg_grammar import LOCAL, property_value
from safelight.codecs.svg_words import PROPERTIES

_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.S)
_ESCAPE = re.compile(r"\\(?:([0-9a-fA-F]{1,6})\s?|(.)|\Z)", re.S)
_ADDRESS = re.compile(r"url\(\s*", re.I)
_CLOSED = re.compile(r"\s*\)")
_DANGER = re.compile(
    r"expression\s*\(|javascript:|-moz-binding|behavior\s*:|image-set\(|src\(", re.I
)
_URGENT = re.compile(r"!\s*+important\s*+\Z", re.I)
# A sign that was escaped is no syntax: it stands this far behind itself, where no letter is.
ESCAPED = 0xF0000
Declaration = tuple[str, str]


def references(value: str) -> list[str]:
    """The names of parts of the drawing that a value points to."""
    return LOCAL.findall(value) if "#" in value else []


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
    if not any(sign in value for sign in "(:@\\"):
        return True
    text = plain(value)
    if _DANGER.search(text) or "@import" in text.lower():
        return False
    left = " ".join(before for before, _ in _split(text))
    return not addresses(text) and "url(" not in left.lower() and "://" not in left


def plain(text: str) -> str:
    """Without comments; escapes as what they stand for, signs among them marked as such."""
    return (
        _ESCAPE.sub(_unescaped, _COMMENT.sub(" ", text)) if "\\" in text or "/*" in text else text
    )


def _unescaped(found: re.Match[str]) -> str:
    if found[1]:
        number = int(found[1], 16)
        letter = chr(number) if 0 < number < 0x110000 and not 0xD800 <= number < 0xE000 else ""
    else:
        letter = found[2] or ""
    return letter if letter.isalnum() or letter in "-_" else chr(ESCAPED + ord(letter[:1] or " "))


def declarations(text: str, keyframes: frozenset[str] = frozenset()) -> list[Declaration]:
    """The declarations of a block without comments that are known, and have their form."""
    found = []
    for declaration in text.split(";"):
        name, colon, value = declaration.partition(":")
        name = name.strip().lower()
        bare = name.removeprefix("-webkit-").removeprefix("-moz-")
        if not colon or bare not in PROPERTIES:
            continue
        urgent = _URGENT.search(value) if "!" in value else None
        inner = " ".join((value[: urgent.start()] if urgent else value).split())
        clean = property_value(name, inner, keyframes) if is_safe(inner) else None
        if clean is not None:
            found.append((name, clean + ("!important" if urgent else "")))
    return found


def clean_style(value: str, keyframes: frozenset[str] = frozenset()) -> str:
    """The declarations of a style attribute that are known and safe."""
    return ";".join(f"{name}:{inner}" for name, inner in declarations(plain(value), keyframes))
