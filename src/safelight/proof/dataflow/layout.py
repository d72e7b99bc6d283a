"""Layout: the places of a map as rows in panels, gathered by maker where they are many."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from safelight.codecs.reading import printable
from safelight.proof.dataflow.parts import TITLES, Kind, Map, Place

# As many stand alone; more are gathered, by maker where one is known.
FEW = 8
MOST_ROWS = 12
NOTE_LETTERS = 60
TITLE_HEIGHT, ROW_HEIGHT, LINE_HEIGHT, ROW_GAP, PANEL_GAP = 34, 30, 15, 6, 26
# Where it is not plain from the title what one of these did, or does.
TOLD: tuple[Kind, ...] = ("person", "online", "trace", "way")
LEFT: tuple[Kind, ...] = ("device", "person", "online")
RIGHT: tuple[Kind, ...] = ("program", "ai", "trace", "way")


@dataclass(slots=True)
class Row:
    """One line of a panel: one place, or several that belong together. y in pixels, once placed."""

    kind: Kind
    label: str
    places: list[Place]
    notes: list[str] = field(default_factory=list)
    y: float = 0

    @property
    def height(self) -> float:
        return ROW_HEIGHT + LINE_HEIGHT * len(self.notes)

    @property
    def middle(self) -> float:
        return self.y + self.height / 2

    @property
    def pictures(self) -> int:
        return len(set().union(*(place.pictures for place in self.places)))


@dataclass(slots=True)
class Panel:
    """All of one kind, under a title."""

    kind: Kind
    title: str
    rows: list[Row]
    y: float = 0


def panels(found: Map, kinds: Iterable[Kind]) -> list[Panel]:
    """A panel for each kind of which there are any, placed one below the other; and the ways out
    and AI services even where there are none: that none was found is what one asks.
    """
    made = []
    for kind in kinds:
        places = found.of_kind(kind)
        if places or kind in ("ai", "way"):
            title = f"{TITLES[kind]} · {len(places) or 'none found'}"
            made.append(Panel(kind, title, rows(kind, places)))
    return made


def placed(made: list[Panel], top: float) -> float:
    """Give each panel and row its y; the end of the last."""
    y = top
    for panel in made:
        panel.y = y
        y += TITLE_HEIGHT
        for row in panel.rows:
            row.y = y
            y += row.height + ROW_GAP
        y += PANEL_GAP
    return y - PANEL_GAP


def rows(kind: Kind, places: list[Place]) -> list[Row]:
    """A row a place where they are few; else a row a maker, and the rest in one."""
    if len(places) <= FEW:
        return [_alone(kind, place) for place in places]
    makers: dict[str, list[Place]] = {}
    for place in places:
        makers.setdefault(_family(place), []).append(place)
    gathered = [_of_maker(kind, of_maker) for of_maker in makers.values()]
    gathered.sort(key=lambda row: (-row.pictures, row.label.casefold()))
    if len(gathered) <= MOST_ROWS:
        return gathered
    shown, rest = gathered[: MOST_ROWS - 1], gathered[MOST_ROWS - 1 :]
    others = [place for row in rest for place in row.places]
    return [*shown, Row(kind, f"{len(others)} more", others, wrapped(p.label for p in others))]


def wrapped(names: Iterable[str], letters: int = NOTE_LETTERS) -> list[str]:
    """The names with commas between, in lines that fit."""
    lines = [""]
    for name in names:
        name = fitted(name, letters - 2)
        line = f"{lines[-1]}, {name}" if lines[-1] else name
        if lines[-1] and wide(line) > letters:
            lines[-1] += ","
            lines.append(name)
        else:
            lines[-1] = line
    return [line for line in lines if line]


def fitted(text: str, letters: int) -> str:
    """The text made printable, and cut where it takes more room than so many narrow letters."""
    text = printable(text, letters)
    if wide(text) <= letters:
        return text
    while wide(text) > letters - 1:
        text = text[:-1]
    return f"{text}…"


def wide(text: str) -> int:
    """How many narrow letters it takes the room of."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _family(place: Place) -> str:
    words = (place.group or place.label).split()
    return words[0].rstrip(",.").casefold() if place.group else f"\0{place.id}"


def _of_maker(kind: Kind, places: list[Place]) -> Row:
    if len(places) == 1:
        return _alone(kind, places[0])
    label = places[0].group.split()[0].rstrip(",.")
    return Row(kind, f"{label} · {len(places)}", places, wrapped(_without(label, places)))


def _without(label: str, places: list[Place]) -> Iterator[str]:
    for place in places:
        is_said = place.name.casefold().startswith(label.casefold() + " ")
        yield place.name[len(label) + 1 :] if is_said else place.name


def _alone(kind: Kind, place: Place) -> Row:
    times = sorted(time[:10] for time in place.times)
    span = [" to ".join(dict.fromkeys((times[0], times[-1])))] if times else []
    known = [detail for detail in place.details if not detail.startswith("its own software")]
    words = list(place.words) if kind in TOLD else []
    return Row(kind, place.label, [place], wrapped([*words, *span, *known[:3]]))
