"""What a map is made of: places, arrows between them, and the evidence behind each arrow."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

# What a place is. The first six touched pictures, a way is one by which they can still leave.
Kind = Literal["device", "person", "program", "ai", "online", "trace", "pictures", "way"]
# claimed: written in a file, true or not; observed: the system shows it now; configured: the
# settings of a program say it; possible: nothing stands in the way, nothing was seen.
Strength = Literal["claimed", "observed", "configured", "possible"]
SUREST: tuple[Strength, ...] = ("observed", "configured", "claimed", "possible")
KINDS: tuple[Kind, ...] = ("device", "person", "program", "ai", "online", "trace", "way")
TITLES: dict[Kind, str] = {
    "device": "Devices",
    "person": "People",
    "program": "Programs",
    "ai": "AI services",
    "online": "Online services",
    "trace": "Programs that left traces beside the pictures",
    "way": "Where they could still flow",
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why an arrow is drawn: the file (or the place of the system), what stands there, its value.

    hides: the value names a person or a single device, or may; it is shown only where that was
    asked for.
    """

    file: str
    tag: str
    value: str = ""
    hides: bool = False

    def document(self) -> dict[str, str]:
        return {"file": self.file, "tag": self.tag, "value": self.value}


@dataclass(frozen=True, slots=True)
class Sight:
    """One thing that one piece of evidence says of the pictures of one root.

    group is the maker or family that the place belongs to, or empty; what is the word on the arrow;
    picture is the picture that it is about, empty for a fact of the whole folder; detail is a
    serial number, a version or the like; when is a time as it was written, or empty.
    """

    root: int
    kind: Kind
    name: str
    what: str
    strength: Strength
    evidence: Evidence
    group: str = ""
    picture: str = ""
    detail: str = ""
    when: str = ""
    is_private: bool = False


@dataclass(slots=True)
class Place:
    """A device, person, program, service, folder, or way out. id is unique in its map.

    words are those on its arrows, strength that of the surest of them.
    """

    id: str
    kind: Kind
    name: str
    group: str = ""
    details: dict[str, None] = field(default_factory=dict)
    pictures: set[str] = field(default_factory=set)
    times: set[str] = field(default_factory=set)
    words: dict[str, None] = field(default_factory=dict)
    strength: Strength = "possible"

    @property
    def label(self) -> str:
        """The name, with its maker where the name does not begin with it."""
        is_said = not self.group or self.name.casefold().startswith(self.group.casefold())
        return self.name if is_said else f"{self.group} {self.name}"

    def document(self) -> dict[str, Any]:
        times = sorted(self.times)
        return {
            "id": self.id,
            "kind": self.kind,
            "name": self.label,
            "group": self.group,
            "details": list(self.details),
            "pictures": len(self.pictures),
            "first": times[0] if times else "",
            "last": times[-1] if times else "",
        }


@dataclass(slots=True)
class Arrow:
    """What went from one place to another, or could; with everything that says so."""

    source: str
    target: str
    what: str
    strength: Strength
    pictures: set[str] = field(default_factory=set)
    evidence: dict[Evidence, None] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        return {
            "from": self.source,
            "to": self.target,
            "what": self.what,
            "strength": self.strength,
            "pictures": len(self.pictures),
            "evidence": [one.document() for one in self.evidence],
        }


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a picture's history: the file, when (as written, or empty), and what was done."""

    file: str
    when: str
    what: str

    def document(self) -> dict[str, str]:
        return {"file": self.file, "when": self.when, "what": self.what}


@dataclass(slots=True)
class Root:
    """What was named: a folder or a file, how many pictures were read there, what was not."""

    place: Place
    read: int = 0
    searched: int = 0
    unread: dict[str, str] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        unread = [{"file": file, "why": why} for file, why in self.unread.items()]
        facts = {"read": self.read, "searched": self.searched, "unread": unread}
        return {"id": self.place.id, "name": self.place.name, **facts}


@dataclass(slots=True)
class Map:
    """The whole: roots, places by kind, arrows, steps in the order of time, and what was not seen.

    limits are sentences about what could not be looked at.
    """

    roots: list[Root]
    places: list[Place]
    arrows: list[Arrow]
    steps: list[Step]
    limits: list[str]

    def of_kind(self, kind: Kind) -> list[Place]:
        """Those of one kind: what touched most pictures first, ways by how sure they are."""
        there = [place for place in self.places if place.kind == kind]
        if kind == "way":
            return sorted(there, key=lambda p: (SUREST.index(p.strength), _natural(p.label)))
        return sorted(there, key=lambda place: (-len(place.pictures), _natural(place.label)))

    def at(self, place: Place) -> Iterator[Arrow]:
        """The arrows that begin or end there."""
        return (arrow for arrow in self.arrows if place.id in (arrow.source, arrow.target))

    def document(self) -> dict[str, Any]:
        """JSON values."""
        return {
            "roots": [root.document() for root in self.roots],
            "places": [place.document() for kind in KINDS for place in self.of_kind(kind)],
            "arrows": [arrow.document() for arrow in self.arrows],
            "steps": [step.document() for step in self.steps],
            "limits": self.limits,
        }


def _natural(label: str) -> list[tuple[int, str]]:
    """person 2 before person 10."""
    parts = re.split(r"(\d+)", label.casefold())
    return [(int(part), "") if part.isdecimal() else (0, part) for part in parts]
