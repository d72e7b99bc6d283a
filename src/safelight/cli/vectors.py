"""Vectors: what embed gives; with --json in full, else which pictures are most alike."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass

from safelight.batch.events import Item, Summary
from safelight.cli import table
from safelight.cli.face import Face
from safelight.cli.printable import printable
from safelight.cli.report import Report

MOST_COMPARED = 5_000
PRIVACY = "a vector says something of its picture: keep it as you keep the picture"


@dataclass(frozen=True, slots=True)
class Held:
    """The vector of one picture, until all can be compared."""

    index: int
    input: str
    numbers: array[float]


class Vectors(Report):
    """The report of a verb that writes no picture but a vector for each."""

    def __init__(self, face: Face, verbs: Sequence[str]) -> None:
        super().__init__(face, verbs)
        self._held: list[Held] = []

    def keep(self, item: Item) -> None:
        if item.result is not None and not self.face.is_json:
            numbers = array("f", item.result.vector)
            self._held.append(Held(item.index, item.input, numbers))

    def show(self, summary: Summary) -> None:
        if self.face.verbosity < 0:
            return
        held = sorted(self._held, key=lambda one: one.index)
        for one, line in zip(held, _lines(held), strict=True):
            self.face.out(f"{self.face.paint(printable(one.input, 200), 'bold')}  {line}")
        if self.figures.items > 1:
            for line in table.lines(self.figures, summary, self.verbs):
                self.face.out(line)
        elif held:
            self.face.out(f"  network: {table.network(self.figures.cages)}")
        if held:
            self.face.out(f"  {PRIVACY}; --json gives all numbers")


def _lines(held: Sequence[Held]) -> list[str]:
    """For each picture how many numbers it got, and the one most like it."""
    counts = [f"{len(one.numbers)} numbers" for one in held]
    if not 1 < len(held) <= MOST_COMPARED or len(set(counts)) != 1:
        return counts
    nearest = _nearest([one.numbers for one in held])
    return [
        f"{count}, most like {printable(held[other].input, 200)} ({likeness:.2f})"
        for count, (other, likeness) in zip(counts, nearest, strict=True)
    ]


def _nearest(vectors: Sequence[Sequence[float]]) -> list[tuple[int, float]]:
    """For each vector which other one is nearest, and the product of the two."""
    import numpy as np

    rows = np.array(vectors, np.float32)
    found = []
    for place, row in enumerate(rows):
        likeness = rows @ row
        likeness[place] = -2
        other = int(likeness.argmax())
        found.append((other, float(likeness[other])))
    return found
