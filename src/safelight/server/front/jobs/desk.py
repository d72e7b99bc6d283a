"""Desk: takes pictures in as jobs, has them worked on in a fair order, and keeps what came of it.

    job = desk.submit(who, recipe, [Source(blob)], timeout_s=30)
    if await job.wait(30):
        item = job.items[0]          # item.error, or item.known and item.result_id
        desk.forget(job)             # answered: nobody will ask for it again

Whoever submits gives the sources away, also when submit raises. A result lies on the shelf of
results as item.result_id, for the job's owner. For one event loop.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Mapping, Sequence

from safelight.errors import (
    Cancelled,
    Gone,
    SafelightError,
    TimeExceeded,
    Unavailable,
    UsageError,
)
from safelight.limits import MAX_TIMEOUT_S
from safelight.recipe import Recipe
from safelight.server.blob import Blob, Memory
from safelight.server.endpoint import Who
from safelight.server.front.jobs.documents import JobFacts
from safelight.server.front.jobs.ending import bare, is_poison
from safelight.server.front.jobs.holding import Source
from safelight.server.front.jobs.idempotency import Keys
from safelight.server.front.jobs.job import Item, Job, Known
from safelight.server.front.jobs.pace import Pace
from safelight.server.front.jobs.records import Records
from safelight.server.front.jobs.schedule import Schedule, Ticket
from safelight.server.front.shelf import Shelf
from safelight.server.options import ServeOptions
from safelight.server.work import Back, Order, Outcome, Progress

# How long a picture may wait before its time is over, where nobody says.
PROMPT_WAIT_S, BATCH_WAIT_S = 600.0, 24 * 3600.0
# While memory is overdrawn by results, it is looked at so often whether work may go on.
LOOK_AGAIN_S = 0.25
# Each holds a descriptor.
MOST_RESULTS = 4096


class Desk:
    def __init__(
        self,
        back: Back,
        memory: Memory,
        results: Shelf,
        options: ServeOptions,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._back, self._memory, self._results, self.options = back, memory, results, options
        self._clock = clock
        self.pace = Pace()
        self.schedule = Schedule(options.jobs, options.queue, may_more=self._may_more)
        self.records = Records(results, options.keep_s, memory.most_bytes // 4, clock=clock)
        self.keys = Keys(clock=clock)
        self._at: dict[Ticket, tuple[Job, Item]] = {}
        self._tasks: set[asyncio.Task[Outcome]] = set()
        self._alarm: asyncio.TimerHandle | None = None
        self.is_closed = False

    def submit(
        self,
        who: Who,
        recipe: Recipe,
        sources: Sequence[Source],
        *,
        timeout_s: float | None = None,
        deadline_s: float | None = None,
        is_batch: bool = False,
        further: Mapping[str, Source] | None = None,
        keep_source: bool = False,
        is_listed: bool = True,
    ) -> Job:
        """A job with one item a source, which waits from now on. timeout_s bounds the work on one
        picture, deadline_s waiting and work together. keep_source: what fails may be tried again.
        is_listed: False for one that its asker waits for, until show.
        Raises Busy when as much waits as may, LimitExceeded for more than ever may; then nothing of
        it waits, and nothing is kept.
        """
        further = dict(further or {})
        try:
            job = self._job(who, recipe, timeout_s, is_batch=is_batch)
            job.further, job.keeps_source, job.is_listed = further, keep_source, is_listed
            if not sources:
                raise UsageError("a job has at least one picture", hint="add an input")
            wait_s = deadline_s or (BATCH_WAIT_S if is_batch else PROMPT_WAIT_S)
            for index, source in enumerate(sources):
                job.add(Item(index, source, self._ticket(job, source, wait_s)))
            self._offer(job, job.items)
        except BaseException:
            for source in (*sources, *further.values()):
                source.close()
            raise
        self.records.add(job)
        self._go_on()
        return job

    def cancel(self, job: Job) -> None:
        """End what of it waits or is worked on; what is done stays."""
        for item in job.items:
            if item.state == "queued":
                self.schedule.withdraw(item.ticket)
                self._end(job, item, Cancelled("cancelled before it was worked on"))
            elif item.task is not None:
                item.task.cancel()
        self._go_on()

    def show(self, job: Job) -> None:
        """Its asker waits no longer: list it, and tell of it."""
        job.is_listed = True
        self.records.listed(job)

    def forget(self, job: Job) -> None:
        """It was answered, or is wanted no more: what still goes on ends. Results that are there
        stay on their shelf.
        """
        self.cancel(job)
        self.records.remove(job)

    def purge(self, job: Job) -> None:
        """Cancel, forget, and overwrite its results."""
        self.cancel(job)
        self.records.purge(job)

    def retry(self, job: Job) -> int:
        """Let what failed, or was cancelled, wait again; how many. Raises Gone where the source of
        one is no longer held, Busy as submit does; then nothing changes.
        """
        again = [item for item in job.items if item.state in ("failed", "cancelled")]
        if any(not item.source.is_open for item in again):
            raise Gone("the pictures of what failed are no longer held")
        old = {item: item.ticket for item in again}
        for item in again:
            item.ticket = self._ticket(job, item.source, BATCH_WAIT_S)
        try:
            self._offer(job, again)
        except SafelightError:
            for item in again:
                item.ticket = old[item]
            raise
        for item in again:
            job.put(item, "queued")
            item.error, item.share = None, 0.0
        if again:
            job.begin()
            self.records.began(job)
        self._go_on()
        return len(again)

    def eta_s(self, job: Job) -> float | None:
        """Seconds until it has ended, as far as can be told; None once it has."""
        if job.has_ended:
            return None
        left_s = sum(item.ticket.cost_s for item in job.items if not item.has_ended)
        return self.schedule.until_s(left_s)

    def facts(self, job: Job) -> JobFacts:
        """What is told of a job."""
        return JobFacts.of(job, self._clock(), self.eta_s(job))

    async def close(self) -> None:
        """Cancel everything, and overwrite every source."""
        self.is_closed = True
        for job in list(self.records):
            self.cancel(job)
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for job in list(self.records):
            self.records.purge(job)
        if self._alarm is not None:
            self._alarm.cancel()

    def _job(self, who: Who, recipe: Recipe, timeout_s: float | None, *, is_batch: bool) -> Job:
        most_s = min(timeout_s or MAX_TIMEOUT_S, self.options.timeout_s)
        job = Job(self.records.new_name(), who.key, recipe, most_s, is_batch, {}, self._clock())
        job.on_cancel = self.cancel
        return job

    def _ticket(self, job: Job, source: Source, wait_s: float) -> Ticket:
        now = self._clock()
        cost_s = self.pace.guess_s(job.recipe_digest, source.blob.size_bytes)
        return Ticket(job.owner, cost_s, now, now + wait_s, is_batch=job.is_batch)

    def _offer(self, job: Job, items: Sequence[Item]) -> None:
        if self.is_closed:
            raise Unavailable("the server is about to end", hint="ask another, or later")
        if items:
            self.schedule.offer([item.ticket for item in items])
        self._at.update({item.ticket: (job, item) for item in items})

    def _may_more(self, owner: str) -> bool:
        is_full = len(self._results) >= MOST_RESULTS
        return not is_full and self._results.held_of(owner) <= self._memory.most_bytes // 2

    def _go_on(self) -> None:
        """Start what may start, and see to it that somebody looks again."""
        now = self._clock()
        for late in self.schedule.overdue(now):
            job, item = self._at[late]
            self._end(job, item, TimeExceeded("its time was over before it was worked on"))
        while self._memory.left_bytes >= 0 and (ticket := self.schedule.start(now)) is not None:
            job, item = self._at[ticket]
            self._begin(job, item, now)
        self._set_alarm(now)

    def _set_alarm(self, now: float) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        if self.schedule.waiting and not self.is_closed:
            is_held_up = len(self.schedule.running) < self.schedule.slots
            after = LOOK_AGAIN_S if is_held_up else max(LOOK_AGAIN_S, self.schedule.next_due - now)
            if math.isfinite(after):
                self._alarm = asyncio.get_running_loop().call_later(after, self._go_on)

    def _begin(self, job: Job, item: Item, now: float) -> None:
        job.put(item, "running")
        item.waited_s, item.share, item.told_share = now - item.ticket.arrived, 0.0, 0.0
        order = self._order(job, item, now)
        task = asyncio.create_task(self._work(order, lambda share: self._tell(job, item, share)))
        item.task = task
        self._tasks.add(task)
        # Not in the task itself: one that is cancelled before its first step does not run at all.
        task.add_done_callback(lambda done: self._after(job, item, done))
        self.records.changed(job, item)

    async def _work(self, order: Order, progress: Progress) -> Outcome:
        return await self._back.work(order, progress=progress)

    def _after(self, job: Job, item: Item, task: asyncio.Task[Outcome]) -> None:
        now = self._clock()
        error: SafelightError | None = None
        if task.cancelled():
            error = Cancelled("cancelled while it was worked on")
        elif (raised := task.exception()) is not None:
            error = bare(raised)
        else:
            self._keep(job, item, task.result())
        item.worked_s, item.task = now - (item.ticket.started or now), None
        if error is None:
            self.pace.note(job.recipe_digest, item.source.blob.size_bytes, item.worked_s)
        self._tasks.discard(task)
        self.schedule.end(item.ticket, now, is_poison=is_poison(error))
        self._end(job, item, error)
        self._go_on()

    def _order(self, job: Job, item: Item, now: float) -> Order:
        return Order(
            job.recipe,
            item.source.blob,
            min(job.timeout_s, max(0.001, item.ticket.deadline - now)),
            further={digest: source.blob for digest, source in job.further.items()},
            is_alone=self.schedule.is_alone,
        )

    def _tell(self, job: Job, item: Item, share: float) -> None:
        item.share = max(item.share, min(1.0, share))
        self.records.progressed(job, item)

    def _keep(self, job: Job, item: Item, outcome: Outcome) -> None:
        output: Blob | None = outcome.output
        item.known = Known.of(outcome)
        if not self.records.knows(job):
            if output is not None:
                output.close()  # it came when nobody wanted it any more
            return
        item.room = self._memory.claim(len(item.known.words), job.owner)
        if output is not None:
            if output.room is None:
                size_bytes = output.size_bytes + len(outcome.receipt)
                output.room = self._memory.claim(size_bytes, job.owner)
            facts = {"receipt": outcome.receipt, "receipt_id": outcome.receipt_id}
            item.result_id = self._results.put(job.owner, output, outcome.media_type, facts).name

    def _end(self, job: Job, item: Item, error: SafelightError | None) -> None:
        self._at.pop(item.ticket, None)
        item.error = error
        is_cancelled = isinstance(error, Cancelled)
        job.put(item, "done" if error is None else "cancelled" if is_cancelled else "failed")
        job.let_go((item,), is_over=not (job.keeps_source and self.records.knows(job)))
        self.records.changed(job, item)
        if job.is_through:
            job.end(self._clock())
            self.records.ended(job)
