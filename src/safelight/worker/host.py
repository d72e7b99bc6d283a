"""The wall as the engine sees it: jobs in, checked answers out."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Self

from safelight.errors import Cancelled, LevelTooLow, SafelightError, TimeExceeded, WireBroken, WorkerDied
from safelight.worker import reports
from safelight.worker.job import Answer, CageReport, Host, Job, Plan
from safelight.worker.keeper import BODY, Worker
from safelight.worker.pool import Pool
from safelight.worker.talk import Errand, Farewell, Line, Silence, death
from safelight.worker.wire import Outcome

READY_TIMEOUT_S = 30
LEAVE_TIMEOUT_S = 10
HANG_UP_TIMEOUT_S = 2


def open_host(plan: Plan, *, portable: bool = False) -> Host:
    """Start workers for this plan; returns at once, they lock themselves down meanwhile.

    portable runs each job in a plain subprocess at level 0, for systems without the layers.
    """
    return CagedHost(plan)


class CagedHost:
    """Runs each job in one fresh worker forked from a locked zygote."""

    def __init__(self, plan: Plan, *, body: str = BODY) -> None:
        self._plan = plan
        self._pool = Pool(plan, body)
        self._is_cancelled = threading.Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    @contextmanager
    def run(self, job: Job, *, progress: Callable[[float], None] | None = None) -> Iterator[Answer]:
        """One job in one fresh worker; see Host."""
        errand = Errand(job, self._plan.limits)
        try:
            yield self._perform(job, errand, progress)
        finally:
            errand.close()

    def report(self) -> CageReport:
        """The report of one fresh worker that is given no job."""
        worker = self._pool.take()
        try:
            return self._greet(worker, Line(worker.channel))
        finally:
            self._pool.leave(worker)

    def cancel(self) -> None:
        """Kill every worker now; jobs under way raise Cancelled, and so does every later one."""
        self._is_cancelled.set()
        self._pool.kill_all()

    def close(self) -> None:
        self._pool.close()

    def _perform(
        self, job: Job, errand: Errand, progress: Callable[[float], None] | None
    ) -> Answer:
        worker = self._pool.take()
        try:
            line = Line(worker.channel)
            cage = self._greet(worker, line)
            started = time.monotonic()
            outcome = self._ask(worker, line, errand, progress)
            work_s = time.monotonic() - started
            self._see_off(worker, line)
        finally:
            self._pool.leave(worker)
        return _answer(errand, outcome, cage, work_s)

    def _greet(self, worker: Worker, line: Line) -> CageReport:
        deadline = time.monotonic() + READY_TIMEOUT_S
        try:
            message = line.hear(deadline)
        except Silence:
            raise WorkerDied("the worker did not lock itself down in time") from None
        except Farewell:
            raise self._why(worker) from None
        cage = reports.measure(worker.keeper, message)
        if cage.level < self._plan.required_level:
            raise LevelTooLow(
                f"this cage has level {cage.level}, level {self._plan.required_level} is required"
            )
        return cage

    def _ask(
        self,
        worker: Worker,
        line: Line,
        errand: Errand,
        progress: Callable[[float], None] | None,
    ) -> Outcome:
        deadline = time.monotonic() + self._plan.limits.timeout_s
        try:
            return errand.run(line, progress, deadline)
        except Silence:
            raise TimeExceeded(
                f"the work took longer than {self._plan.limits.timeout_s} seconds"
            ) from None
        except Farewell:
            raise self._why(worker) from None

    def _see_off(self, worker: Worker, line: Line) -> None:
        """The answer counts once its writer is dead: only then can nobody change it any more."""
        if not worker.dead.wait(LEAVE_TIMEOUT_S):
            raise WireBroken("the worker stayed after its answer")
        try:
            line.hear(time.monotonic())
        except (Silence, Farewell):
            return
        raise WireBroken("the worker went on talking after its answer")

    def _why(self, worker: Worker) -> SafelightError:
        """The end of the line: find out what the worker died of; one that only hung up is killed."""
        if not worker.dead.wait(HANG_UP_TIMEOUT_S):
            worker.kill()
        if self._is_cancelled.is_set():
            return Cancelled()
        return death(worker.status)


def _answer(errand: Errand, outcome: Outcome, cage: CageReport, work_s: float) -> Answer:
    findings, changes = errand.records(outcome)
    if outcome.input_format is None:
        raise WireBroken("the worker named no format")
    return Answer(
        output=errand.picture(outcome) if errand.order.wants_image else None,
        format=outcome.format,
        width=outcome.width,
        height=outcome.height,
        input_format=outcome.input_format,
        input_width=outcome.input_width,
        input_height=outcome.input_height,
        is_reencoded=outcome.is_reencoded,
        findings=findings,
        changes=changes,
        cage=cage,
        work_s=work_s,
        close=errand.close,
    )
