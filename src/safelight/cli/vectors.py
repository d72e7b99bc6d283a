"""Vectors: what embed gives; with --json in full, else which pictures are most alike."""

from __future__ import annotations

from collections.abc import Sequence

from safelight.batch.events import Item, Summary
from safelight.cli import table
from safelight.cli.printable import printable
from safelight.cli.report import Report

MOST_COMPARED = 5_000
PRIVACY = "a vector says something of its picture: keep it as you keep the picture"


class Vectors(Report):
    """The report of a verb that writes no picture but a vector for each."""

    def show(self, summary: Summary) -> None:
        if self.face.verbosity < 0:
            return
        done = [item for item in self.items if item.result is not None]
        for item, line in zip(done, _lines(done), strict=True):
            self.face.out(f"{self.face.paint(printable(item.input, 200), 'bold')}  {line}")
        if len(self.items) > 1:
            for line in table.lines(self.items, summary, self.verbs):
                self.face.out(line)
        elif done:
            results = [item.result for item in done if item.result is not None]
            self.face.out(f"  network: {table.network(results)}")
        if done:
            self.face.out(f"  {PRIVACY}; --json gives all numbers")


def _lines(items: Sequence[Item]) -> list[str]:
    """For each picture how many numbers it got, and the one most like it."""
    vectors = [item.result.vector for item in items if item.result is not None]
    counts = [f"{len(vector)} numbers" for vector in vectors]
    if not 1 < len(vectors) <= MOST_COMPARED or len(set(map(len, vectors))) != 1:
        return counts
    nearest = _nearest(vectors)
    return [
        f"{count}, most like {printable(items[other].input, 200)} ({likeness:.2f})"
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
