"""Tally: what a batch adds up while it runs. It holds counts alone, so memory stays flat."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from safelight.batch.events import WHATS, Item, Summary
from safelight.batch.losses import is_loss
from safelight.engine.result import Result

PARTIAL, FAILED, CANCELLED = 3, 1, 130
BAD = ("refused", "failed")
PASSED_OVER = ("no-picture", "format-unknown", "link-outside", "own-output")


class Tally:
    """The counts of the items that have ended."""

    def __init__(self, items: Iterable[Item] = ()) -> None:
        self.ended = self.passed_over = 0
        self.statuses: Counter[str] = Counter()
        self._codes: Counter[int] = Counter()
        self._groups: dict[str, Counter[str]] = {what: Counter() for what in WHATS}
        self._attempted = self._contained = 0
        self._level: int | None = None
        for item in items:
            self.add(item)

    def add(self, item: Item) -> None:
        self.ended += 1
        self.statuses[item.status] += 1
        self.passed_over += is_passed_over(item)
        if item.status in BAD:
            self._codes[item.exit_code] += 1
        if item.result is not None:
            self._add_result(item.result)

    @property
    def exit_code(self) -> int:
        """As code_of tells, for the files that were not passed over."""
        return code_of(self._codes, ended=self.ended - self.passed_over)

    def summary(self, seconds: float, *, planned: int, was_cancelled: bool) -> Summary:
        """The counts as an event (the table of exit codes is in docs/reference/errors.md)."""
        return Summary(
            done=self.statuses["done"],
            skipped=self.statuses["skipped"],
            refused=self.statuses["refused"],
            failed=self.statuses["failed"],
            left=planned - self.ended,
            removed=dict(sorted(self._groups["removed"].items())),
            kept=dict(sorted(self._groups["kept"].items())),
            added=dict(sorted(self._groups["added"].items())),
            attempted=self._attempted,
            contained=self._contained,
            level=self._level,
            seconds=round(seconds, 3),
            exit_code=CANCELLED if was_cancelled else self.exit_code,
            cancelled=was_cancelled,
        )

    def _add_result(self, result: Result) -> None:
        for what, count in self._groups.items():
            changes = [c for c in result.changes if c.what == what and not is_loss(c)]
            groups = {change.finding.group for change in changes}
            count.update(group.name.lower() for group in groups)
        cage = result.cage
        self._attempted += len(cage.attempts)
        self._contained += cage.contained
        self._level = cage.level if self._level is None else min(self._level, cage.level)


def code_of(failed: Counter[int], *, ended: int) -> int:
    """0 all good; 3 some failed; when all failed, their common code, or 1 where they differ.

    failed counts the exit codes of those that did.
    """
    if not failed:
        return 0
    if failed.total() < ended:
        return PARTIAL
    return next(iter(failed)) if len(failed) == 1 else FAILED


def exit_code(items: Iterable[Item]) -> int:
    """The exit code of a batch that ended with these items; see Tally."""
    return Tally(items).exit_code


def is_passed_over(item: Item) -> bool:
    """True for a file found in a folder that is none of our business: it changes no exit code."""
    return item.status == "skipped" and item.code in PASSED_OVER
