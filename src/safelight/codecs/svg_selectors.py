"""Selectors of a style sheet, read as browsers read them: a list with one part that is none is
void as a whole, what cannot be kept is left out, and every name is one that can be another.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from safelight.codecs.svg_fonts import families, known_family
from safelight.codecs.svg_grammar import attribute_value
from safelight.codecs.svg_style import MEANT, Reading
from safelight.codecs.svg_words import ATTRIBUTES, ELEMENTS

# What stands for an element that was removed, where a sheet counts elements.
PLACEHOLDERS = frozenset({"title", "desc", "metadata"})
_TYPES = ELEMENTS | PLACEHOLDERS
# No element is called so, and no rule waits for it in vain.
NOBODY = "u0"
_NEVER = "?"
_NAME = r"[^\s{}()\[\]<>\"'#.,:;>+~*=|/\\!@$%^&?`]++"
_PART = re.compile(
    rf"(?P<space>\s*+(?P<join>[>+~])\s*+|\s++)|\#(?P<id>{_NAME})|\.(?P<class>{_NAME})"
    rf"|(?:(?P<space_name>{_NAME}|\*)?\|)?(?P<type>{_NAME}|\*)"
    rf"|\[\s*+(?:(?:{_NAME}|\*)?\|)?(?P<key>{_NAME})\s*+(?:(?P<sign>[~|^$*]?)=\s*+"
    rf"(?:(?P<quote>[\"'])(?P<quoted>[^\"']*+)(?P=quote)|(?P<value>{_NAME}))"
    r"\s*+(?P<flag>[isIS])?\s*+)?+\]"
    r"|:(?P<nested>not|is|where|-webkit-any|matches)\(\s*+"
    r"|:(?P<counted>nth-(?:last-)?(?:child|of-type))\((?P<form>[\s\dn+\-]{1,20}|odd|even)\)"
    r"|(?P<called>::?[a-z][a-z\-]*+)\((?P<within>(?:[^()]|\([^()]*+\))*+)\)"
    r"|(?P<pseudo>::?[a-z\-][a-z\-]*+)",
    re.I,
)
_COMMA = re.compile(r"\s*+,\s*+")
_STATES = frozenset(
    """:hover :focus :active :link :visited :target :root :focus-within :focus-visible :any-link
    ::first-line ::first-letter ::selection :first-line :first-letter :enabled""".split()
)
LINKS = frozenset({":link", ":any-link", ":visited"})
_PLACES = frozenset(
    ":first-child :last-child :only-child :first-of-type :last-of-type :only-of-type :empty".split()
)
# Valid in browsers, and nothing of them is kept: the rest of a list counts all the same.
_VALID = frozenset(
    """:before :after ::before ::after ::marker ::placeholder ::backdrop ::cue :checked :disabled
    :default :defined :fullscreen :in-range :indeterminate :invalid :modal :optional :out-of-range
    :placeholder-shown :autofill :popover-open :read-only :read-write :required :scope :valid
    :user-valid :user-invalid :local-link :playing :paused :picture-in-picture :open :muted
    :-webkit-autofill :-webkit-any-link ::target-text ::file-selector-button :host
    ::spelling-error ::grammar-error""".split()
)
_VALID_CALLS = frozenset(
    """:has :lang :dir :nth-child :nth-last-child :state :host :host-context ::part ::slotted
    ::cue ::highlight :active-view-transition-type""".split()
)
# Attributes whose values are names, words or lists of them: no selector says them.
_SPOKEN = frozenset(
    """in in2 result glyph-name g1 g2 begin end unicode u1 u2 unicode-range font systemLanguage
    values from to by attributeName animation animation-name style""".split()
)
GOOD, UNKEPT, VOID = 0, 1, 2
NESTING = 8
Part = tuple[str, str]


@dataclass(slots=True)
class Selector:
    """Kinds and words in order. needs is what a drawing must have for it to select anything:
    types, names after # and classes after a point.
    """

    parts: list[Part] = field(default_factory=list)
    needs: set[str] = field(default_factory=set)
    is_structural: bool = False
    is_live: bool = False
    state: int = GOOD

    @property
    def alone(self) -> str | None:
        """What it selects by, where that is one thing only."""
        return next(iter(self.needs)) if len(self.parts) == 1 and self.needs else None

    def say(self, words: str) -> None:
        """Adds what is written as it is."""
        self.parts.append(("as it is", words))


@dataclass(slots=True)
class _Reader:
    """One list of selectors, read from its beginning to its end."""

    text: str
    reading: Reading
    at: int = 0

    def listed(self, depth: int) -> Iterator[Selector]:
        """Selectors up to the end, or up to the bracket that closes a list within one."""
        while True:
            yield self._one(depth)
            comma = _COMMA.match(self.text, self.at)
            if comma is None:
                return
            self.at = comma.end()

    def _one(self, depth: int) -> Selector:
        one = Selector()
        last = ""
        while self.at < len(self.text) and not _COMMA.match(self.text, self.at):
            if self.text[self.at] == ")" and depth:
                break
            found = _PART.match(self.text, self.at)
            self.reading.spend()
            if found is None:
                # What is no selector is passed over up to the next that may be one.
                one.state = VOID
                self.at += 1
                continue
            self.at = found.end()
            state, last = self._take(one, found, depth, last)
            one.state = max(one.state, state)
        if last in ("", "join"):
            one.state = max(one.state, VOID)
        return one

    def _take(self, one: Selector, found: re.Match[str], depth: int, last: str) -> tuple[int, str]:
        """Adds a part: what it is worth, and what it was."""
        if found["space"] is not None:
            return self._take_space(one, found["join"], last)
        if found["type"] is not None:
            return (VOID if last == "part" else self._take_type(one, found, depth)), "part"
        for kind, mark in (("id", "#"), ("class", ".")):
            if found[kind] is not None:
                _take_name(one, (kind, found[kind]), mark, depth)
                return GOOD, "part"
        if found["key"] is not None:
            return _take_attribute(one, found, depth), "part"
        if found["nested"] is not None:
            return self._take_nested(one, found["nested"].lower(), depth), "part"
        return _take_pseudo(one, found), "part"

    def _take_space(self, one: Selector, join: str | None, last: str) -> tuple[int, str]:
        if join is None:
            ends = self.at >= len(self.text) or self.text[self.at] in ",)"
            if last == "part" and not ends:
                one.say(" ")
                return GOOD, "join"
            return GOOD, last
        one.is_structural |= join in "+~"
        one.say(join)
        return (GOOD if last == "part" else VOID), "join"

    def _take_type(self, one: Selector, found: re.Match[str], depth: int) -> int:
        name, space = found["type"].translate(MEANT), found["space_name"]
        spaces = self.reading.spaces
        has_prefix = "|" in found[0]
        if has_prefix and space not in (None, "*") and space not in spaces:
            return VOID
        is_ours = spaces.get(space, True) if has_prefix else spaces.get("", True)
        is_ours = is_ours and not (has_prefix and space is None)
        if name == "*" and is_ours:
            one.parts.append(("type", name))
            return GOOD
        is_known = is_ours and name in _TYPES
        one.parts.append(("type", name if is_known else NOBODY))
        if depth == 0:
            one.needs.add(name if is_known else _NEVER)
        return GOOD

    def _take_nested(self, one: Selector, kind: str, depth: int) -> int:
        inner = list(self.listed(depth + 1)) if depth < NESTING else []
        # Where the text ends, all that is open is closed.
        is_closed = self.text.startswith(")", self.at) or self.at >= len(self.text)
        if not is_closed or not inner:
            self.at = len(self.text)
            return VOID
        self.at += 1
        for within in inner:
            one.is_structural |= within.is_structural
        if kind == "not":
            worst = max(within.state for within in inner)
            kept = inner if worst == GOOD else []
        else:
            worst = GOOD
            kept = [within for within in inner if within.state == GOOD]
        kind = {"-webkit-any": "is", "matches": "is"}.get(kind, kind)
        one.say(f":{kind}(")
        for number, within in enumerate(kept):
            one.parts += [("as it is", ",")] * bool(number) + within.parts
        one.say(")")
        return max(worst, GOOD if kept else UNKEPT)


def selectors_of(head: str, reading: Reading | None = None) -> list[Selector]:
    """The selectors of a list that can be kept; none of one that is void."""
    reader = _Reader(head.strip(), reading or Reading())
    found = []
    for one in reader.listed(0):
        if one.state == VOID:
            return []
        is_ours = not reader.reading.has_foreign_default or [kind for kind, _ in one.parts[:1]] == [
            "type"
        ]
        if one.state == GOOD and is_ours:
            found.append(one)
    return found


def is_selector(text: str) -> bool:
    """True for what browsers take for a list of selectors."""
    return all(one.state != VOID for one in _Reader(text.strip(), Reading()).listed(0))


def _take_name(one: Selector, part: Part, mark: str, depth: int) -> None:
    kind, name = part[0], part[1].translate(MEANT)
    one.parts.append((kind, name))
    if depth == 0:
        one.needs.add(mark + name)


def _take_attribute(one: Selector, found: re.Match[str], depth: int) -> int:
    """A selector by an attribute: one that is written, with a value that says no word."""
    name, sign, flag = found["key"], found["sign"], found["flag"]
    value = found["quoted"] if found["value"] is None else found["value"]
    if value is not None and not flag:
        for key, part, kind, mark in (("id", "", "id=", "#"), ("class", "~", "class=", ".")):
            if (name, sign) == (key, part):
                _take_name(one, (kind, value), mark, depth)
                return GOOD
    if name not in ATTRIBUTES or name in _SPOKEN or sign:
        return UNKEPT
    case = " i" if flag in ("i", "I") else ""
    one.say(f"[{name}]" if value is None else f"[{name}='{value}'{case}]")
    return GOOD if value is None or _is_told(name, value) else UNKEPT


def _is_told(name: str, value: str) -> bool:
    if name == "font-family":
        return all(known_family(one) for one in families(value))
    is_free = "#" in value or "var(" in value.lower()
    return not is_free and attribute_value("", None, name, value) == value


def _take_pseudo(one: Selector, found: re.Match[str]) -> int:
    if found["counted"] is not None:
        one.is_structural = True
        one.say(found[0])
        return GOOD
    if found["called"] is not None:
        return UNKEPT if found["called"].lower() in _VALID_CALLS else VOID
    name = found[0].lower()
    one.is_structural |= name in _PLACES
    one.say(name)
    if name in _STATES | _PLACES:
        return GOOD
    return UNKEPT if name in _VALID or name.startswith("::-webkit-") else VOID
