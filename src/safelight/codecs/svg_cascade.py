"""What surely holds for a part of a drawing: its own words and the rules that select it, the
strongest last. A rule that may hold or not hides nothing, and what it may show is not hidden.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from safelight.codecs.svg_drawing import Drawing
from safelight.codecs.svg_sheet import Selector, flat
from safelight.codecs.svg_states import BOXED, BOXING, FLAT, HIDING, hides, is_empty_font
from safelight.codecs.svg_style import Declaration
from safelight.codecs.svg_tree import Start
from safelight.errors import LimitExceeded

# How sure it is that a selector selects: not within a copy of the part, when others come before.
NEVER, PERHAPS, HERE, ALWAYS = range(4)
# So many comparisons are made; what is left after them is taken for visible.
MAX_COMPARED = 400_000
MAX_CLASSES = 10_000
_JOINS = frozenset({"", ">", "+", "~"})
# An element before all, a rule by its weight and place, its own style; then those that are urgent.
Rank = tuple[int, int, int, int, int]
_ATTRIBUTE: Rank = (0, 0, 0, 0, 0)


@dataclass(slots=True)
class _Compound:
    """What one element must be; join is how it stands to the one after it."""

    join: str = ""
    needs: set[str] = field(default_factory=set)
    is_sure: bool = True


@dataclass(slots=True)
class _Entry:
    """A selector with what its rule says about hiding; the last compound is the element itself."""

    chain: list[_Compound]
    rank: Rank
    said: list[tuple[str, bool, bool]]
    is_always: bool

    @property
    def most(self) -> int:
        """The best that can be said of it."""
        if not self.is_always or not all(one.is_sure for one in self.chain):
            return PERHAPS
        return HERE if len(self.chain) > 1 else ALWAYS


class Cascade:
    """The declarations of one drawing that may hide."""

    def __init__(self, drawing: Drawing) -> None:
        self._drawing = drawing
        self._left = MAX_COMPARED
        self._entries: dict[str, list[_Entry]] = defaultdict(list)
        self._found: dict[tuple[int, bool], dict[str, bool]] = {}
        self._tokens: dict[int, frozenset[str]] = {}
        rules = [rule for one in drawing.sheets.values() for rule in flat(one)]
        for number, rule in enumerate(rules):
            said = list(_said(rule.declared))
            for selector in rule.selectors if said else ():
                chain = _chain(selector)
                if chain:
                    entry = _Entry(chain, (1, *_weight(chain), number), said, rule.is_always)
                    self._entries[_key(chain[-1])].append(entry)

    def declared(self, place: int, *, is_copy: bool) -> dict[str, bool]:
        """Whether each property that is declared surely hides the element, in its place or in a
        copy of it.
        """
        if (place, is_copy) not in self._found:
            self._found[place, is_copy] = self._declared(place, HERE + is_copy)
        return self._found[place, is_copy]

    def _declared(self, place: int, least: int) -> dict[str, bool]:
        event = self._drawing.events[place]
        if not isinstance(event, Start):
            return {}
        sure: dict[str, tuple[Rank, bool]] = {}
        doubts: list[tuple[str, Rank]] = []
        own, boxing = _own(event)
        for name, rank, hiding, level in (*own, *self._ruled(place)):
            if self._left <= 0:
                return dict.fromkeys(HIDING, False) | boxing
            if level < least:
                doubts += [] if hiding else [(name, rank)]
            elif name not in sure or sure[name][0] <= rank:
                sure[name] = rank, hiding
        found = {name: hiding for name, (_, hiding) in sure.items()}
        for name, rank in doubts:
            if name not in sure or sure[name][0] < rank:
                found[name] = False
        if event.name[1] in FLAT:
            # Viewers do not agree whether they count for pieces of a text.
            found |= {name: False for name in ("opacity", "transform") if name in found}
        return found | boxing

    def _ruled(self, place: int) -> Iterator[tuple[str, Rank, bool, int]]:
        """What rules say of an element, and how sure it is."""
        for token in (*sorted(self._tokens_of(place)), "*"):
            for entry in self._entries.get(token, ()) if self._left > 0 else ():
                level = self._level(place, entry)
                for name, hiding, is_urgent in entry.said if level else ():
                    rank = entry.rank
                    rank = (3, *rank[1:]) if is_urgent else rank
                    # In a layer, or under a condition, nobody knows which is the stronger.
                    rank = rank if entry.is_always else (9, *rank[1:])
                    yield name, rank, hiding, level

    def _level(self, place: int, entry: _Entry) -> int:
        """How sure it is that the element is selected."""
        if not self._fits(place, entry.chain[-1]):
            return NEVER
        joins = {one.join for one in entry.chain[:-1]}
        if not joins <= {"", ">"}:
            return PERHAPS
        at = place
        for one in reversed(entry.chain[:-1]):
            at = self._drawing.parents[at]
            while at >= 0 and not self._fits(at, one) and one.join != ">":
                at = self._drawing.parents[at]
            if at < 0 or (one.join == ">" and not self._fits(at, one)):
                # With both ways of standing another outer element might do.
                return NEVER if len(joins) == 1 else PERHAPS
        return entry.most

    def _fits(self, place: int, one: _Compound) -> bool:
        self._left -= 1
        return self._left <= 0 or one.needs <= self._tokens_of(place)

    def _tokens_of(self, place: int) -> frozenset[str]:
        if place not in self._tokens:
            event = self._drawing.events[place]
            self._tokens[place] = frozenset(tokens(event)) if isinstance(event, Start) else _NONE
        return self._tokens[place]


_NONE = frozenset[str]()


def tokens(event: Start) -> list[str]:
    """What an element can be selected by: its type, its name and its classes."""
    words = event.attributes.get(("", "class"), "")
    classes = words.split(None, MAX_CLASSES) if words else []
    if len(classes) > MAX_CLASSES:
        raise LimitExceeded(f"a part of the SVG has more than {MAX_CLASSES} classes")
    own = event.attributes.get(("", "id"), "")
    return [event.name[1], f"#{own}", *(f".{one}" for one in classes)]


def _own(event: Start) -> tuple[list[tuple[str, Rank, bool, int]], dict[str, bool]]:
    """What an element says of itself, and whether what lies in it counts for a size."""
    found: list[tuple[str, Rank, bool, int]] = []
    boxing: dict[str, bool] = {}
    for (space, name), value in event.attributes.items():
        if not space and name in HIDING:
            found.append((name, _ATTRIBUTE, hides(name, value), ALWAYS))
        elif name in BOXING and value != "none":
            boxing[BOXED] = True
    pairs = (one.partition(":") for one in event.attributes.get(("", "style"), "").split(";"))
    declared = [(name, value) for name, _, value in pairs]
    for name, hiding, is_urgent in _said(declared):
        found.append((name, (4 if is_urgent else 2, 0, 0, 0, 0), hiding, ALWAYS))
    if any(is_boxing(name, value) for name, value in declared):
        boxing[BOXED] = True
    return found, boxing


def is_boxing(name: str, value: str) -> bool:
    """True for what makes the size of a part count."""
    return name.removeprefix("-webkit-").split("-line")[0] in BOXING and value != "none"


def _said(declared: Iterable[Declaration]) -> Iterator[tuple[str, bool, bool]]:
    """Each declaration that may hide: its property, whether it does, and whether it is urgent."""
    for name, value in declared:
        inner, urgent, _ = value.partition("!important")
        bare = name.removeprefix("-webkit-").removeprefix("-moz-")
        if name == "all":
            yield from ((one, False, bool(urgent)) for one in sorted(HIDING))
        elif bare == "font":
            yield "font-size", is_empty_font(inner), bool(urgent)
        elif bare in HIDING:
            yield bare, bare == name and hides(name, inner), bool(urgent)


def _chain(selector: Selector) -> list[_Compound]:
    """The elements that a selector names, outermost first; none for a step of a movement."""
    chain = [_Compound()]
    join: str | None = None
    depth = 0
    for kind, words in selector.parts:
        sign = words.strip()
        if kind == "step":
            return []
        if kind == "as it is" and not depth and sign in _JOINS:
            join = join or sign
            continue
        if join is not None:
            chain[-1].join = join
            chain.append(_Compound())
            join = None
        if kind == "as it is" or depth:
            chain[-1].is_sure = False
            depth += words.endswith("(") - (words == ")") if kind == "as it is" else 0
        elif kind != "type" or words != "*":
            mark = {"type": ""}.get(kind, "#" if kind.startswith("id") else ".")
            chain[-1].needs.add(mark + words)
    return chain


def _weight(chain: list[_Compound]) -> tuple[int, int, int]:
    """Names, classes and types; only of what is surely selected, so nested ones do not count."""
    marks = [need[0] for one in chain for need in one.needs]
    names, classes = marks.count("#"), marks.count(".")
    return names, classes, len(marks) - names - classes


def _key(one: _Compound) -> str:
    """What is looked up to find the rules for an element."""
    return min(one.needs, default="*")
