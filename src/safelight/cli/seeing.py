"""Seeing: what models saw, in words for people, and added up."""

from __future__ import annotations

from bisect import insort
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from safelight.annotation import Annotation
from safelight.cli.printable import printable

PRIVACY = (
    "what was seen is personal data where the picture is; what was not seen may still be there"
)
# Names of pictures, lines of one picture, words of all.
MOST_NAMED, MOST_LINES, MOST_WORDS = 20, 40, 12
# A point below this is a guess.
SURE = 0.3


@dataclass
class Seen:
    """What was seen in the pictures of one batch, and in which nothing was."""

    looked: int = 0
    words: Counter[str] = field(default_factory=Counter)
    blank: int = 0
    named: list[str] = field(default_factory=list)

    def add(self, sights: Sequence[Annotation], name: str) -> None:
        self.looked += 1
        self.words.update(sight.label for sight in sights)
        if not sights:
            self.blank += 1
            insort(self.named, name)
            del self.named[MOST_NAMED:]

    def rows(self) -> Iterator[str]:
        """How often each word, the most frequent first; and the pictures without any. Nothing for
        a lone picture, of which more is told.
        """
        if self.looked < 2:
            return
        common = self.words.most_common()
        told = [f"{printable(word, 64)} {count}" for word, count in common[:MOST_WORDS]]
        told += [f"and {len(common) - MOST_WORDS} more words"] * (len(common) > MOST_WORDS)
        yield " · ".join(told) or "nothing"
        if self.blank:
            more = self.blank - len(self.named)
            names = ", ".join(printable(name, 80) for name in self.named)
            yield f"nothing in {self.blank}: {names}" + (f" and {more} more" if more else "")


def lines(sights: Sequence[Annotation]) -> Iterator[str]:
    """One line for each, the surest first as the model gave them."""
    shown = [printable(sight.label, 64) for sight in sights[:MOST_LINES]]
    wide = max(map(len, shown), default=0)
    for word, sight in zip(shown, sights, strict=False):
        yield f"{word:<{wide}}  {100 * sight.score:3.0f} %{_where(sight)}"
    if len(sights) > MOST_LINES:
        yield f"and {len(sights) - MOST_LINES} more; --json lists all"


def _where(sight: Annotation) -> str:
    parts = []
    if sight.box is not None:
        left, top, width, height = sight.box
        parts.append(f"{width} x {height} at {left},{top}")
    if sight.kind == "pose":
        sure = sum(point.score >= SURE for point in sight.points)
        parts.append(f"{sure} of {len(sight.points)} points")
    return f"  {', '.join(parts)}" if parts else ""
