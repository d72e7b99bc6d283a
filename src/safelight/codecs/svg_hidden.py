"""Which parts of a drawing are painted: from the root along what is shown and what that points to.

A property that a rule or an animation may set to something that shows is no reason to hide
anything. Rules and animations of parts that are not painted have no say: each round may find fewer
that do, never more, so the rounds end.
"""

from __future__ import annotations

from collections import defaultdict

from safelight.codecs.svg_cascade import Cascade, is_boxing, tokens
from safelight.codecs.svg_drawing import (
    HREFS,
    LINKS,
    Drawing,
    aims,
    drawing_of,
    for_nobody,
    moved_links,
    passed_over,
    pointed,
)
from safelight.codecs.svg_grammar import timed
from safelight.codecs.svg_links import part_name
from safelight.codecs.svg_sheet import Rule, Selector, flat
from safelight.codecs.svg_states import (
    AIMS,
    ALWAYS,
    ANY,
    BOXED,
    COPIED,
    FRESH,
    GRAPHICS,
    HIDING,
    LINKED,
    MAX_STATES,
    MOVING,
    OPEN,
    PAINTING,
    REFERRED,
    SHAPES,
    START,
    STRUCTURE,
    State,
    hides,
    is_clear,
    within,
)
from safelight.codecs.svg_style import references
from safelight.codecs.svg_tree import Document, End, Event, Start, Text

DEAD, SHELL, LIVING = 0, 1, 2


class Life:
    """One round: levels says of each element whether it is not written, written without its words
    and children, or whole; named is what something points to, selected what a rule does.
    """

    def __init__(self, drawing: Drawing, shown: frozenset[str], cascade: Cascade) -> None:
        self.drawing = drawing
        self._cascade = cascade
        self.shown = shown
        self.found: set[str] = set()
        self.levels = bytearray(len(drawing.events))
        self.named: set[str] = set()
        self.selected: set[str] = set()
        self.hidden: set[int] = set()
        self._todo: list[tuple[int, State]] = []
        self._states: dict[State, int] = {OPEN: 1}
        self._visited: dict[int, int] = {}
        self._seen: set[str] = set()
        self._gather()

    def _gather(self) -> None:
        """Parts by name, rules by what they wait for, movements by what they move."""
        self._by_id: dict[str, int] = {}
        self._moving: dict[str, list[int]] = defaultdict(list)
        self._waiting: dict[str, list[tuple[Selector, Rule]]] = defaultdict(list)
        self._missing: dict[int, int] = {}
        self._always: list[int] = []
        self._passed = passed_over(self.drawing)
        for place, event in enumerate(self.drawing.events):
            if isinstance(event, Start):
                if ("", "id") in event.attributes:
                    self._by_id.setdefault(event.attributes["", "id"], place)
                if event.name[1] in ALWAYS:
                    self._always.append(place)
                if event.name[1] in MOVING:
                    for name in aims(event):
                        self._moving[name].append(place)
        self._rules = [rule for one in self.drawing.sheets.values() for rule in flat(one)]
        for rule in self._rules:
            for selector in rule.selectors:
                selector.is_live = False
                self._missing[id(selector)] = len(selector.needs)
                for token in selector.needs:
                    self._waiting[token].append((selector, rule))

    def live(self) -> None:
        """Marks what is painted."""
        for rule in self._rules:
            for selector in rule.selectors:
                if not selector.needs:
                    self._enliven(selector, rule)
        for place, event in enumerate(self.drawing.events):
            if STRUCTURE in self.shown and isinstance(event, Start):
                self._keep(place, SHELL)
        self._todo += [(0, START - self.shown), *((place, OPEN) for place in self._always)]
        while self._todo:
            self._walk(*self._todo.pop())

    def has(self, name: str) -> bool:
        """True when a part of this name is written."""
        place = self._by_id.get(name, -1)
        return place >= 0 and self.levels[place] > DEAD

    def _walk(self, root: int, state: State) -> None:
        """An element and all that is shown within it."""
        stack = [state]
        at = root
        while at <= self.drawing.ends[root]:
            event = self.drawing.events[at]
            if isinstance(event, Start):
                inner = self._entered(at, event, stack[-1], is_root=at == root)
                if inner is None:
                    at = self.drawing.ends[at]
                else:
                    stack.append(inner)
            elif isinstance(event, End):
                stack.pop()
            at += 1

    def _entered(self, at: int, event: Start, state: State, *, is_root: bool) -> State | None:
        """The state within an element, or None when nothing in it is shown, or was seen already."""
        name = event.name[1]
        if at and for_nobody(event):
            self.hidden.add(at)
            self._keep(at, SHELL if is_root else DEAD)
            return None
        if is_root or self.drawing.name(self.drawing.parents[at]) == "switch":
            self._keep(at, SHELL)
        if not is_root and (name in REFERRED or (name in MOVING and aims(event))):
            return None
        declared = self._declared(at, state)
        is_cut = declared.get("display", False) and at > 0 and name in GRAPHICS | SHAPES
        is_cut |= at in self._passed and not is_root
        is_cut |= name == "textPath" and not self._has_path(event)
        inner = within(name, state, declared)
        if is_cut:
            if is_root and name in SHAPES:
                self._keep(at, LIVING)
            self.hidden.add(at)
            return None
        number = self._states.setdefault(inner, len(self._states) + 1)
        if number > MAX_STATES:
            inner, number = OPEN, 1
        if self._visited.get(at, 0) & 1 << number:
            return None
        self._visited[at] = self._visited.get(at, 0) | 1 << number
        if name in ("text", "image") and not self._is_seen(at, inner):
            self.hidden.add(at)
            return None
        self._keep(at, LIVING)
        if name == "use":
            for key in HREFS:
                self._point(pointed(key, event.attributes.get(key, "")), ANY, inner | {COPIED})
        return inner

    def _declared(self, at: int, state: State) -> dict[str, bool]:
        """Whether each of its properties hides the element."""
        found = self._cascade.declared(at, is_copy=COPIED in state)
        return {name: is_so for name, is_so in found.items() if name not in self.shown}

    def _has_path(self, event: Start) -> bool:
        """True when the words of an element have a line to stand on, or may have one."""
        links = (pointed(key, event.attributes.get(key, "")) for key in HREFS)
        aims = [self._by_id.get(name, -1) for names in links for name in names]
        is_linked = any(self.drawing.name(aim) in SHAPES for aim in aims)
        return is_linked or LINKED in self.shown or ("", "path") in event.attributes

    def _is_seen(self, at: int, state: State) -> bool:
        """True when a picture or one letter of a text is painted, or nobody knows."""
        if BOXED in state or BOXED in self.shown:
            return True
        if self.drawing.name(at) == "image":
            return not state & {"opacity", "visibility", "transform"}
        stack = [state]
        has_words = False
        place, end = at + 1, self.drawing.ends[at]
        while place < end:
            event = self.drawing.events[place]
            if isinstance(event, Start) and event.name[1] in REFERRED:
                place = self.drawing.ends[place]
            elif isinstance(event, Start):
                declared = self._declared(place, stack[-1])
                if declared.get(BOXED):
                    return True
                stack.append(within(event.name[1], stack[-1], declared))
            elif isinstance(event, End):
                stack.pop()
            elif isinstance(event, Text) and event.words.strip():
                has_words = True
                if not is_clear(stack[-1]):
                    return True
            place += 1
        return not has_words

    def _keep(self, place: int, level: int) -> None:
        """An element and, as shells, those around it; the first time also what it points to."""
        while place >= 0 and self.levels[place] < level:
            if self.levels[place] == DEAD:
                self.levels[place] = level
                self._follow(place)
            self.levels[place] = level
            place, level = self.drawing.parents[place], SHELL

    def _follow(self, place: int) -> None:
        event = self.drawing.events[place]
        if not isinstance(event, Start):
            return
        for name, value in event.attributes.items():
            if name not in HREFS:
                self._point(pointed(name, value), PAINTING)
            elif event.name[1] in MOVING | {"use"}:
                self.named.update(pointed(name, value))
            else:
                self._point(pointed(name, value), AIMS.get(event.name[1], PAINTING))
            if name in (("", "begin"), ("", "end")):
                self._point([part_name(part) for part, _ in timed(value) if part], MOVING)
        if event.name[1] in MOVING:
            aimed = event.attributes.get(("", "attributeName"), "")
            self._show([(aimed, "")], is_moving=True)
            self._point(moved_links(event) if aimed in ("href", "xlink:href") else [], ANY)
        own = event.attributes.get(("", "id"), "")
        if self._by_id.get(own) == place:
            self._todo += [(one, FRESH) for one in self._moving.pop(own, ())]
        for token in tokens(event):
            if token not in self._seen:
                self._seen.add(token)
                for selector, rule in self._waiting.get(token, ()):
                    self._missing[id(selector)] -= 1
                    if not self._missing[id(selector)]:
                        self._enliven(selector, rule)

    def _enliven(self, selector: Selector, rule: Rule) -> None:
        selector.is_live = True
        self.selected |= {words for kind, words in selector.parts if kind in ("id", "id=")}
        self.found |= {STRUCTURE} if selector.is_structural else set()
        self._show(rule.declared, is_moving=any(kind == "step" for kind, _ in selector.parts))
        for _, value in rule.declared:
            self._point(references(value), PAINTING)

    def _show(self, declared: list[tuple[str, str]], *, is_moving: bool) -> None:
        """Notes what a movement may show, and what makes sizes count."""
        for name, value in declared:
            if is_moving and (name in LINKS or name == "font"):
                self.found.add(LINKED if name in LINKS else "font-size")
            elif is_moving and name in HIDING and not hides(name, value):
                self.found.add(name)
            elif is_boxing(name, value):
                self.found.add(BOXED)

    def _point(self, names: list[str], wanted: frozenset[str], state: State = FRESH) -> None:
        """Parts that something points to: shown when they are of a wanted kind, else just there."""
        for name in names:
            self.named.add(name)
            place = self._by_id.get(name, -1)
            if self.drawing.name(place) in wanted:
                self._todo.append((place, state))
            elif place >= 0:
                self._keep(place, SHELL)


def life_in(events: list[Event]) -> Life:
    """What of a document is painted; looked at once."""
    if not isinstance(events, Document):
        return _life_of(drawing_of(events))
    if "life" not in events.told:
        events.told["life"] = _life_of(drawing_of(events))
    life: Life = events.told["life"]
    return life


def _life_of(drawing: Drawing) -> Life:
    shown = HIDING | {BOXED, STRUCTURE, LINKED}
    cascade = Cascade(drawing)
    while True:
        life = Life(drawing, shown, cascade)
        life.live()
        if life.found == shown:
            return life
        shown = frozenset(life.found)
