"""Progress on the error stream: a bar on a terminal, elsewhere a line now and then.

It goes on inside a picture, where what is done to it tells how far it is.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from typing import TYPE_CHECKING, Any, Protocol

from safelight.batch.events import SCHEMA, Item

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress

EVERY_S = 30.0
EVERY_JSON_S = 1.0


class Progress(Protocol):
    """Told of the number of items, how far each is (from 0 to 1), of each that ends, and of the
    end.
    """

    def start(self, total: int) -> None: ...

    def advanced(self, index: int, share: float) -> None: ...

    def ended(self, item: Item) -> None: ...

    def close(self) -> None: ...


class Silence:
    """Says nothing."""

    def start(self, total: int) -> None:
        """Say nothing."""

    def advanced(self, index: int, share: float) -> None:
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
        self._under_way: dict[int, float] = {}

    def advance(self, index: int, share: float) -> None:
        """An item under way is so far; it never goes back."""
        self._under_way[index] = max(share, self._under_way.get(index, 0.0))

    def add(self, item: Item) -> None:
        self._under_way.pop(item.index, None)
        self.done += 1
        self.failed += item.status in ("failed", "refused")

    @property
    def reached(self) -> float:
        """Items done, with the shares of those under way."""
        return self.done + sum(list(self._under_way.values()))

    @property
    def share(self) -> float:
        """Of all the work, from 0 to 1."""
        return min(1.0, self.reached / self.total) if self.total else 0.0

    @property
    def per_second(self) -> float:
        return self.done / self._elapsed_s

    @property
    def left_s(self) -> float | None:
        """Estimate of the seconds left; None while nothing is done."""
        reached = self.reached
        return (self.total - reached) * self._elapsed_s / reached if reached else None

    @property
    def _elapsed_s(self) -> float:
        return max(time.monotonic() - self.started, 0.001)

    def document(self) -> dict[str, Any]:
        left = self.left_s
        return {
            "type": "progress",
            "schema": SCHEMA,
            "done": self.done,
            "total": self.total,
            "failed": self.failed,
            "share": round(self.share, 4),
            "per_second": round(self.per_second, 3),
            "left_s": None if left is None else round(left, 1),
        }

    def pace(self) -> str:
        """How far where pictures tell it, how fast and how long still, in words."""
        parts = [f"{self.share:.0%}"] if self._under_way else []
        if self.done or not parts:
            parts.append(f"{self.per_second:.1f} a second")
        if self.left_s is not None:
            parts.append(f"{duration(self.left_s)} left")
        if self.failed:
            parts.append(f"{self.failed} failed")
        return " · ".join(parts)

    def line(self) -> str:
        return f"{self.done} of {self.total} · {self.pace()}"


class Lines:
    """A line now and then, as text or JSON, of JSON also at the first share; the last when the
    batch ends.
    """

    def __init__(self, *, is_json: bool, every_s: float | None = None) -> None:
        self._count, self._is_json = Count(), is_json
        self._every_s = every_s or (EVERY_JSON_S if is_json else EVERY_S)
        self._over = threading.Event()
        self._has_begun = False
        self._thread = threading.Thread(target=self._tell_often, name="progress", daemon=True)

    def start(self, total: int) -> None:
        self._count.total = total
        self._thread.start()

    def advanced(self, index: int, share: float) -> None:
        self._count.advance(index, share)
        if self._is_json and not self._has_begun:
            self._has_begun = True
            self._tell()

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
    """One line on a terminal: done of total, pictures a second, time left, failures.

    Of a single picture it is drawn once that tells how far it is: most are done before.
    """

    def __init__(self, *, has_colour: bool) -> None:
        self._count, self._has_colour = Count(), has_colour
        self._bar: RichProgress | None = None

    def start(self, total: int) -> None:
        self._count.total = total
        if total > 1:
            self._draw()

    def advanced(self, index: int, share: float) -> None:
        self._count.advance(index, share)
        self._draw()

    def ended(self, item: Item) -> None:
        self._count.add(item)
        if self._bar is not None:
            self._draw()

    def close(self) -> None:
        if self._bar is not None:
            self._bar.stop()

    def _draw(self) -> None:
        is_new = self._bar is None
        bar = self._bar = self._bar or self._empty()
        pace = self._count.pace() if self._count.reached else ""
        bar.update(bar.task_ids[0], completed=self._count.reached, pace=pace)
        if is_new:
            bar.start()

    def _empty(self) -> RichProgress:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
        from rich.progress import Progress as RichProgress

        bar = RichProgress(
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("{task.fields[pace]}", markup=False),
            console=Console(
                stderr=True, no_color=not self._has_colour, highlight=False, emoji=False
            ),
            transient=True,
        )
        bar.add_task("", total=self._count.total, pace="")
        return bar


def duration(seconds: float) -> str:
    """42 s, 3 min 20 s, 2 h 05 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3_600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3_600} h {whole % 3_600 // 60:02} min"


def choose(kind: str, *, verbosity: int, has_colour: bool, is_json: bool) -> Progress:
    """What --progress asks for; auto is a bar on a terminal that can draw one, else lines."""
    if kind == "none" or (kind == "auto" and verbosity < 0):
        return Silence()
    if kind == "json":
        return Lines(is_json=True)
    can_draw = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
    if kind == "bar" or (kind == "auto" and can_draw and not is_json):
        return Bar(has_colour=has_colour) if can_draw else Lines(is_json=False)
    return Lines(is_json=False)
