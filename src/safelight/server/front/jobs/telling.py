"""Story: what a job told so far, in order, so that who comes late or again misses nothing.

Every event has a number that grows over all jobs of a front end. Of an item's progress only the
newest is kept, and its end alone once it has ended, until it is tried again: a story is never
longer than a few lines an item, and who reads it late reads how things are.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

Document = Callable[[], dict[str, Any] | None]
Type = Literal["progress", "item", "warning", "summary"]


@dataclass(frozen=True, slots=True)
class Told:
    """One event. document gives JSON values when it is sent, so that no copy of them lies here;
    None where it is not so any more: then something newer says how it is.
    """

    number: int
    type: Type
    document: Document


class Bell:
    """Wakes all who wait, once each time it rings."""

    def __init__(self) -> None:
        self._turn: asyncio.Event | None = None

    def ring(self) -> None:
        if self._turn is not None:
            self._turn.set()
            self._turn = None

    async def wait(self, seconds: float) -> bool:
        """Whether it rang in time. Look at what there is before, and call this without awaiting
        anything in between: then nothing is missed.
        """
        self._turn = self._turn or asyncio.Event()
        try:
            await asyncio.wait_for(self._turn.wait(), seconds)
        except TimeoutError:
            return False
        return True


@dataclass
class Story:
    """number gives the next one; all stories of a desk share it."""

    number: Callable[[], int]
    _told: dict[int, Told] = field(default_factory=dict)
    _latest: dict[int | None, int] = field(default_factory=dict)

    def tell(self, type: Type, document: Document, *, index: int | None = None) -> None:
        """index is the item's, None for the job. Each but a warning replaces what was told of the
        same before.
        """
        told = Told(self.number(), type, document)
        if type != "warning":
            self._told.pop(self._latest.get(index, 0), None)
            self._latest[index] = told.number
        self._told[told.number] = told

    @property
    def newest(self) -> int:
        """The number of what was told last; 0 where nothing was."""
        return next(reversed(self._told), 0)

    def after(self, number: int) -> list[Told]:
        """All that is newer, in order."""
        newer: list[Told] = []
        for told in reversed(self._told.values()):
            if told.number <= number:
                break
            newer.append(told)
        newer.reverse()
        return newer
