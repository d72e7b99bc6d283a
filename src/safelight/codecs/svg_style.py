"""Style attributes of a drawing, and whether a value is safe: known properties with values of
their form, without comments and addresses outside of the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from safelight.codecs.svg_grammar import LOCAL, custom_value, property_value
from safelight.codecs.svg_keywords import RULES
from safelight.codecs.svg_words import PROPERTIES
from safelight.errors import LimitExceeded

# Comments, texts in quotes, addresses without quotes, escapes: none of their signs is syntax.
_ESCAPE = r"\\(?:(?P<hex>[0-9a-fA-F]{1,6})\s?|(?P<sign>.)|\Z)"
_ESCAPES = re.compile(_ESCAPE, re.S)
_LEXED = re.compile(
    r"(?P<comment>/\*.*?(?:\*/|\Z))"
    r"|(?P<quote>[\"'])(?P<words>(?:(?!(?P=quote))[^\\\n\r\f]|\\.)*+)(?P<end>(?P=quote)|\\?\Z|)"
    rf"|(?P<url>\burl\(\s*+)(?![\s\"'])(?P<address>(?:[^)\\]|\\.)*+)|{_ESCAPE}",
    re.S | re.I,
)
_ADDRESS = re.compile(r"url\(\s*", re.I)
_CLOSED = re.compile(r"\s*\)")
_DANGER = re.compile(
    r"expression\s*\(|javascript:|-moz-binding|behavior\s*:|image-set\(|src\(", re.I
)
_URGENT = re.compile(r"!\s*+important\s*+\Z", re.I)
# A sign that was escaped is no syntax: it stands this far behind itself, where no letter is.
ESCAPED = 0xF0000
# What was escaped, as what it stands for: in a name it is a letter like any other.
MEANT = {ESCAPED + sign: sign for sign in range(128)}
_QUOTED = {ord(sign): ESCAPED + ord(sign) for sign in "{}();!\"'<>@:/*&"}
_ADDRESSED = {ord(sign): ESCAPED + ord(sign) for sign in "{};!\"'(<>"}
# What is left of a text whose quote nobody closed.
_BROKEN = chr(ESCAPED + 10)
_CUSTOM = re.compile(r"--[^\s,()\"':;{}!]++")
MAX_PARTS = 400_000
Declaration = tuple[str, str]


@dataclass(slots=True)
class Reading:
    """What is known while the sheets of one drawing are read, and what of them was left out: by
    its name, with the first words that it had. spaces are prefixes that were declared, and whether
    each stands for SVG.
    """

    keyframes: frozenset[str] = frozenset()
    variables: set[str] = field(default_factory=set)
    dropped: dict[str, str] = field(default_factory=dict)
    spaces: dict[str, bool] = field(default_factory=dict)
    left: int = MAX_PARTS

    @property
    def has_foreign_default(self) -> bool:
        """True where what has no prefix is of another language."""
        return not self.spaces.get("", True)

    def spend(self) -> None:
        """Counts one part more."""
        self.left -= 1
        if self.left < 0:
            raise LimitExceeded(
                f"the style sheets of the SVG have more than {MAX_PARTS} parts",
                hint="write the styles as attributes, or simplify the drawing first",
            )

    def drop(self, name: str, words: str) -> None:
        """Notes what is not kept."""
        self.dropped.setdefault(name, words.translate(MEANT))


def references(value: str) -> list[str]:
    """The names of parts of the drawing that a value points to."""
    return [name.translate(MEANT) for name in LOCAL.findall(value)] if "#" in value else []


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


def within(name: str, value: str) -> str:
    """The value of a paint, where what is outside of the drawing is what nothing is painted by."""
    if name not in ("fill", "stroke") or "url(" not in value.lower():
        return value
    pieces = list(_split(value))
    kept = "".join(
        before + (f"url({address if address.startswith('#') else '#'})" if address else "")
        for before, address in pieces
    )
    return kept if any(not one.startswith("#") for _, one in pieces if one) else value


def plain(text: str, reading: Reading | None = None) -> str:
    """Without comments; escapes as what they stand for, signs among them marked as such, and so
    are those within quotes and addresses.
    """
    if not any(sign in text for sign in ("\\", "/*", '"', "'")) and "url(" not in text.lower():
        return text

    def lexed(found: re.Match[str]) -> str:
        if found["comment"] is not None:
            if reading is not None:
                reading.drop("comment in a style sheet", found[0].strip("/* "))
            return " "
        if found["quote"]:
            inner = _ESCAPES.sub(_unescaped, found["words"]).translate(_QUOTED)
            is_whole = found["end"] == found["quote"] or found.end() == len(text)
            return f"{found['quote']}{inner}{found['quote']}" if is_whole else _BROKEN
        if found["url"]:
            inner = _ESCAPES.sub(_unescaped, found["address"])
            return found["url"] + inner.translate(_ADDRESSED)
        return _unescaped(found)

    return _LEXED.sub(lexed, text)


def _unescaped(found: re.Match[str]) -> str:
    if found["hex"]:
        number = int(found["hex"], 16)
        letter = chr(number) if 0 < number < 0x110000 and not 0xD800 <= number < 0xE000 else ""
    else:
        letter = found["sign"] or ""
    is_name = letter.isalnum() or letter in "-_" or letter >= "\x80"
    return letter if is_name else chr(ESCAPED + ord(letter))


def declarations(text: str, reading: Reading | None = None) -> list[Declaration]:
    """The declarations of a block without comments that are known, and have their form."""
    reading = reading or Reading()
    found = []
    for declaration in text.split(";"):
        name, colon, value = declaration.partition(":")
        name = name.strip()
        if not colon or not name or name[0] in ":@&.#":
            continue
        reading.spend()
        name = name if name.startswith("--") else name.lower()
        urgent = _URGENT.search(value) if "!" in value else None
        clean = _clean(
            name, " ".join((value[: urgent.start()] if urgent else value).split()), reading
        )
        if clean is None:
            reading.drop(_called(name), value.strip())
        else:
            found.append((name, clean + ("!important" if urgent else "")))
    return found


def _clean(name: str, value: str, reading: Reading) -> str | None:
    value = within(name, value)
    if not is_safe(value) or _BROKEN in value:
        return None
    if name.startswith("--"):
        clean = custom_value(value, reading.keyframes) if _CUSTOM.fullmatch(name) else None
        if clean is not None:
            reading.variables.add(name)
        return clean
    bare = name.removeprefix("-webkit-").removeprefix("-moz-")
    is_known = bare in PROPERTIES or bare in RULES
    return property_value(name, value, reading.keyframes) if is_known else None


def _called(name: str) -> str:
    """What a declaration that was left out is called in a report: no word of the author."""
    return "custom property" if name.startswith("--") else f"style {name[:40]}"


def clean_style(value: str, reading: Reading | None = None) -> str:
    """The declarations of a style attribute that are known and safe."""
    return ";".join(f"{name}:{inner}" for name, inner in declarations(plain(value), reading))
