"""Style sheets of a drawing: rules with their selectors as parts, so that names can be others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from safelight.codecs.svg_conditions import LAYER, condition
from safelight.codecs.svg_selectors import NESTING, Selector, selectors_of
from safelight.codecs.svg_style import MEANT, Declaration, Reading, declarations, is_safe, plain
from safelight.codecs.svg_tree import SVG

__all__ = ["Group", "Rule", "Selector", "Sheet", "flat", "names_of_keyframes", "sheet"]
_WORD = re.compile(r"@[\w\-]++")
_KEYFRAMES = re.compile(
    r"@(?:-webkit-|-moz-)?keyframes\s*+(?:(?P<quote>[\"'])(?P<quoted>[^\"'{}]*+)(?P=quote)"
    r"|(?P<name>[^\s\"'{}();]++))\s*+(?:\{|\Z)",
    re.I,
)
_STEP = re.compile(r"\s*(?:from|to|\d{1,3}(?:\.\d{1,6})?%)\s*", re.I)
_NAMESPACE = re.compile(
    r"@namespace\s++(?P<prefix>[^\s\"'()]*+)\s*+(?:url\(\s*+)?[\"']?(?P<address>[^\"')]*+)", re.I
)
MAX_HEAD = 20_000
MAX_STEPS = 1_000


@dataclass(slots=True)
class Rule:
    """What selectors set; under a condition on the screen, or always."""

    selectors: list[Selector]
    declared: list[Declaration]
    is_always: bool = True


@dataclass(slots=True)
class Group:
    """Rules under a condition, the steps of a movement with its name, or layers in their order."""

    head: str
    inner: list[Rule | Group]
    keyframes: str = ""
    layers: tuple[str, ...] = ()


Sheet = list[Rule | Group]


def names_of_keyframes(text: str) -> frozenset[str]:
    """What the movements of a sheet are called."""
    return frozenset(_called(found) for found in _KEYFRAMES.finditer(plain(text)))


def _called(found: re.Match[str]) -> str:
    return found["name"] if found["quoted"] is None else found["quoted"]


def sheet(text: str, reading: Reading, *, is_always: bool = True) -> Sheet:
    """The rules with known declarations; rules that cannot be read fall."""
    reading.spaces = {}
    text = plain(text, reading).replace("<!--", "").replace("-->", "")
    return list(_Reader(reading).rules(text, NESTING, is_always=is_always))


def flat(rules: Sheet) -> Iterator[Rule]:
    """Every rule, those of groups too."""
    for rule in rules:
        if isinstance(rule, Group):
            yield from flat(rule.inner)
        else:
            yield rule


class _Reader:
    """Reads one sheet; everything is counted by what is known of the drawing."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    def rules(
        self, text: str, depth: int, *, parent: str = "", is_always: bool = False
    ) -> Iterator[Rule | Group]:
        """Rules and groups in order; those within another rule have its selectors as parent."""
        for head, body in _items(text, is_nested=bool(parent)):
            self._reading.spend()
            if head.startswith("@"):
                yield from self._at(head, body, depth, parent)
            elif body is not None and head:
                yield from self._ruled(head, body, depth, is_always=is_always)

    def _at(self, head: str, body: str | None, depth: int, parent: str) -> Iterator[Group]:
        found = _WORD.match(head)
        word = found[0].lower() if found else "@"
        asked = head[len(word) :].strip()
        moved = _KEYFRAMES.fullmatch(head)
        if moved is not None and body is not None:
            yield Group("@keyframes", list(self._steps(body)), _called(moved))
        elif word == "@layer":
            inner = self._inner(body or "", depth, parent)
            layers = tuple(LAYER.findall(asked))
            if inner or layers:
                yield Group("@layer", inner, layers=layers)
        elif word in ("@media", "@supports") and body is not None:
            clean = condition(word, asked)
            inner = self._inner(body, depth, parent) if clean else []
            if clean and inner:
                yield Group(clean, inner)
            elif not clean:
                self._reading.drop(f"{word} in a style sheet", asked)
        elif word == "@namespace":
            self._bind(head)
        elif word != "@charset":
            self._reading.drop(f"{word[:20]} in a style sheet", body or asked)

    def _inner(self, body: str, depth: int, parent: str) -> Sheet:
        if not depth or not body:
            return []
        if parent:
            return list(self._ruled(parent, body, depth - 1))
        return list(self.rules(body, depth - 1))

    def _bind(self, head: str) -> None:
        found = _NAMESPACE.match(head)
        if found is not None:
            prefix = "" if found["prefix"].lower() == "url" else found["prefix"]
            self._reading.spaces[prefix] = found["address"].strip().translate(MEANT) == SVG

    def _ruled(
        self, head: str, body: str, depth: int, *, is_always: bool = False
    ) -> Iterator[Rule | Group]:
        """A rule, and those that stand within it as if they stood behind it."""
        if not is_safe(head):
            return
        selectors = selectors_of(head, self._reading)
        parts = list(_items(body, is_nested=True)) if "{" in body else []
        own = ";".join(one for one, inner in parts if inner is None) if parts else body
        declared = declarations(own, self._reading)
        if declared and selectors:
            yield Rule(selectors, declared, is_always=is_always)
        for one, inner in parts if depth and selectors else ():
            if inner is None:
                continue
            self._reading.spend()
            if one.startswith("@"):
                yield from self._at(one, inner, depth, head)
            elif (full := _within(head, one)) and len(full) <= MAX_HEAD:
                yield from self._ruled(full, inner, depth - 1)

    def _steps(self, text: str) -> Iterator[Rule]:
        for head, body in _items(text, is_nested=False):
            self._reading.spend()
            times = [time.strip().lower() for time in head.split(",")]
            declared = declarations(body or "", self._reading)
            kept = [one for one in declared if not one[1].endswith("!important")]
            is_good = len(times) <= MAX_STEPS and all(_STEP.fullmatch(time) for time in times)
            if kept and is_good:
                yield Rule([Selector([("step", ",".join(times))])], kept, is_always=False)


def _items(text: str, *, is_nested: bool) -> Iterator[tuple[str, str | None]]:
    """Heads with their blocks, and what has none; what ends at a semicolon only where it may."""
    first, both = re.compile(r"\{"), re.compile(r"[;{]")
    space = re.compile(r"[\s;]*+" if is_nested else r"\s*+")
    at = 0
    while at < len(text):
        begun = space.match(text, at)
        at = begun.end() if begun is not None else at
        if at >= len(text):
            return
        found = (both if is_nested or text[at] == "@" else first).search(text, at)
        if found is None:
            yield text[at:].strip(), None
            return
        head, at = text[at : found.start()].strip(), found.end()
        if found[0] == ";":
            yield head, None
            continue
        end = _closing(text, found.start())
        yield head, text[at:end]
        at = end + 1


def _closing(text: str, brace: int) -> int:
    """Where the block that begins here ends, or the text does."""
    depth = 0
    for found in re.compile(r"[{}]").finditer(text, brace):
        depth += 1 if found[0] == "{" else -1
        if depth == 0:
            return found.start()
    return len(text)


def _within(parent: str, head: str) -> str:
    """The selectors of a rule that stands within another."""
    whole = f":is({parent})"
    found: list[str] = []
    depth = start = 0
    for at, sign in enumerate(f"{head},"):
        depth += (sign == "(") - (sign == ")")
        if sign == "," and (depth == 0 or at == len(head)):
            one = head[start:at].strip()
            found.append(one.replace("&", whole) if "&" in one else f"{whole} {one}")
            start = at + 1
    return ",".join(found)
