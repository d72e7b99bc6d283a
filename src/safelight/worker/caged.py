"""The caged host: each job in one fresh worker forked from a locked zygote."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Self

from safelight.errors import (
    Cancelled,
    LevelTooLow,
    SafelightError,
    TimeExceeded,
    WireBroken,
    WorkerDied,
)
from safelight.limits import MEGA
from safelight.worker.job import Answer, CageReport, Job, ModelFile, Plan
from safelight.worker.keeper import Keeper, Worker
from safelight.worker.launch import BODY
from safelight.worker.orders import answer_of, death
from safelight.worker.pool import Pool
from safelight.worker.reports import measure
from safelight.worker.talk import Errand, Farewell, Line, Silence
from safelight.worker.wire import Outcome

READY_TIMEOUT_S = 30
# The least that a zygote opens of the models that it holds, before it makes any worker.
HELD_BYTES_PER_S = 10 * MEGA
LEAVE_TIMEOUT_S = 10
HANG_UP_TIMEOUT_S = 2
DYING_S = 0.5


class CagedHost:
    """A Host; see job."""

    def __init__(
        self,
        plan: Plan,
        *,
        held: Sequence[ModelFile] = (),
        body: str = BODY,
        without: frozenset[str] = frozenset(),
    ) -> None:
        """held are models that workers inherit open, see open_host. body and without (layers to
        leave out) are for tests; nothing a user can set leads here.
        """
        self._plan = plan
        self._pool = Pool(lambda: Keeper(plan, body, without, held), plan.workers)
        self._cancels = 0
        held_bytes = sum(model.size_bytes for model in held)
        self._ready_timeout_s = READY_TIMEOUT_S + held_bytes / HELD_BYTES_PER_S

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    @contextmanager
    def run(self, job: Job, *, progress: Callable[[float], None] | None = None) -> Iterator[Answer]:
        """One job in one fresh worker; see Host."""
        errand = Errand(job, self._plan.limits)
        cancels = self._cancels
        try:
            worker = self._pool.take()
        except BaseException:
            errand.close()
            raise
        try:
            with job.stop.calling(worker.dismiss):
                answer = self._perform(worker, errand, cancels, progress)
            yield answer
        finally:
            # Nobody writes into a sheet any more that was overwritten.
            worker.after(errand.close)

    def report(self) -> CageReport:
        """The report of one fresh worker that is given no job."""
        worker = self._pool.take()
        try:
            return self._greet(Line(worker.channel))
        except Farewell:
            raise self._why(worker) from None
        finally:
            self._pool.leave(worker)

    @property
    def is_ready(self) -> bool:
        """Whether the zygote of the next job is warm."""
        return self._pool.is_ready

    @property
    def keeper(self) -> Keeper:
        """The zygote of the next job."""
        return self._pool.keeper

    @property
    def pid(self) -> int:
        """Of the process that waits for the zygote, whose descendants all workers are."""
        return self.keeper.pid

    def cancel(self) -> None:
        """Kill every worker now; jobs under way, and those that wait for their turn, raise
        Cancelled.
        """
        self._cancels += 1
        self._pool.kill_all()

    def close(self) -> None:
        self._cancels += 1
        self._pool.close()

    def _perform(
        self,
        worker: Worker,
        errand: Errand,
        cancels: int,
        progress: Callable[[float], None] | None,
    ) -> Answer:
        waits = True
        try:
            self._refuse_after(cancels)
            errand.stop.refuse()
            line = Line(worker.channel)
            cage = self._greet(line)
            self._require(cage, worker)
            started = time.monotonic()
            outcome = self._ask(line, errand, progress)
            work_s = time.monotonic() - started
            untrusted_records = self._settled(worker, line, errand, outcome)
            waits = errand.order.wants_image
        except Farewell:
            reason = self._why(worker)
            self._refuse_after(cancels)
            errand.stop.refuse()
            raise reason from None
        finally:
            self._pool.leave(worker, waits=waits)
        self._refuse_after(cancels)
        errand.stop.refuse()
        return answer_of(
            outcome,
            untrusted_records,
            errand.output(outcome),
            crossing=errand.order.crossing,
            cage=cage,
            work_s=work_s,
            close=partial(worker.after, errand.close),
        )

    def _refuse_after(self, cancels: int) -> None:
        if self._cancels != cancels:
            raise Cancelled

    def _greet(self, line: Line) -> CageReport:
        try:
            message = line.hear(time.monotonic() + self._ready_timeout_s)
        except Silence:
            raise WorkerDied("the worker did not lock itself down in time") from None
        return measure(message)

    def _require(self, cage: CageReport, worker: Worker) -> None:
        required = self._plan.required_level
        if cage.level < required:
            # Of a worker that somebody ended as it was measured the kernel says nothing.
            if worker.dead.wait(DYING_S):
                raise Farewell
            raise LevelTooLow(f"this cage has level {cage.level}, level {required} is required")

    def _ask(self, line: Line, errand: Errand, progress: Callable[[float], None] | None) -> Outcome:
        now, timeout_s = time.monotonic(), float(self._plan.limits.timeout_s)
        deadline = min(now + timeout_s, errand.stop.deadline)
        try:
            return errand.run(line, progress, deadline)
        except Silence:
            most_s = min(timeout_s, errand.stop.timeout_s)
            raise TimeExceeded(f"the work took longer than {most_s:g} seconds") from None

    def _settled(self, worker: Worker, line: Line, errand: Errand, outcome: Outcome) -> memoryview:
        """The records, now that nobody can change the answer any more.

        An output is read from the very sheet that its writer had, so that one must be dead first.
        The outcome came as a message and the records are copied before anyone looks at them: where
        they are all, the worker is told to leave and nobody waits for it. What it writes or says
        in its last moments is lost; until it is dead it keeps its turn, and its sheets are
        overwritten after that.
        """
        if errand.order.wants_image and not worker.dead.wait(LEAVE_TIMEOUT_S):
            raise WireBroken("the worker stayed after its answer")
        untrusted_records = errand.untrusted_records(outcome)
        try:
            line.hear(time.monotonic())
        except (Silence, Farewell):
            return untrusted_records
        raise WireBroken("the worker went on talking after its answer")

    def _why(self, worker: Worker) -> SafelightError:
        """The end of the line: find out what the worker died of; one that only hung up is
        killed.
        """
        if worker.dead.wait(HANG_UP_TIMEOUT_S):
            return death(worker.exit_code)
        worker.kill()
        error = death(worker.exit_code)
        if isinstance(error, WorkerDied):
            error.was_killed = False  # by us
        return error
