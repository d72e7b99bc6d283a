"""Shelf: what the front end keeps in memory for a while, under names that nobody can guess.

A name carries the epoch of the front end that gave it: one of another start is gone, and said to
be. Nobody but who put a thing there is told that it is there.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from safelight.errors import Gone, PathUnknown
from safelight.server.front.jobs.holding import Held
from safelight.server.front.jobs.naming import check_name, new_name

# Names of what was here are remembered, so that it can be said that they are gone.
MOST_GONE = 4096


@dataclass(frozen=True)
class Kept:
    """One thing on a shelf: a share of the blob, what kind it is, and facts beside it. until in
    seconds of the shelf's clock.
    """

    name: str
    owner: str
    held: Held
    media_type: str
    until: float
    facts: Mapping[str, Any] = field(default_factory=dict)


class Shelf:
    """Blobs by name, each for its owner alone, until they are dropped or keep_s are over."""

    def __init__(
        self, epoch: str, keep_s: float, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.epoch, self.keep_s, self._clock = epoch, keep_s, clock
        self._kept: dict[str, Kept] = {}
        self._gone: dict[str, str] = {}

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def held_bytes(self) -> int:
        return sum(kept.held.blob.size_bytes for kept in self._kept.values())

    def put(
        self, owner: str, held: Held, media_type: str = "", facts: Mapping[str, Any] | None = None
    ) -> Kept:
        """Takes this share over."""
        until = self._clock() + self.keep_s
        kept = Kept(new_name(self.epoch), owner, held, media_type, until, dict(facts or {}))
        self._kept[kept.name] = kept
        return kept

    def peek(self, owner: str, name: str) -> Kept:
        """Raises Gone for what was here, PathUnknown for what never was, or is another's. Who reads
        it longer than this call takes a share of it.
        """
        self.sweep()
        kept = self._kept.get(check_name(name, self.epoch))
        if kept is not None and kept.owner == owner:
            return kept
        if self._gone.get(name) == owner:
            raise Gone
        raise PathUnknown("there is nothing of this name", hint="a name is told when it is made")

    def take(self, owner: str, name: str) -> Kept:
        """Off the shelf; who takes it closes its share. Raises as peek."""
        kept = self.peek(owner, name)
        self._forget(kept)
        return kept

    def drop(self, owner: str, name: str) -> None:
        """Off the shelf, and overwritten as soon as nobody else reads it. Raises as peek."""
        self.take(owner, name).held.close()

    def sweep(self) -> None:
        """Drop what has been here for its time."""
        now = self._clock()
        for kept in [kept for kept in self._kept.values() if kept.until <= now]:
            self._forget(kept)
            kept.held.close()

    def clear(self) -> None:
        """Drop everything."""
        for kept in list(self._kept.values()):
            self._forget(kept)
            kept.held.close()

    def _forget(self, kept: Kept) -> None:
        del self._kept[kept.name]
        self._gone[kept.name] = kept.owner
        if len(self._gone) > MOST_GONE:
            del self._gone[next(iter(self._gone))]
