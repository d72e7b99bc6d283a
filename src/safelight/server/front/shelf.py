"""Shelf: what the front end keeps in memory for a while, under names that nobody can guess.

A name carries the epoch of the front end that gave it: one of another start is gone, and said to
be. Nobody but who put a thing there is told that it is there.
"""

from __future__ import annotations

import re
import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from safelight.errors import Gone, PathUnknown
from safelight.server.blob import Blob

# 4 bytes tell starts apart; 16 cannot be guessed.
EPOCH_BYTES, NAME_BYTES = 4, 16
SHAPE = re.compile(rf"([0-9a-f]{{{2 * EPOCH_BYTES}}})-[0-9a-f]{{{2 * NAME_BYTES}}}", re.ASCII)
# Names of what was here are remembered, so that it can be said that they are gone.
MOST_GONE = 4096


def new_epoch() -> str:
    return secrets.token_hex(EPOCH_BYTES)


def new_name(epoch: str) -> str:
    """A name that nobody can guess."""
    return f"{epoch}-{secrets.token_hex(NAME_BYTES)}"


def missing(name: str, epoch: str) -> Gone | PathUnknown:
    """What to raise for a name that nothing has."""
    shape = SHAPE.fullmatch(name)
    if shape is not None and shape[1] != epoch:
        return Gone("it was here before the server started again")
    return PathUnknown("there is nothing of this name", hint="a name is told when it is made")


@dataclass
class Kept:
    """One thing on a shelf: the blob, what kind it is, and facts beside it. until in seconds of the
    shelf's clock.
    """

    name: str
    owner: str
    blob: Blob
    media_type: str
    until: float
    facts: dict[str, Any] = field(default_factory=dict)
    lent: int = 0
    is_dropped: bool = False

    def end(self) -> None:
        """Overwrite it, once nobody reads it any more."""
        self.is_dropped = True
        if not self.lent:
            self.blob.close()


class Shelf:
    """Blobs by name, each for its owner alone, until they are dropped or keep_s are over."""

    def __init__(
        self, epoch: str, keep_s: float, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.epoch, self.keep_s, self._clock = epoch, keep_s, clock
        self._kept: dict[str, Kept] = {}
        self._gone: dict[str, str] = {}
        self._held: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def held_bytes(self) -> int:
        return self._held.total()

    def held_of(self, owner: str) -> int:
        """How many bytes lie here for this owner."""
        return self._held[owner]

    def put(
        self, owner: str, blob: Blob, media_type: str = "", facts: dict[str, Any] | None = None
    ) -> Kept:
        """Takes the blob over."""
        until = self._clock() + self.keep_s
        kept = Kept(new_name(self.epoch), owner, blob, media_type, until, dict(facts or {}))
        self._kept[kept.name] = kept
        self._held[owner] += blob.size_bytes
        return kept

    def peek(self, owner: str, name: str) -> Kept:
        """Raises Gone for what was here, PathUnknown for what never was, or is another's."""
        self.sweep()
        kept = self._kept.get(name)
        if kept is not None and kept.owner == owner:
            return kept
        if self._gone.get(name) == owner:
            raise Gone
        raise missing(name, self.epoch)

    def named(self, owner: str, sha256: str) -> Kept | None:
        """What lies here for this owner and has this digest, if anything does."""
        self.sweep()
        mine = (one for one in self._kept.values() if one.owner == owner)
        return next((one for one in mine if one.blob.sha256 == sha256), None)

    @contextmanager
    def lend(self, owner: str, name: str) -> Iterator[Kept]:
        """As peek; it is not overwritten before the end of this, whatever happens to it."""
        kept = self.peek(owner, name)
        kept.lent += 1
        try:
            yield kept
        finally:
            kept.lent -= 1
            if kept.is_dropped:
                kept.end()

    def take(self, owner: str, name: str) -> Kept:
        """Off the shelf; who takes it closes its blob. Raises as peek."""
        kept = self.peek(owner, name)
        self._forget(kept)
        return kept

    def drop(self, owner: str, name: str) -> None:
        """Off the shelf, and overwritten as soon as nobody reads it. Raises as peek."""
        self.take(owner, name).end()

    def sweep(self) -> None:
        """Drop what has been here for its time."""
        now = self._clock()
        # Each stays equally long, so the first is the next to go.
        while self._kept and (kept := next(iter(self._kept.values()))).until <= now:
            self._forget(kept)
            kept.end()

    def clear(self) -> None:
        """Drop everything."""
        for kept in list(self._kept.values()):
            self._forget(kept)
            kept.end()

    def _forget(self, kept: Kept) -> None:
        del self._kept[kept.name]
        self._held[kept.owner] -= kept.blob.size_bytes
        if not self._held[kept.owner]:
            del self._held[kept.owner]
        self._gone[kept.name] = kept.owner
        if len(self._gone) > MOST_GONE:
            del self._gone[next(iter(self._gone))]
