"""Run: a plan's items through the engine, some side by side; a bad one never stops the others."""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, cast

from safelight.batch.events import Event, Item, Listener, Share, Start, Status, Summary
from safelight.batch.naming import Existing
from safelight.batch.plan import PlannedItem
from safelight.batch.runs import Runs
from safelight.batch.standard_input import StandardInput
from safelight.batch.tally import BAD, Tally
from safelight.engine.existing import numbered
from safelight.engine.kept import refuse_kept
from safelight.engine.result import Result, Skipped
from safelight.errors import (
    Cancelled,
    DiskFull,
    InputRefused,
    LevelTooLow,
    SafelightError,
    VaultLocked,
)
from safelight.recipe import Recipe

WAITING = 3
# What would fail every other item in the same way.
STOPPING = frozenset({DiskFull.code, LevelTooLow.code, VaultLocked.code})
LOOK_S = 0.2
PIECE_BYTES = 1 << 30


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
        engine: Runs,
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
        self._over = threading.Event()
        self._telling = threading.Lock()
        self._tally = Tally()
        self._unstarted = len(items)
        self._stopped_itself = False

    def run(self) -> Summary:
        """Work through the plan and give the counts. Never raises for an item's failure."""
        started = time.monotonic()
        jobs = max(1, min(self._manner.jobs, len(self._items)))
        self._tell(Start(len(self._items), self._recipe.digest, self._recipe.verbs, jobs))
        try:
            self._work_through(jobs)
        finally:
            self._over.set()
        summary = self._tally.summary(
            time.monotonic() - started,
            planned=len(self._items),
            was_cancelled=self._was_cancelled(),
        )
        self._tell(summary)
        return summary

    @property
    def has_more(self) -> bool:
        """Whether pictures are left that nobody has begun with."""
        return self._unstarted > 0

    def finish_soon(self) -> None:
        """Start no further item; those under way end."""
        self._soon.set()

    def stop_now(self) -> None:
        """Kill what is under way and wait until run has ended: call it from a thread of its own.

        Nothing half-done stays.
        """
        self._soon.set()
        self._now.set()
        self._engine.cancel()
        # What was still reading its input or its models comes to a worker only later.
        while not self._over.wait(LOOK_S):
            self._engine.cancel()

    def _work_through(self, jobs: int) -> None:
        first = next((item.format for item in self._items if item.format and not item.skip), None)
        if first is not None:
            self._engine.prepare(self._recipe, first)
        self._sweep()
        # While some items' files are flushed to disk, others have the workers.
        threads = jobs + WAITING if jobs > 1 else 1
        with ThreadPoolExecutor(threads, thread_name_prefix="item") as pool:
            for future in [pool.submit(self._one, item) for item in self._items]:
                # In short looks: the system may hand a signal to any thread, and what it asks for
                # is done by this one, once it wakes.
                while not future.done():
                    wait([future], LOOK_S)
                future.result()

    def _was_cancelled(self) -> bool:
        """Whether somebody's wish to stop, and no failure, left pictures undone."""
        is_undone = self._tally.ended < len(self._items)
        return self._soon.is_set() and is_undone and not self._stopped_itself

    def _stops(self, item: Item) -> bool:
        return item.status in BAD and (self._manner.fail_fast or item.code in STOPPING)

    def _sweep(self) -> None:
        folders = {item.target.parent for item in self._items if item.target is not None}
        for folder in folders:
            self._engine.sweep(folder)

    def _tell(self, event: Event) -> None:
        with self._telling:
            if isinstance(event, Item):
                self._tally.add(event)
            self._listener(event)

    def _one(self, planned: PlannedItem) -> None:
        if self._soon.is_set():
            return
        with self._telling:
            self._unstarted -= 1
        event = self._item(planned)
        if event.code == Cancelled.code and self._now.is_set():
            return
        self._tell(event)
        if self._stops(event):
            self._stopped_itself = True
            self.finish_soon()

    def _item(self, planned: PlannedItem) -> Item:
        return replace(self._ended_as(planned), warning=planned.warning)

    def _ended_as(self, planned: PlannedItem) -> Item:
        if planned.skip:
            return skipped_item(planned)
        try:
            if planned.problem is not None:
                self._engine.note(self._recipe, planned.problem)
                raise planned.problem
            outcome = self._work(planned)
        except SafelightError as error:
            return failed_item(planned, error)
        shown = str(outcome.path) if outcome.path is not None else None
        if isinstance(outcome, Skipped):
            return Item(planned.index, planned.shown, "skipped", output=shown, code=outcome.reason)
        return Item(planned.index, planned.shown, "done", output=shown, result=outcome)

    def _work(self, planned: PlannedItem) -> Result | Skipped:
        source = planned.source or cast(BinaryIO, StandardInput(sys.stdin.buffer, self._now.is_set))
        manner = self._manner
        if manner.in_place and planned.target is not None:
            return self._work_in_place(planned.target, planned.index)
        return self._engine.run(
            source,
            self._recipe,
            output=planned.target,
            existing=manner.existing,
            into=manner.standard_output,
            progress=self._teller(planned.index),
        )

    def _teller(self, index: int) -> Callable[[float], None]:
        return lambda share: self._tell(Share(index, share))

    def _work_in_place(self, source: Path, index: int) -> Result | Skipped:
        refuse_kept(source, replaces=True)
        kept = keep_original(source, self._manner.backup_dir) if self._manner.backup_dir else None
        before = identity_of(source)
        try:
            return self._engine.run(
                source,
                self._recipe,
                output=source,
                existing=self._manner.existing,
                in_place=True,
                progress=self._teller(index),
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
            target = folder / (numbered(source, number) if number else source.name)
            try:
                fd = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            except FileExistsError:
                continue
            with open(fd, "wb") as copy, source.open("rb") as original:
                _copy(original, copy)
                os.fsync(fd)
            shutil.copystat(source, target)
            return target
    except OSError as error:
        raise output_error(error) from error
    raise SafelightError("the folder for originals holds too many of this name")


def _copy(original: BinaryIO, copy: BinaryIO) -> None:
    """By the kernel where it can: no part of the picture comes through our own memory."""
    if sys.platform == "linux":
        while os.sendfile(copy.fileno(), original.fileno(), None, PIECE_BYTES):
            continue
    else:
        shutil.copyfileobj(original, copy)
        copy.flush()


def skipped_item(planned: PlannedItem) -> Item:
    """The event of an item that is passed over."""
    known = planned.unread if planned.kind else None
    event = Item(planned.index, planned.shown, "skipped", code=planned.skip, kind=planned.kind)
    if known is not None:
        event = replace(event, error=known.message, hint=known.hint)
    return replace(event, warning=planned.warning)


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
