"""Stop: one run that can be ended while it is under way, by who asked for it or by its time."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from safelight.errors import Cancelled


class Stop:
    """Safe to use from many threads. timeout_s bounds the run from begin on; nothing: no bound of
    its own.
    """

    def __init__(self, timeout_s: float = math.inf) -> None:
        self.timeout_s, self.deadline = timeout_s, math.inf
        self.is_set = False
        self._lock = threading.Lock()
        self._calls: list[Callable[[], None]] = []

    def begin(self) -> None:
        """Its time runs from here."""
        self.deadline = time.monotonic() + self.timeout_s

    @property
    def left_s(self) -> float:
        """How much of its time is left."""
        return max(0.0, self.deadline - time.monotonic())

    def set(self) -> None:
        """End the run now; whoever waits for it raises Cancelled."""
        with self._lock:
            self.is_set = True
            calls, self._calls = self._calls, []
        for call in calls:
            call()

    def refuse(self) -> None:
        """Raises Cancelled once it is set."""
        if self.is_set:
            raise Cancelled

    @contextmanager
    def calling(self, call: Callable[[], None]) -> Iterator[None]:
        """Have this done if it is set meanwhile; at once, if it is set already."""
        with self._lock:
            is_set = self.is_set
            if not is_set:
                self._calls.append(call)
        if is_set:
            call()
        try:
            yield
        finally:
            with self._lock:
                if call in self._calls:
                    self._calls.remove(call)
