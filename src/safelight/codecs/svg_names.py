"""Names that the author of a drawing chose, replaced by a letter and a number in their order."""

from __future__ import annotations

import re

from safelight.codecs.svg_fonts import is_plain, known_family
from safelight.codecs.svg_grammar import LOCAL, font_parts, is_source, spelled, timed
from safelight.codecs.svg_hidden import Life
from safelight.codecs.svg_keywords import RULES
from safelight.codecs.svg_links import part_name
from safelight.codecs.svg_sheet import Group, Rule, Selector, Sheet

_WORD = re.compile(r"(?P<quote>[\"'])(?P<quoted>[^\"']*+)(?P=quote)|[^\s,()\"']++")
_VARIABLE = re.compile(r"var\(\s*+(--[^\s,()]++)", re.I)
MARKS = {"id": "#{}", "class": ".{}", "id=": "[id='{}']", "class=": "[class~='{}']"}
LETTERS = {"id": "p", "class": "c", "keyframes": "k", "result": "r", "glyph": "g", "family": "f"}
LETTERS |= {"variable": "--v", "layer": "l"}


class Names:
    """The new names of one drawing."""

    def __init__(self, life: Life) -> None:
        self._life = life
        self._keyframes = life.drawing.reading.keyframes
        self._given: dict[tuple[str, str], str] = {}
        self._counts: dict[str, int] = dict.fromkeys(LETTERS, 0)
        rules = (one for sheet in life.drawing.sheets.values() for one in _selectors(sheet))
        self.classes = {
            word for one in rules for kind, word in one.parts if kind in ("class", "class=")
        }

    def new(self, kind: str, name: str) -> str:
        """The name for a name, the same whenever it is asked for."""
        if (kind, name) not in self._given:
            self._counts[kind] += 1
            self._given[kind, name] = f"{LETTERS[kind]}{self._counts[kind]}"
        return self._given[kind, name]

    def part(self, name: str) -> str:
        """The name of a part; one that is not there gets a name that nothing has."""
        return self.new("id", name) if self._life.has(name) else "p0"

    def attribute(self, name: str, value: str) -> str | None:
        """The value of an attribute with new names, or None where nothing is left of it."""
        match name:
            case "id":
                is_aim = value in self._life.named and self._life.has(value)
                return self.new("id", value) if is_aim or value in self._life.selected else None
            case "class":
                known = [self.new("class", one) for one in value.split() if one in self.classes]
                return " ".join(known) or None
            case "in" | "in2" | "result":
                return value if is_source(value) else self.new("result", value)
            case "glyph-name" | "g1" | "g2":
                return ",".join(self.new("glyph", one.strip()) for one in value.split(","))
            case "begin" | "end":
                return ";".join(self._times(value)) or ("indefinite" if name == "begin" else None)
            case "style":
                pairs = (one.partition(":") for one in value.split(";"))
                return ";".join(self.pair(key, inner) for key, _, inner in pairs)
        return self.declared(name, value)

    def _times(self, value: str) -> list[str]:
        """Times, without those that wait for a part that is not there."""
        found = []
        for part, words in timed(value):
            if part is None:
                found.append(words)
            elif self._life.has(part_name(part)):
                found.append(self.new("id", part_name(part)) + words[len(part) :])
        return found

    def declared(self, name: str, value: str) -> str:
        """The value of a property with new names."""
        bare = name.removeprefix("-webkit-").removeprefix("-moz-")
        value, urgent, _ = value.partition("!important")
        if bare == "font-family":
            value = self._families(value)
        elif bare == "font":
            before, names = font_parts(value)
            value = f"{before} {self._families(names)}"
        elif bare in ("animation", "animation-name"):
            value = _WORD.sub(lambda found: self._movement(bare, found), value)
        elif "#" in value:
            value = LOCAL.sub(lambda found: f"url(#{self.part(found[1])})", value)
        if "var(" in value.lower():
            value = _VARIABLE.sub(lambda found: f"var({self.variable(found[1])}", value)
        return value + urgent

    def variable(self, name: str) -> str:
        """The name of a variable; one that nothing declares gets a name that nothing has."""
        is_known = name in self._life.drawing.reading.variables
        return self.new("variable", name) if is_known else "--v0"

    def pair(self, name: str, value: str) -> str:
        """A declaration with new names."""
        key = self.variable(name) if name.startswith("--") else name
        return f"{key}:{self.declared(name, value)}"

    def _movement(self, name: str, found: re.Match[str]) -> str:
        called = found["quoted"] or found[0]
        # In the short form a word that says how something moves is no name.
        is_word = name == "animation" and found[0].lower() in RULES[name][1]
        is_name = called in self._keyframes and not is_word
        return self.new("keyframes", called) if is_name else found[0]

    def _families(self, value: str) -> str:
        return spelled(value, self._family) or ""

    def _family(self, name: str) -> str:
        new = known_family(name) or self.new("family", name)
        return new if is_plain(new) else f"'{new}'"

    def sheet(self, rules: Sheet) -> str:
        """The rules that something in the drawing is painted by."""
        return "".join(self._rule(rule) for rule in rules)

    def _rule(self, rule: Rule | Group) -> str:
        if isinstance(rule, Group):
            inner = self.sheet(rule.inner)
            if rule.layers:
                # Which layer was named first decides, even where nothing in it is kept.
                names = ",".join(self._layer(one) for one in rule.layers)
                return f"{rule.head} {names}{{{inner}}}" if inner else f"{rule.head} {names};"
            # No name is given for what is not written: numbers have no gaps.
            has_name = inner and rule.keyframes
            name = f" {self.new('keyframes', rule.keyframes)}" if has_name else ""
            return f"{rule.head}{name}{{{inner}}}" if inner else ""
        heads = ",".join(self._selector(one) for one in rule.selectors if one.is_live)
        if not heads:
            return ""
        body = ";".join(self.pair(name, value) for name, value in rule.declared)
        return f"{heads}{{{body}}}"

    def _layer(self, name: str) -> str:
        return ".".join(self.new("layer", one) for one in name.split("."))

    def _selector(self, selector: Selector) -> str:
        return "".join(
            MARKS[kind].format(self.new(kind.rstrip("="), words)) if kind in MARKS else words
            for kind, words in selector.parts
        )


def _selectors(rules: Sheet) -> list[Selector]:
    """Every selector that something in the drawing is selected by."""
    found: list[Selector] = []
    for rule in rules:
        if isinstance(rule, Group):
            found += _selectors(rule.inner)
        else:
            found += [one for one in rule.selectors if one.is_live]
    return found
