"""Job: pictures that are worked on with one recipe, each an item with its own end."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Self

from safelight.errors import SafelightError
from safelight.recipe import Recipe
from safelight.server.blob import Room
from safelight.server.front.jobs.holding import Source
from safelight.server.front.jobs.schedule import Ticket
from safelight.server.work import Outcome

ItemState = Literal["queued", "running", "done", "failed", "cancelled"]
JobState = Literal["queued", "running", "done", "partial", "failed", "cancelled"]
ENDS: tuple[ItemState, ...] = ("done", "failed", "cancelled")


@dataclass(frozen=True, slots=True)
class Known:
    """What an outcome says in words. They are kept as JSON: as values they would take several
    times the memory.
    """

    words: bytes
    receipt_id: str
    has_loss: bool

    @classmethod
    def of(cls, outcome: Outcome) -> Self:
        words = json.dumps(outcome.document, separators=(",", ":")).encode()
        return cls(words, outcome.receipt_id, bool(outcome.document.get("lost")))

    @property
    def document(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.words)
        return document


@dataclass(eq=False)
class Item:
    """One picture of a job. known when done: its output lies on the shelf of results as result_id;
    error when failed or cancelled. source is let go once the item is done; that of one that failed
    stays for a retry, while there is memory. room is what the words take of it.
    """

    index: int
    source: Source
    ticket: Ticket
    state: ItemState = "queued"
    known: Known | None = None
    result_id: str = ""
    error: SafelightError | None = None
    share: float = 0.0
    told_share: float = 0.0
    room: Room | None = None
    waited_s: float = 0.0
    worked_s: float = 0.0
    task: asyncio.Task[Outcome] | None = None

    @property
    def has_ended(self) -> bool:
        return self.state in ENDS


@dataclass(eq=False)
class Job:
    """owner is the key of who asked; nobody else sees it. number grows from job to job. ended is
    when its last item ended, by the clock of the desk, as created.
    """

    id: str
    owner: str
    recipe: Recipe
    timeout_s: float
    is_batch: bool
    further: Mapping[str, Source]
    created: float
    items: list[Item] = field(default_factory=list)
    keeps_source: bool = True
    is_listed: bool = True
    number: int = 0
    ended: float | None = None
    on_cancel: Callable[[Job], None] | None = None
    recipe_digest: str = ""
    _counts: Counter[ItemState] = field(default_factory=Counter)
    _over: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.recipe_digest = self.recipe.digest

    async def wait(self, seconds: float) -> bool:
        """True once every item has ended; False if that took longer."""
        if not self._over.is_set() and seconds > 0:
            try:
                await asyncio.wait_for(self._over.wait(), seconds)
            except TimeoutError:
                return False
        return self._over.is_set()

    def cancel(self) -> None:
        """End what waits and what is worked on; what is done stays."""
        if self.on_cancel is not None:
            self.on_cancel(self)

    def add(self, item: Item) -> None:
        self.items.append(item)
        self._counts[item.state] += 1

    def put(self, item: Item, state: ItemState) -> None:
        """The item is in this state from now on."""
        self._counts[item.state] -= 1
        self._counts[state] += 1
        item.state = state

    @property
    def has_ended(self) -> bool:
        return self._over.is_set()

    @property
    def is_through(self) -> bool:
        """Whether every item has ended."""
        return not self._counts["queued"] and not self._counts["running"]

    @property
    def counts(self) -> dict[ItemState, int]:
        return {state: self._counts[state] for state in ("queued", "running", *ENDS)}

    @property
    def state(self) -> JobState:
        counts = self.counts
        if not self.has_ended:
            return "queued" if counts["queued"] == len(self.items) else "running"
        if counts["done"] == len(self.items):
            return "done"
        if counts["done"]:
            return "partial"
        return "failed" if counts["failed"] else "cancelled"

    def let_go(self, items: Iterable[Item], *, is_over: bool) -> None:
        """Close those of their pictures that are no longer needed: not of what is worked on or
        waits, nor of what may be tried again, which is nothing once it is over.
        """
        for item in items:
            if item.state == "done" or (item.has_ended and is_over):
                item.source.close()
        if self.is_through and not any(item.source.is_open for item in self.items):
            for source in self.further.values():
                source.close()

    def begin(self) -> None:
        """Some item waits again."""
        self.ended = None
        self._over.clear()

    def end(self, now: float) -> None:
        self.ended = now
        self._over.set()
