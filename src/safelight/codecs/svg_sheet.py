"""Style sheets of a drawing: rules with their selectors as parts, so that names can be others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from safelight.codecs.svg_grammar import attribute_value, media, property_value
from safelight.codecs.svg_style import ESCAPED, Declaration, declarations, is_safe, plain
from safelight.codecs.svg_words import ATTRIBUTES

_CONDITIONS = frozenset({"@media", "@supports", "@layer"})
_ABILITY = re.compile(r"\(\s*+([a-z\-]+)\s*+:([^():]*+)\)", re.I)
_JOINED = re.compile(r"(?:not|and|or|[\s()])*+", re.I)
_KEYFRAMES = re.compile(r"@(?:-webkit-|-moz-)?keyframes\s++[\"']?([^\s\"'{}();]+)[\"']?\s*+", re.I)
_STEP = re.compile(r"\s*(?:from|to|\d{1,3}(?:\.\d{1,6})?%)\s*", re.I)
_NAME = r"[^\s{}()\[\]<>\"'#.,:;>+~*=|/\\!@$%^&?`]++"
_PART = re.compile(
    rf"(?P<space>\s++)|(?P<join>[>+~,])|\#(?P<id>{_NAME})|\.(?P<class>{_NAME})|(?P<type>{_NAME}|\*)"
    rf"|\[\s*+(?P<key>{_NAME})\s*+(?:(?P<part>~?)=\s*+(?P<quote>[\"']?)(?P<value>[^\"'\]]*+)(?P=quote)\s*+)?+\]"
    r"|:(?P<nested>not|is|where)\(|:(?P<counted>nth-(?:last-)?(?:child|of-type))"
    r"\((?P<form>[\s\dn+\-]{1,20}|odd|even)\)|(?P<pseudo>::?[a-z][a-z\-]*+)(?!\()|(?P<close>\))"
)
_STATES = frozenset(
    """:hover :focus :active :link :visited :target :root :focus-within :focus-visible :any-link
    ::first-line ::first-letter ::selection :enabled""".split()
)
_PLACES = frozenset(
    ":first-child :last-child :only-child :first-of-type :last-of-type :only-of-type :empty".split()
)
NESTING = 8
# What was escaped, as what it stands for: in a name it is a letter like any other.
_MEANT = {ESCAPED + sign: sign for sign in range(128)}
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

    @property
    def alone(self) -> str | None:
        """What it selects by, where that is one thing only."""
        return next(iter(self.needs)) if len(self.parts) == 1 and self.needs else None


@dataclass(slots=True)
class Rule:
    """What selectors set; under a condition on the screen, or always."""

    selectors: list[Selector]
    declared: list[Declaration]
    is_always: bool = True


@dataclass(slots=True)
class Group:
    """Rules under a condition, or the steps of a movement with its name."""

    head: str
    inner: list[Rule | Group]
    keyframes: str = ""


Sheet = list[Rule | Group]


def names_of_keyframes(text: str) -> frozenset[str]:
    """What the movements of a sheet are called."""
    return frozenset(_KEYFRAMES.findall(plain(text)))


def sheet(text: str, keyframes: frozenset[str], *, is_always: bool = True) -> Sheet:
    """The rules with known declarations; rules that cannot be read fall."""
    text = plain(text).replace("<!--", "").replace("-->", "")
    return list(_rules(text, NESTING if is_always else NESTING - 1, keyframes))


def flat(rules: Sheet) -> Iterator[Rule]:
    """Every rule, those of groups too."""
    for rule in rules:
        if isinstance(rule, Group):
            yield from flat(rule.inner)
        else:
            yield rule


def _rules(text: str, depth: int, keyframes: frozenset[str]) -> Iterator[Rule | Group]:
    at = 0
    while (brace := text.find("{", at)) >= 0:
        head = text[at:brace].rpartition(";")[2].strip()
        end = _closing(text, brace)
        body = text[brace + 1 : end]
        at = end + 1
        word = head.split(None, 1)[0].lower() if head else ""
        moved = _KEYFRAMES.fullmatch(head)
        if moved is not None:
            yield Group("@keyframes", list(_steps(body, keyframes)), moved[1])
        elif word in _CONDITIONS and depth:
            clean = _condition(word, head[len(word) :].strip())
            inner = list(_rules(body, depth - 1, keyframes)) if clean else []
            if inner:
                yield Group(clean or "", inner)
        elif head and not word.startswith("@") and is_safe(head):
            selectors = list(selectors_of(head))
            declared = declarations(body, keyframes)
            if declared and selectors:
                yield Rule(selectors, declared, is_always=depth == NESTING)


def _condition(word: str, asked: str) -> str | None:
    """The head of a group: the question when it has its form; names of layers are not kept."""
    if word == "@layer":
        return "@layer"
    if word == "@media":
        is_known = media(asked) is not None
    else:
        able = _ABILITY.findall(asked)
        is_known = _JOINED.fullmatch(_ABILITY.sub(" ", asked)) is not None and all(
            property_value(name.lower(), value) is not None for name, value in able
        )
    return f"{word} {asked}" if is_known and asked else None


def _steps(text: str, keyframes: frozenset[str]) -> Iterator[Rule]:
    for chunk in text.split("}"):
        head, _, body = chunk.partition("{")
        times = head.split(",")
        declared = declarations(body, keyframes)
        if declared and all(_STEP.fullmatch(time) for time in times[:100]):
            step = Selector([("step", time.strip().lower()) for time in times[:100]])
            yield Rule([step], declared, is_always=False)


def _closing(text: str, brace: int) -> int:
    """Where the block that begins here ends, or the text does."""
    depth = 0
    for found in re.compile(r"[{}]").finditer(text, brace):
        depth += 1 if found[0] == "{" else -1
        if depth == 0:
            return found.start()
    return len(text)


def selectors_of(head: str) -> Iterator[Selector]:
    """Each selector of a list that has its form."""
    one, is_good, depth, at = Selector(), True, 0, 0
    while at < len(head):
        found = _PART.match(head, at)
        if found is None:
            # From here on nothing is sure, so nothing more is kept of the list.
            return
        at = found.end()
        kind = found.lastgroup or ""
        depth += (found["nested"] is not None) - (kind == "close")
        if found["join"] == "," and depth == 0:
            if is_good and _ended(one):
                yield one
            one, is_good = Selector(), True
        else:
            is_good = _take(one, found, depth) and is_good
    if is_good and _ended(one) and depth == 0:
        yield one


def _ended(one: Selector) -> bool:
    """Takes a last space away; True when something is left."""
    if one.parts and one.parts[-1][1] == " ":
        one.parts.pop()
    return bool(one.parts)


def _take(one: Selector, found: re.Match[str], depth: int) -> bool:
    """Adds a part; False for one that is not kept."""
    for kind, mark in (("id", "#"), ("class", "."), ("type", "")):
        if found[kind] is not None:
            _take_name(one, (kind, found[kind]), mark, depth)
            return True
    if found["key"] is not None and found["value"] is not None:
        for key, part, kind, mark in (("id", "", "id=", "#"), ("class", "~", "class=", ".")):
            if (found["key"], found["part"]) == (key, part):
                _take_name(one, (kind, found["value"]), mark, depth)
                return True
    if found["key"] is not None and not found["part"]:
        return _take_attribute(one, found["key"], found["value"])
    if found["pseudo"] is not None:
        one.is_structural |= found[0] in _PLACES
        one.parts.append(("as it is", found[0]))
        return found[0] in _STATES | _PLACES
    if found["space"] and (not one.parts or one.parts[-1][1] == " "):
        return True
    is_place = found["counted"] is not None or (found["join"] or " ") in "+~"
    one.is_structural |= is_place
    one.parts.append(("as it is", " " if found["space"] else found[0]))
    return True


def _take_name(one: Selector, part: Part, mark: str, depth: int) -> None:
    kind, name = part[0], part[1].translate(_MEANT)
    one.parts.append((kind, name))
    if depth == 0 and name != "*":
        one.needs.add(mark + name)


def _take_attribute(one: Selector, name: str, value: str | None) -> bool:
    """A selector by an attribute: one that is written, with a value of its form."""
    if name not in ATTRIBUTES or name in ("in", "in2", "result", "glyph-name", "g1", "g2"):
        return False
    is_fit = value is None or ("#" not in value and attribute_value("", None, name, value) == value)
    one.parts.append(("as it is", f"[{name}]" if value is None else f"[{name}='{value}']"))
    return is_fit
