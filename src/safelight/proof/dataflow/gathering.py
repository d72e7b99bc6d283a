"""Gathering: sights from many pictures and from the system, brought together to one map."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Literal

from safelight.proof.dataflow.parts import (
    KINDS,
    SUREST,
    Arrow,
    Evidence,
    Map,
    Place,
    Root,
    Sight,
    Step,
)

# Which values are shown: all, those that name no person and no single device, or none.
Values = Literal["all", "public", "none"]
HIDDEN = "(hidden)"
PSEUDONYMS = (
    "people, computers and serial numbers have pseudonyms here: --show-values shows what is written"
)


class Gathering:
    """Takes sights in any order; map() gives the same map for the same sights."""

    def __init__(self, roots: Sequence[str], values: Values) -> None:
        self.roots = [
            Root(Place(f"pictures-{at}", "pictures", name)) for at, name in enumerate(roots, 1)
        ]
        self.limits: list[str] = []
        self._values = values
        self._sights: list[Sight] = []
        self._steps: list[Step] = []

    def add(self, sights: Iterable[Sight]) -> None:
        self._sights.extend(sights)

    def add_steps(self, steps: Iterable[Step]) -> None:
        self._steps.extend(steps)

    def map(self) -> Map:
        """Places and arrows in the order of kind, root, file; pseudonyms numbered in that order."""
        order = {kind: at for at, kind in enumerate(KINDS)}
        sights = sorted(
            self._sights,
            key=lambda s: (order[s.kind], s.root, s.picture, s.group.casefold(), s.name.casefold()),
        )
        if self._values == "none":
            sights = [_without_value(sight) for sight in sights]
        if self._values != "all":
            self.limits.append(PSEUDONYMS)
            sights = Pseudonyms().applied(sights)
        places: dict[tuple[str, str, str], Place] = {}
        arrows: dict[tuple[str, str, str], Arrow] = {}
        for sight in sights:
            place = _place_of(sight, places)
            _arrow_of(sight, place, self.roots[sight.root].place, arrows)
        for root in self.roots:
            root.unread = dict(sorted(root.unread.items()))
        steps = sorted(self._steps, key=lambda step: (step.file, _sortable(step.when) or "~"))
        return Map(self.roots, list(places.values()), list(arrows.values()), steps, self.limits)


class Pseudonyms:
    """The same name has the same pseudonym throughout one map, and another in the next."""

    def __init__(self) -> None:
        self._given: dict[tuple[str, str], str] = {}

    def applied(self, sights: Iterable[Sight]) -> list[Sight]:
        return [self._of(sight) for sight in sights]

    def _of(self, sight: Sight) -> Sight:
        if sight.evidence.hides:
            evidence = dataclasses.replace(sight.evidence, value=HIDDEN)
            sight = dataclasses.replace(sight, evidence=evidence)
        if not sight.is_private:
            return sight
        if not sight.detail:
            word = "person" if sight.kind == "person" else "computer"
            name = self._named(word, sight.name)
            return dataclasses.replace(sight, name=name)
        kind, _, value = sight.detail.partition(": ")
        detail = self._named(kind, value)
        return dataclasses.replace(sight, detail=detail)

    def _named(self, kind: str, value: str) -> str:
        of_kind = sum(known == kind for known, _ in self._given)
        return self._given.setdefault((kind, value.casefold()), f"{kind} {of_kind + 1}")


def _place_of(sight: Sight, places: dict[tuple[str, str, str], Place]) -> Place:
    key = (sight.kind, sight.group.casefold(), sight.name.casefold())
    if key not in places:
        number = sum(known == sight.kind for known, _, _ in places) + 1
        places[key] = Place(f"{sight.kind}-{number}", sight.kind, sight.name, sight.group)
    place = places[key]
    place.words[sight.what] = None
    place.strength = min(place.strength, sight.strength, key=SUREST.index)
    if sight.detail:
        place.details[sight.detail] = None
    if sight.picture:
        place.pictures.add(sight.picture)
    if when := _sortable(sight.when):
        place.times.add(when)
    return place


def _arrow_of(
    sight: Sight, place: Place, root: Place, arrows: dict[tuple[str, str, str], Arrow]
) -> None:
    ends = (root.id, place.id) if sight.kind == "way" else (place.id, root.id)
    arrow = arrows.setdefault((*ends, sight.what), Arrow(*ends, sight.what, sight.strength))
    if sight.picture:
        arrow.pictures.add(sight.picture)
    arrow.evidence[_bare(sight.evidence)] = None


def _without_value(sight: Sight) -> Sight:
    """What a file says is left out; what the system shows is no value of a picture."""
    if sight.strength != "claimed":
        return sight
    return dataclasses.replace(sight, evidence=dataclasses.replace(sight.evidence, value=HIDDEN))


def _bare(evidence: Evidence) -> Evidence:
    return dataclasses.replace(evidence, hides=False)


def _sortable(when: str) -> str:
    """2011:02:03 04:05:06 and 2011-02-03T04:05:06Z as 2011-02-03 04:05:06; empty for no time."""
    day = when[:10].replace(":", "-")
    if not (len(day) == 10 and day[:4].isdigit() and day.count("-") == 2) or day.startswith("0000"):
        return ""
    return f"{day} {when[11:19]}".strip()
