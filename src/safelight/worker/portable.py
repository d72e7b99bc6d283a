"""The portable host: each job in a fresh, plain subprocess, for systems without the layers of the
cage.

Same interface, same wire, same bounds on what comes back; but nothing holds the process: level 0.
What else lies in memfds goes through two pipes: plan, JOB, source, words, model files in;
PROGRESS, RESULT, records, output out.
"""

from __future__ import annotations

import contextlib
import mmap
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BufferedReader
from typing import IO, Self

from safelight.errors import Cancelled, LevelTooLow, SafelightError, TimeExceeded, WireBroken
from safelight.worker import control, launch
from safelight.worker.job import Answer, CageReport, Job, Plan
from safelight.worker.launch import BODY
from safelight.worker.orders import answer_of, death, order_of, outcome_of
from safelight.worker.records import RECORD_BYTES
from safelight.worker.wire import (
    PROGRESS_BYTES,
    RESULT_BYTES,
    Outcome,
    is_progress,
    most_progress,
    parse_progress,
)

REPORT = CageReport(
    level=0,
    attempts=(),
    layers={},
    filter_sha256="",
    kernel={},
    not_covered=("no layer of the cage holds here: a hostile picture can do what its user can",),
)
PIECE_BYTES = 1 << 16
Progress = Callable[[float], None] | None


class PortableHost:
    """A Host; see job. It refuses every job of a plan that requires a level."""

    def __init__(self, plan: Plan, *, body: str = BODY) -> None:
        self._plan, self._body = plan, body
        self._turns = threading.Semaphore(plan.workers)
        self._lock = threading.Lock()
        self._running: set[Run] = set()
        self._cancels = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    @contextmanager
    def run(self, job: Job, *, progress: Progress = None) -> Iterator[Answer]:
        """One job in one fresh process; see Host."""
        if self._plan.required_level > 0:
            raise LevelTooLow(
                f"this system gives level 0, level {self._plan.required_level} is required"
            )
        cancels = self._cancels
        with self._turns:
            with self._lock:
                if self._cancels != cancels:
                    raise Cancelled
                run = Run(self._plan, self._body, job)
                self._running.add(run)
            try:
                with job.stop.calling(run.cancel):
                    answer = run.answer(progress)
            finally:
                with self._lock:
                    self._running.discard(run)
                run.end()
        try:
            yield answer
        finally:
            answer.close()

    @property
    def is_ready(self) -> bool:
        return True

    def report(self) -> CageReport:
        """What holds a worker here: nothing."""
        return REPORT

    def cancel(self) -> None:
        with self._lock:
            self._cancels += 1
            for run in self._running:
                run.cancel()

    def close(self) -> None:
        self.cancel()


class Run:
    """One subprocess and its one job."""

    def __init__(self, plan: Plan, body: str, job: Job) -> None:
        self._plan, self._job = plan, job
        self._order, self._words = order_of(job)
        self._late = self._cancelled = False
        self._process = subprocess.Popen(
            launch.command("safelight.worker.piped", body),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=launch.environment(plan),
        )
        self._timeout_s = min(float(plan.limits.timeout_s), job.stop.left_s)
        self._alarm = threading.Timer(self._timeout_s, self._expire)
        self._feeder = threading.Thread(target=self._feed, daemon=True)

    def answer(self, progress: Progress) -> Answer:
        """Raises the error that the worker named, TimeExceeded, Cancelled, WorkerDied,
        WireBroken.
        """
        started = time.monotonic()
        self._alarm.start()
        self._feeder.start()
        try:
            outcome = self._outcome(progress)
            records = self._read(outcome.records * RECORD_BYTES)
            output = self._read(outcome.output_bytes)
            if self._out.read(1):
                raise WireBroken("the worker went on talking after its answer")
        except EOFError:
            raise self._why() from None
        return answer_of(
            outcome,
            memoryview(records),
            memoryview(output).toreadonly() if self._order.wants_image else None,
            crossing=self._order.crossing,
            cage=REPORT,
            work_s=time.monotonic() - started,
            close=lambda: _overwrite(output),
        )

    def cancel(self) -> None:
        self._cancelled = True
        self._process.kill()

    def end(self) -> None:
        """No process, thread or pipe is left."""
        self._alarm.cancel()
        self._process.kill()
        self._process.wait()
        self._feeder.join()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()

    @property
    def _out(self) -> BufferedReader:
        if not isinstance(self._process.stdout, BufferedReader):
            raise WireBroken("the worker has no way to answer")
        return self._process.stdout

    def _expire(self) -> None:
        self._late = True
        self._process.kill()

    def _feed(self) -> None:
        pipe = self._process.stdin
        if pipe is None:
            return
        with contextlib.suppress(OSError), pipe:
            pipe.write(control.pack_plan(self._plan) + self._order.pack())
            _pour(pipe, self._job.source_fd, self._job.source_bytes)
            pipe.write(self._words)
            for model in self._job.models:
                _pour(pipe, model.fd, model.size_bytes)

    def _outcome(self, progress: Progress) -> Outcome:
        for _ in range(most_progress(self._plan.limits)):
            untrusted = bytes(self._read(PROGRESS_BYTES))
            if not is_progress(untrusted):
                rest = bytes(self._read(RESULT_BYTES - PROGRESS_BYTES))
                return outcome_of(untrusted + rest, self._plan.limits, self._order)
            share = parse_progress(untrusted)
            if progress is not None:
                progress(share)
        raise WireBroken("the worker tells of its progress without end")

    def _read(self, size_bytes: int) -> bytearray:
        """Exactly so many bytes, into memory that can be overwritten. Raises EOFError."""
        held = bytearray(size_bytes)
        with memoryview(held) as view:
            position = 0
            while position < size_bytes:
                with view[position : position + PIECE_BYTES] as piece:
                    count = self._out.readinto(piece)
                if not count:
                    raise EOFError
                position += count
        return held

    def _why(self) -> SafelightError:
        if self._cancelled:
            return Cancelled()
        if self._late:
            return TimeExceeded(f"the work took longer than {self._timeout_s:g} seconds")
        self._process.kill()
        return death(self._process.wait())


def _overwrite(held: bytearray) -> None:
    """Zeros in place; views of it that someone still holds show zeros."""
    held[:] = bytes(len(held))


def _pour(pipe: IO[bytes], fd: int, size_bytes: int) -> None:
    with mmap.mmap(fd, size_bytes, access=mmap.ACCESS_READ) as held, memoryview(held) as view:
        for start in range(0, size_bytes, PIECE_BYTES):
            with view[start : start + PIECE_BYTES] as piece:
                pipe.write(piece)
