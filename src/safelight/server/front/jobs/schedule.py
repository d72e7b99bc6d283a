"""Schedule: which picture is worked on next. It has no clock, no loop and no picture: it is told.

- The queue is bounded, and no owner may fill it alone while somebody else is about.
- Who has used least goes first: each owner's work in seconds is counted, by the estimate when a
  picture is started and by what it takes from then on. Who comes new, or back, begins where
  the least of the others is, so that nobody saves up.
- What somebody waits for comes before batches; but once so many seconds of it were started while a
  batch waited as PATIENCE times the batch's next picture takes, that one is next.
- While somebody waits in person now and then, batches leave one slot free, if there are several.
- Whose picture broke or outlasted its worker has one at a time for a while. Whose picture takes
  far longer than it was thought to begins no other while somebody else is about.
- Who leaves too much unfetched in memory waits until some of it is fetched or has expired.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from safelight.errors import Busy, LimitExceeded

PATIENCE = 4.0
SUSPECT_S = 60.0
# Far longer: so many times the guess, and so many seconds, beyond it. About: within so long.
LATE, LATE_S, ABOUT_S = 4.0, 2.0, 60.0
# For so long after somebody waited in person, batches leave the last slot free.
FREE_S = 3.0
# Of the queue, what one owner may have of it.
SHARE = 0.75
MOST_RETRY_S = 600


@dataclass(eq=False)
class Ticket:
    """One picture that wants to be worked on. Times are seconds of one clock; cost_s is what the
    work is thought to take.
    """

    owner: str
    cost_s: float
    arrived: float
    deadline: float = math.inf
    is_batch: bool = False
    started: float | None = None


Lane = dict[str, deque[Ticket]]


class Schedule:
    def __init__(
        self, slots: int, most_waiting: int, *, may_more: Callable[[str], bool] = lambda owner: True
    ) -> None:
        """slots pictures at a time, most_waiting in the queue; may_more tells whether what an owner
        has lying in memory lets the next one of theirs start.
        """
        self.slots, self.most_waiting, self._may_more = slots, most_waiting, may_more
        self._prompt: Lane = {}
        self._batch: Lane = {}
        self.running: set[Ticket] = set()
        self._used: dict[str, float] = {}
        self._owed_s = 0.0
        self._suspects: dict[str, float] = {}
        self._seen: dict[str, float] = {}
        self._prompted = -math.inf

    def offer(self, tickets: Sequence[Ticket]) -> None:
        """Let them wait, all or none. Raises Busy, with the seconds after which to ask again,
        LimitExceeded for more than ever may.
        """
        owner, now = tickets[0].owner, tickets[0].arrived
        self._seen[owner] = now
        if len(tickets) > self.most_waiting:
            raise LimitExceeded(
                f"at most {self.most_waiting} pictures may wait", hint="send them as several jobs"
            )
        mine = self.waiting_of(owner)
        share = SHARE if self._has_others(owner, now) else 1.0
        most_mine = max(1, math.ceil(self.most_waiting * share))
        if len(tickets) + self.waiting > self.most_waiting or mine + len(tickets) > most_mine:
            raise Busy(
                f"{self.waiting} pictures wait of {self.most_waiting} that may, {mine} of them"
                f" yours of {most_mine}",
                retry_after_s=self.retry_after_s(len(tickets)),
            )
        for ticket in tickets:
            self._arrive(ticket.owner)
            lane = self._batch if ticket.is_batch else self._prompt
            lane.setdefault(ticket.owner, deque()).append(ticket)

    def start(self, now: float) -> Ticket | None:
        """The next one, which has a slot from now on; None where none may start."""
        if len(self.running) >= self.slots:
            return None
        prompt, batch = self._first(self._prompt, now), self._first(self._batch, now)
        is_due = batch is not None and self._owed_s >= PATIENCE * batch.cost_s
        ticket = batch if prompt is None or is_due else prompt
        if ticket is None or (ticket.is_batch and not is_due and self._leaves_free(now)):
            return None
        if ticket.is_batch:
            self._owed_s = 0.0
        elif batch is not None:
            self._owed_s += ticket.cost_s
        self._take_out(ticket)
        ticket.started = now
        self.running.add(ticket)
        self._used[ticket.owner] += ticket.cost_s
        return ticket

    def end(self, ticket: Ticket, now: float, *, is_poison: bool = False) -> None:
        """Its slot is free. is_poison: it broke its worker or outlasted it."""
        self.running.discard(ticket)
        if not ticket.is_batch:
            self._prompted = now
        started = now if ticket.started is None else ticket.started
        self._used[ticket.owner] += (now - started) - ticket.cost_s
        self._seen = {one: at for one, at in self._seen.items() if now - at < ABOUT_S}
        self._seen[ticket.owner] = now
        self._suspects = {one: until for one, until in self._suspects.items() if until > now}
        if is_poison:
            self._suspects[ticket.owner] = now + SUSPECT_S
        self._forget_idle()

    def withdraw(self, ticket: Ticket) -> bool:
        """Whether it waited; then it no longer does."""
        lane = self._batch if ticket.is_batch else self._prompt
        if ticket not in lane.get(ticket.owner, ()):
            return False
        self._take_out(ticket)
        self._forget_idle()
        return True

    def overdue(self, now: float) -> list[Ticket]:
        """Those whose deadline has passed while they waited; they no longer do."""
        late = [
            ticket
            for lane in (self._prompt, self._batch)
            for line in lane.values()
            for ticket in line
            if ticket.deadline <= now
        ]
        for ticket in late:
            self.withdraw(ticket)
        return late

    @property
    def waiting(self) -> int:
        return sum(len(line) for lane in (self._prompt, self._batch) for line in lane.values())

    def waiting_of(self, owner: str) -> int:
        return len(self._prompt.get(owner, ())) + len(self._batch.get(owner, ()))

    @property
    def owners(self) -> int:
        """How many have something that waits or is worked on."""
        return len(self._busy())

    @property
    def next_due(self) -> float:
        """The earliest deadline of what waits; infinite where nothing does."""
        lines = [line for lane in (self._prompt, self._batch) for line in lane.values()]
        return min((one.deadline for line in lines for one in line), default=math.inf)

    @property
    def is_alone(self) -> bool:
        """Nothing waits, and one at most is worked on."""
        return not self.waiting and len(self.running) <= 1

    @property
    def backlog_s(self) -> float:
        """What waits and what is worked on, in seconds of all slots together."""
        lines = [line for lane in (self._prompt, self._batch) for line in lane.values()]
        work = sum(ticket.cost_s for line in lines for ticket in line)
        return (work + sum(ticket.cost_s for ticket in self.running)) / self.slots

    def until_s(self, left_s: float) -> float:
        """Until so much of one owner's work is likely to be done, beside that of the others."""
        fair_s = left_s * max(1, self.owners) / self.slots
        return min(fair_s, max(self.backlog_s, left_s / self.slots))

    def retry_after_s(self, wanted: int = 1) -> int:
        """Seconds after which so many are likely to find a place."""
        over = max(1, self.waiting + wanted - self.most_waiting)
        share = over / max(1, self.waiting + len(self.running))
        return max(1, min(MOST_RETRY_S, math.ceil(self.backlog_s * min(1.0, share))))

    def _arrive(self, owner: str) -> None:
        """Who is new, or has been away, begins where the least of the others is."""
        if not self.waiting_of(owner) and not any(one.owner == owner for one in self.running):
            others = self._busy() - {owner}
            floor = min((self._used[one] for one in others), default=0.0)
            self._used[owner] = max(self._used.get(owner, floor), floor)

    def _busy(self) -> set[str]:
        return {*self._prompt, *self._batch, *(ticket.owner for ticket in self.running)}

    def _leaves_free(self, now: float) -> bool:
        is_last = len(self.running) == self.slots - 1
        return is_last and self.slots > 1 and now - self._prompted < FREE_S

    def _first(self, lane: Lane, now: float) -> Ticket | None:
        over = dict.fromkeys(self._used, 0.0)
        for one in self.running:
            over[one.owner] += max(0.0, _over_s(one, now))
        may = [line[0] for owner, line in lane.items() if self._may_start(owner, now)]
        return min(
            may,
            key=lambda one: (self._used[one.owner] + over[one.owner], one.arrived),
            default=None,
        )

    def _may_start(self, owner: str, now: float) -> bool:
        mine = [ticket for ticket in self.running if ticket.owner == owner]
        if mine and self._suspects.get(owner, now) > now:
            return False
        is_late = any(_over_s(one, now) > max(LATE_S, LATE * one.cost_s) for one in mine)
        return not (is_late and self._has_others(owner, now)) and self._may_more(owner)

    def _has_others(self, owner: str, now: float) -> bool:
        about = (one for one, at in self._seen.items() if now - at < ABOUT_S)
        return any(one != owner for one in (*about, *self._prompt, *self._batch))

    def _take_out(self, ticket: Ticket) -> None:
        lane = self._batch if ticket.is_batch else self._prompt
        line = lane[ticket.owner]
        line.remove(ticket)
        if not line:
            del lane[ticket.owner]
        if not self._batch:
            self._owed_s = 0.0

    def _forget_idle(self) -> None:
        """Who is away and has used no more than anyone here begins anew all the same."""
        busy = self._busy()
        floor = min((self._used[one] for one in busy), default=math.inf)
        for owner in [one for one in self._used if one not in busy and self._used[one] <= floor]:
            del self._used[owner]


def _over_s(ticket: Ticket, now: float) -> float:
    """By how much it takes longer than it was thought to; negative until then."""
    return 0.0 if ticket.started is None else now - ticket.started - ticket.cost_s
