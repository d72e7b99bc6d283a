"""Tally: how many calls there were, how they ended, how long they took. No name, no address."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field

# Seconds; a call counts in the first that it does not pass.
BOUNDS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


@dataclass
class Durations:
    """How many calls took at most so long; one more for those beyond."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS_S) + 1))
    total_s: float = 0.0

    def add(self, seconds: float) -> None:
        self.counts[bisect_left(BOUNDS_S, seconds)] += 1
        self.total_s += seconds


@dataclass
class Tally:
    """what is the name of an operation, or the tag of what is none; code "done", or an error's."""

    calls: Counter[tuple[str, str]] = field(default_factory=Counter)
    durations: dict[str, Durations] = field(default_factory=dict)
    received_bytes: int = 0
    sent_bytes: int = 0

    def call(
        self, what: str, code: str, seconds: float, *, received_bytes: int, sent_bytes: int
    ) -> None:
        """Count one call that has ended."""
        self.calls[what, code] += 1
        self.durations.setdefault(what, Durations()).add(seconds)
        self.received_bytes += received_bytes
        self.sent_bytes += sent_bytes
