"""Figures: what the table at the end needs of each item, added up as it ends.

No result is kept: a batch of a million pictures holds no more than one of ten. What is named at the
end is kept by name: the first that failed, and the results that were least sure.
"""

from __future__ import annotations

from bisect import insort
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path

from safelight.annotation import Decision
from safelight.batch.events import Item
from safelight.batch.losses import frames_in, is_loss, losses_of
from safelight.cli.seeing import Seen
from safelight.engine.result import Result
from safelight.formats import TABLE
from safelight.image import DOUBTFUL, Change

LONGEST_LIST = 20
FOUND: Decision = "quality"
MARKS = ("XMP DigitalSourceType", "C2PA digitalSourceType")
BAD = ("failed", "refused")


@dataclass
class Cages:
    """What held the workers, summed over the results."""

    workers: int = 0
    attempted: int = 0
    contained: int = 0
    level: int = 3
    attempts_each: set[int] = field(default_factory=set)

    def add(self, result: Result) -> None:
        cage = result.cage
        self.workers += 1
        self.attempted += len(cage.attempts)
        self.contained += cage.contained
        self.level = min(self.level, cage.level)
        self.attempts_each.add(len(cage.attempts))


@dataclass
class Sureness:
    """How sure the models were: the least, how many were doubtful, and the least sure by name."""

    least: float | None = None
    doubtful: int = 0
    named: list[tuple[float, str]] = field(default_factory=list)

    def add(self, confidence: float, name: str) -> None:
        self.least = confidence if self.least is None else min(self.least, confidence)
        if confidence < DOUBTFUL:
            self.doubtful += 1
            insort(self.named, (confidence, name))
            del self.named[LONGEST_LIST:]


def lost_its_mark(result: Result) -> bool:
    """True where a mark of origin was there, and the result's format has no place for one."""
    lost = any(c.what == "removed" and c.finding.name in MARKS for c in result.changes)
    return lost and result.format is not None and TABLE[result.format].mark is None


def has_its_size(result: Result) -> bool:
    """True where width and height are what they were; a file that was not encoded anew may be
    displayed turned.
    """
    after, before = (result.width, result.height), (result.input_width, result.input_height)
    return after == before or (not result.is_reencoded and after == before[::-1])


@dataclass
class Figures:
    """One batch as its table tells it."""

    items: int = 0
    passed_over: Counter[str] = field(default_factory=Counter)
    unread: Counter[str] = field(default_factory=Counter)  # formats that are known and not read
    bad: list[Item] = field(default_factory=list)
    warnings: int = 0
    misnamed: list[Item] = field(default_factory=list)  # the first of them, without their results
    output: str | None = None  # of the last item, for the table of a lone one
    written: tuple[int, int, int] | None = None  # its width, height, bytes
    changes: tuple[Change, ...] = ()  # and what became of its metadata
    pictures: int = 0
    reencoded: int = 0
    small_enough: int = 0  # have the size that they had
    lost: Counter[str] = field(default_factory=Counter)  # of how many pictures
    lost_frames: int = 0
    unmarked: Counter[str] = field(default_factory=Counter)
    retried: Counter[str] = field(default_factory=Counter)
    retried_pictures: int = 0
    qualities: tuple[float, float] | None = None  # found for a size in bytes: least, best
    decided: dict[Decision, list[float]] = field(default_factory=dict)  # how many, the first
    sure: Sureness = field(default_factory=Sureness)
    seen: Seen = field(default_factory=Seen)
    cages: Cages = field(default_factory=Cages)
    receipts: int = 0
    folders: set[Path] = field(default_factory=set)

    def add(self, item: Item) -> None:
        """Take in one item that has ended."""
        self.items += 1
        self.output, self.written, self.changes = item.output, None, ()
        if item.status == "skipped":
            self.passed_over[item.code] += 1
        if item.kind:
            self.unread[item.kind] += 1
        if item.status in BAD:
            self.bad.append(item)
        if item.warning:
            self.warnings += 1
            if len(self.misnamed) < LONGEST_LIST:
                self.misnamed.append(replace(item, result=None))
        if item.result is not None:
            self._add_result(item.result, item.input)

    @property
    def results(self) -> int:
        return self.cages.workers

    def _add_result(self, result: Result, name: str) -> None:
        self.cages.add(result)
        self.written = (result.width, result.height, result.output_bytes)
        self.changes = tuple(change for change in result.changes if not is_loss(change))
        self.pictures += result.format is not None
        self.small_enough += has_its_size(result)
        self.reencoded += result.format is not None and result.is_reencoded
        if lost_its_mark(result) and result.format is not None:
            self.unmarked[result.format] += 1
        for word in losses_of(result.changes):
            frames = frames_in(word)
            self.lost_frames += frames or 0
            self.lost[word] += frames is None
        for retry in result.retries:
            self.retried[retry.fault] += retry.tiles
        self.retried_pictures += bool(result.retries)
        if FOUND in result.decided:
            found, before = result.decided[FOUND], self.qualities or (100.0, 0.0)
            self.qualities = (min(found, before[0]), max(found, before[1]))
        for kind, figure in result.decided.items():
            self.decided.setdefault(kind, [0, figure])[0] += 1
        if result.confidence is not None:
            self.sure.add(result.confidence, name)
        if result.has_looked:
            self.seen.add(result.annotations, name)
        self.receipts += bool(result.receipt_id)
        if result.receipt_path is not None:
            self.folders.add(result.receipt_path.parent)
