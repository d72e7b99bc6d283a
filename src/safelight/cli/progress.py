"""Progress on the error stream: a bar on a terminal, a line every 30 seconds elsewhere."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from typing import Any, Protocol

from safelight.batch.events import SCHEMA, Item

EVERY_S = 30.0


class Progress(Protocol):
    """Told of the number of items, of each that ends, and of the end."""

    def start(self, total: int) -> None: ...

    def ended(self, item: Item) -> None: ...

    def close(self) -> None: ...


class Silence:
    """Says nothing."""

    def start(self, total: int) -> None:
        """Say nothing."""

    def ended(self, item: Item) -> None:
        """Say nothing."""

    def close(self) -> None:
        """Say nothing."""


class Count:
    """How far a batch is, and how fast."""

    def __init__(self) -> None:
        self.total = self.done = self.failed = 0
        self.started = time.monotonic()

    def add(self, item: Item) -> None:
        self.done += 1
        self.failed += item.status in ("failed", "refused")

    @property
    def per_second(self) -> float:
        return self.done / max(time.monotonic() - self.started, 0.001)

    @property
    def left_s(self) -> float | None:
        """Estimate of the seconds left; None before the first item has ended."""
        return (self.total - self.done) / self.per_second if self.done else None

    def document(self) -> dict[str, Any]:
        left = self.left_s
        return {
            "type": "progress",
            "schema": SCHEMA,
            "done": self.done,
            "total": self.total,
            "failed": self.failed,
            "per_second": round(self.per_second, 3),
            "left_s": None if left is None else round(left, 1),
        }

    def line(self) -> str:
        failed = f" · {self.failed} failed" if self.failed else ""
        left = "" if self.left_s is None else f" · {duration(self.left_s)} left"
        return f"{self.done} of {self.total} · {self.per_second:.1f} a second{left}{failed}"


class Lines:
    """A line now and then, as text or JSON; the last when the batch ends."""

    def __init__(self, *, is_json: bool, every_s: float = EVERY_S) -> None:
        self._count, self._is_json, self._every_s = Count(), is_json, every_s
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._tell_often, name="progress", daemon=True)

    def start(self, total: int) -> None:
        self._count.total = total
        self._thread.start()

    def ended(self, item: Item) -> None:
        self._count.add(item)

    def close(self) -> None:
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()
        if self._is_json:
            self._tell()

    def _tell_often(self) -> None:
        while not self._over.wait(self._every_s):
            self._tell()

    def _tell(self) -> None:
        count = self._count
        text = json.dumps(count.document()) if self._is_json else f"safelight: {count.line()}"
        sys.stderr.write(text + "\n")
        sys.stderr.flush()


class Bar:
    """One line on a terminal: done of total, pictures a second, time left, failures."""

    def __init__(self, *, has_colour: bool) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
        from rich.progress import Progress as RichProgress

        self._count = Count()
        console = Console(stderr=True, no_color=not has_colour, highlight=False, emoji=False)
        self._bar = RichProgress(
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("{task.fields[pace]}", markup=False),
            console=console,
            transient=True,
        )

    def start(self, total: int) -> None:
        self._count.total = total
        self._task = self._bar.add_task("", total=total, pace="")
        self._bar.start()

    def ended(self, item: Item) -> None:
        self._count.add(item)
        pace = self._count.line().partition(" · ")[2]
        self._bar.update(self._task, completed=self._count.done, pace=pace)

    def close(self) -> None:
        self._bar.stop()


def duration(seconds: float) -> str:
    """42 s, 3 min 20 s, 2 h 05 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3_600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3_600} h {whole % 3_600 // 60:02} min"


def choose(kind: str, *, items: int, verbosity: int, has_colour: bool, is_json: bool) -> Progress:
    """What --progress asks for; auto is a bar on a terminal that can draw one, else lines."""
    if kind == "none" or (kind == "auto" and verbosity < 0):
        return Silence()
    if kind == "json":
        return Lines(is_json=True)
    can_draw = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
    if kind == "bar" or (kind == "auto" and can_draw and items > 1 and not is_json):
        return Bar(has_colour=has_colour) if can_draw else Lines(is_json=False)
    return Lines(is_json=False)
