"""A simulated day at the desk: pictures come, take their seconds and go, by a clock that jumps."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Protocol

from safelight.server.front.jobs.schedule import Ticket


class Order(Protocol):
    """What the simulation asks of a schedule."""

    def offer(self, tickets: Sequence[Ticket]) -> None: ...

    def start(self, now: float) -> Ticket | None: ...

    def end(self, ticket: Ticket, now: float, *, is_poison: bool = False) -> None: ...


class FirstComeFirst:
    """The control: whoever came first goes first, whoever they are."""

    def __init__(self, slots: int) -> None:
        self._slots = slots
        self._line: deque[Ticket] = deque()
        self.running: set[Ticket] = set()

    def offer(self, tickets: Sequence[Ticket]) -> None:
        self._line.extend(tickets)

    def start(self, now: float) -> Ticket | None:
        if not self._line or len(self.running) >= self._slots:
            return None
        ticket = self._line.popleft()
        ticket.started = now
        self.running.add(ticket)
        return ticket

    def end(self, ticket: Ticket, now: float, *, is_poison: bool = False) -> None:
        self.running.discard(ticket)


@dataclass(frozen=True)
class Picture:
    """One that comes: whose, when, how long it takes, and how long that is thought to be."""

    owner: str
    at: float
    seconds: float
    guess: float = 0.0
    is_batch: bool = False
    is_poison: bool = False


@dataclass
class Done:
    owner: str
    waited: float
    seconds: float
    ended: float


@dataclass
class Day:
    """All that was done, in the order of its end."""

    done: list[Done] = field(default_factory=list)

    def waits(self, owner: str) -> list[float]:
        return [one.waited for one in self.done if one.owner == owner]

    def worked(self, owner: str, until: float) -> float:
        """Seconds of finished work of this owner by then."""
        return sum(one.seconds for one in self.done if one.owner == owner and one.ended <= until)

    def last(self, owner: str) -> float:
        return max(one.ended for one in self.done if one.owner == owner)


def pictures(
    owner: str, number: int, seconds: float, *, at: float = 0.0, **more: bool | float
) -> list[Picture]:
    guess = float(more.get("guess", seconds))
    return [
        Picture(owner, at, seconds, guess, bool(more.get("is_batch")), bool(more.get("is_poison")))
        for _ in range(number)
    ]


def simulate(schedule: Order, coming: Sequence[Picture]) -> Day:
    """Until nothing is left."""
    day, now, number = Day(), 0.0, count()
    arriving = [(one.at, next(number), one) for one in coming]
    heapq.heapify(arriving)
    ending: list[tuple[float, int, Ticket]] = []
    known: dict[Ticket, Picture] = {}
    while arriving or ending:
        now = min([*(one[0] for one in arriving[:1]), *(one[0] for one in ending[:1])])
        while ending and ending[0][0] <= now:
            ticket = heapq.heappop(ending)[2]
            schedule.end(ticket, now, is_poison=known[ticket].is_poison)
            began = ticket.started or 0.0
            day.done.append(Done(ticket.owner, began - ticket.arrived, now - began, now))
        while arriving and arriving[0][0] <= now:
            one = heapq.heappop(arriving)[2]
            ticket = Ticket(one.owner, one.guess or one.seconds, now, is_batch=one.is_batch)
            known[ticket] = one
            schedule.offer([ticket])
        while (started := schedule.start(now)) is not None:
            heapq.heappush(ending, (now + known[started].seconds, next(number), started))
    return day
