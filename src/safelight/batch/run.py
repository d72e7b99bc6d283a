"""Run: a plan's items through the engine, some side by side; a bad one never stops the others."""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from safelight.batch.events import Event, Item, Listener, Start, Status, Summary
from safelight.batch.naming import Existing
from safelight.batch.plan import PlannedItem
from safelight.engine.engine import Engine
from safelight.engine.result import Result, Skipped
from safelight.errors import Cancelled, DiskFull, InputRefused, LevelTooLow, SafelightError
from safelight.recipe import Recipe

WAITING = 3
PARTIAL, FAILED, CANCELLED = 3, 1, 130
STOPPING = (DiskFull, LevelTooLow)


@dataclass(frozen=True, slots=True)
class Manner:
    """How a batch goes about it: items side by side, what to do with outputs that are there, when
    to stop.
    """

    jobs: int = 1
    existing: Existing = "verify"
    in_place: bool = False
    backup_dir: Path | None = None
    fail_fast: bool = False
    standard_output: BinaryIO | None = None


class Batch:
    """One run over a plan. run() gives the Summary; every event goes to the listener, one at a
    time.
    """

    def __init__(
        self,
        engine: Engine,
        recipe: Recipe,
        items: Sequence[PlannedItem],
        *,
        manner: Manner,
        listener: Listener,
    ) -> None:
        self._engine, self._recipe, self._items = engine, recipe, items
        self._manner, self._listener = manner, listener
        self._soon = threading.Event()
        self._now = threading.Event()
        self._telling = threading.Lock()
        self._ended: list[Item] = []

    def run(self) -> Summary:
        """Work through the plan and give the counts. Never raises for an item's failure."""
        started = time.monotonic()
        jobs = max(1, min(self._manner.jobs, len(self._items)))
        self._tell(Start(len(self._items), self._recipe.digest, self._recipe.verbs, jobs))
        first = next((item.format for item in self._items if item.format and not item.skip), None)
        if first is not None:
            self._engine.prepare(self._recipe, first)
        self._sweep()
        # While some items' files are flushed to disk, others have the workers.
        threads = jobs + WAITING if jobs > 1 else 1
        with ThreadPoolExecutor(threads, thread_name_prefix="item") as pool:
            for future in [pool.submit(self._one, item) for item in self._items]:
                future.result()
        summary = summarise(
            self._ended,
            time.monotonic() - started,
            planned=len(self._items),
            was_cancelled=self._was_cancelled(),
        )
        self._tell(summary)
        return summary

    def finish_soon(self) -> None:
        """Start no further item; those under way end."""
        self._soon.set()

    def stop_now(self) -> None:
        """Kill what is under way; nothing half-done stays."""
        self._soon.set()
        self._now.set()
        self._engine.cancel()

    def _was_cancelled(self) -> bool:
        return self._soon.is_set() and not any(self._stops(item) for item in self._ended)

    def _stops(self, item: Item) -> bool:
        stopping = {error.code for error in STOPPING}
        failed = item.status in ("failed", "refused")
        return failed and (self._manner.fail_fast or item.code in stopping)

    def _sweep(self) -> None:
        folders = {item.target.parent for item in self._items if item.target is not None}
        for folder in folders:
            self._engine.sweep(folder)

    def _tell(self, event: Event) -> None:
        with self._telling:
            if isinstance(event, Item):
                self._ended.append(event)
            self._listener(event)

    def _one(self, planned: PlannedItem) -> None:
        if self._soon.is_set():
            return
        event = self._item(planned)
        if event.code == Cancelled.code and self._now.is_set():
            return
        self._tell(event)
        if self._stops(event):
            self.finish_soon()

    def _item(self, planned: PlannedItem) -> Item:
        return replace(self._ended_as(planned), warning=planned.warning)

    def _ended_as(self, planned: PlannedItem) -> Item:
        if planned.skip:
            return Item(planned.index, planned.shown, "skipped", code=planned.skip)
        try:
            if planned.problem is not None:
                raise planned.problem
            outcome = self._work(planned)
        except SafelightError as error:
            return failed_item(planned, error)
        shown = str(outcome.path) if outcome.path is not None else None
        if isinstance(outcome, Skipped):
            return Item(planned.index, planned.shown, "skipped", output=shown, code=outcome.reason)
        return Item(planned.index, planned.shown, "done", output=shown, result=outcome)

    def _work(self, planned: PlannedItem) -> Result | Skipped:
        source = planned.source if planned.source is not None else sys.stdin.buffer
        manner = self._manner
        if manner.in_place and planned.target is not None:
            return self._work_in_place(planned.target)
        outcome = self._engine.run(
            source, self._recipe, output=planned.target, existing=manner.existing
        )
        if isinstance(outcome, Result) and outcome.data is not None and manner.standard_output:
            manner.standard_output.write(outcome.data)
            manner.standard_output.flush()
        return outcome

    def _work_in_place(self, source: Path) -> Result | Skipped:
        kept = keep_original(source, self._manner.backup_dir) if self._manner.backup_dir else None
        before = identity_of(source)
        try:
            return self._engine.run(
                source, self._recipe, output=source, existing=self._manner.existing, in_place=True
            )
        finally:
            # Only while the original is provably in its place is its copy one too many.
            if kept is not None and before is not None and identity_of(source) == before:
                with suppress(OSError):
                    kept.unlink()


def identity_of(path: Path) -> tuple[int, ...] | None:
    """Which file stands here, and when it was last written; None if that cannot be told."""
    try:
        facts = path.stat()
    except OSError:
        return None
    return (facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns)


def keep_original(source: Path, folder: Path) -> Path:
    """Copy the original, with its times, into the folder under a free name. Raises
    OutputFailed.
    """
    from safelight.engine.output import output_error

    try:
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(10_000):
            target = folder / (f"{source.stem}-{number}{source.suffix}" if number else source.name)
            try:
                fd = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            except FileExistsError:
                continue
            with open(fd, "wb") as copy, source.open("rb") as original:
                shutil.copyfileobj(original, copy)
                copy.flush()
                os.fsync(fd)
            shutil.copystat(source, target)
            return target
    except OSError as error:
        raise output_error(error) from error
    raise SafelightError("the folder for originals holds too many of this name")


def failed_item(planned: PlannedItem, error: SafelightError) -> Item:
    """The event of an item that ended in an error."""
    status: Status = "refused" if isinstance(error, InputRefused) else "failed"
    return Item(
        planned.index,
        planned.shown,
        status,
        code=error.code,
        error=error.message,
        hint=error.hint,
        exit_code=error.exit_code,
    )


def summarise(
    items: Iterable[Item], seconds: float, *, planned: int, was_cancelled: bool
) -> Summary:
    """Count what happened and settle the exit code (the table of exit codes in
    docs/reference/errors.md).
    """
    items = list(items)
    count = Counter(item.status for item in items)
    results = [item.result for item in items if item.result is not None]
    levels = [result.cage.level for result in results]
    return Summary(
        done=count["done"],
        skipped=count["skipped"],
        refused=count["refused"],
        failed=count["failed"],
        left=planned - len(items),
        removed=_groups(results, "removed"),
        kept=_groups(results, "kept"),
        attempted=sum(len(result.cage.attempts) for result in results),
        contained=sum(result.cage.contained for result in results),
        level=min(levels, default=None),
        seconds=round(seconds, 3),
        exit_code=CANCELLED if was_cancelled else exit_code(items),
        cancelled=was_cancelled,
    )


def exit_code(items: Sequence[Item]) -> int:
    """0 all good; 3 some failed; when all failed, their common code, or 1 where they differ."""
    bad = [item for item in items if item.status in ("refused", "failed")]
    if not bad:
        return 0
    if len(bad) < sum(not is_passed_over(item) for item in items):
        return PARTIAL
    codes = {item.exit_code for item in bad}
    return codes.pop() if len(codes) == 1 else FAILED


def is_passed_over(item: Item) -> bool:
    """True for a file found in a folder that is none of our business: it changes no exit code."""
    return item.status == "skipped" and item.code in ("no-picture", "link-outside", "own-output")


def _groups(results: Sequence[Result], what: str) -> dict[str, int]:
    count: Counter[str] = Counter()
    for result in results:
        groups = {c.finding.group for c in result.changes if c.what == what}
        count.update(group.name.lower() for group in groups)
    return dict(sorted(count.items()))
