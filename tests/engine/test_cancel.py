"""One run can be ended while others go on; one whose worker somebody else ended is asked again, one
whose worker broke never is.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from safelight.audit.receipt import Receipt
from safelight.engine import again as again_module
from safelight.engine.again import Again, killed_for_memory
from safelight.engine.devices import Runner
from safelight.engine.engine import Engine
from safelight.engine.result import Result
from safelight.errors import (
    Cancelled,
    LimitExceeded,
    SafelightError,
    TimeExceeded,
    WorkerDied,
)
from safelight.recipe import Recipe
from safelight.worker.caged import CagedHost
from safelight.worker.job import Answer, Job
from safelight.worker.orders import death
from safelight.worker.portable import PortableHost
from safelight.worker.stop import Stop
from tests.codecs.making import in_format, picture
from tests.worker.hosts import MISBEHAVING, host, job, plan, sleepers, source, until


@pytest.fixture(scope="module")
def caged() -> Iterator[CagedHost]:
    with host(plan(workers=2)) as opened:
        yield opened


class Run(threading.Thread):
    """One job in a thread, and how it ended."""

    def __init__(self, given: Any, work: Job) -> None:
        super().__init__()
        self.given, self.work, self.error, self.is_done = given, work, SafelightError(), False
        self.start()

    def run(self) -> None:
        try:
            with self.given.run(self.work):
                self.is_done = True
        except SafelightError as error:
            self.error = error


def test_one_job_is_ended_and_the_one_beside_it_goes_on(caged: CagedHost) -> None:
    stop, other = Stop(), Stop()
    with source() as sheet:
        sleeping = [Run(caged, replace(job(sheet, "sleep"), stop=one)) for one in (stop, other)]
        assert until(lambda: len(sleepers(caged.pid)) == 2)
        stop.set()
        sleeping[0].join(20)
        assert type(sleeping[0].error) is Cancelled
        assert len(sleepers(caged.pid)) == 1
        other.set()
        sleeping[1].join(20)
        assert type(sleeping[1].error) is Cancelled
        with caged.run(job(sheet, "answer")) as answer:  # the next job is none the worse
            assert answer.output is not None


def test_what_was_stopped_before_it_began_is_not_begun(caged: CagedHost) -> None:
    stop = Stop()
    stop.set()
    with source() as sheet, pytest.raises(Cancelled), caged.run(_with(job(sheet, "answer"), stop)):
        pass


def test_what_is_stopped_after_its_answer_keeps_it(caged: CagedHost) -> None:
    stop = Stop()
    with source() as sheet, caged.run(_with(job(sheet, "answer"), stop)) as answer:
        stop.set()
        assert answer.output is not None


def test_a_run_has_a_time_of_its_own(caged: CagedHost) -> None:
    stop = Stop(0.3)
    stop.begin()
    with (
        source() as sheet,
        pytest.raises(TimeExceeded, match=r"0\.3 seconds"),
        caged.run(_with(job(sheet, "sleep"), stop)),
    ):
        pass


@pytest.mark.parametrize("way", ["set", "time"])
def test_a_plain_process_can_be_stopped_too(way: str) -> None:
    stop = Stop(0.5 if way == "time" else 60)
    stop.begin()
    if way == "set":
        threading.Timer(0.5, stop.set).start()
    kind = Cancelled if way == "set" else TimeExceeded
    with (
        source() as sheet,
        PortableHost(plan(level=0), body=MISBEHAVING) as portable,
        pytest.raises(kind),
        portable.run(_with(job(sheet, "sleep"), stop)),
    ):
        pass


def test_calls_of_a_stop_are_made_once_and_only_meanwhile() -> None:
    stop, called = Stop(), list[str]()
    with stop.calling(lambda: called.append("over")):
        pass
    with stop.calling(lambda: called.append("meanwhile")):
        stop.set()
        stop.set()
    with stop.calling(lambda: called.append("late")):
        pass
    assert called == ["meanwhile", "late"]
    with pytest.raises(Cancelled):
        stop.refuse()


def _is_gone(caged: CagedHost, worker: int) -> bool:
    return worker not in sleepers(caged.pid)


def _with(work: Job, stop: Stop) -> Job:
    return replace(work, stop=stop)


class Failing:
    """A runner that ends in these errors, one after the other, and then well."""

    def __init__(self, *errors: SafelightError) -> None:
        self.errors, self.runs = list(errors), 0

    @contextmanager
    def run(self, work: Job, *, progress: Any = None) -> Iterator[Answer]:
        self.runs += 1
        if self.errors:
            raise self.errors.pop(0)
        yield None  # type: ignore[misc]  # nobody looks at it here


WORK = Job(-1, 0, b"")


def killed() -> SafelightError:
    return death(-signal.SIGKILL)


def crashed() -> SafelightError:
    return death(-signal.SIGSEGV)


@pytest.mark.parametrize("deaths", [0, 1, 2])
@pytest.mark.parametrize("exit_code", [-signal.SIGKILL, None])
def test_one_that_was_killed_is_asked_again(deaths: int, exit_code: int | None) -> None:
    runner = Failing(*(death(exit_code) for _ in range(deaths)))
    with Again(runner, 2).run(WORK):
        assert runner.runs == deaths + 1


def test_at_most_twice() -> None:
    runner = Failing(*(killed() for _ in range(9)))
    with pytest.raises(WorkerDied), Again(runner, 2).run(WORK):
        pass
    assert runner.runs == 3


@pytest.mark.parametrize(
    "error",
    [crashed, lambda: death(0), lambda: death(-signal.SIGBUS), LimitExceeded, Cancelled],
)
def test_a_crash_and_an_error_are_told_at_once(error: Callable[[], SafelightError]) -> None:
    runner = Failing(error())
    with pytest.raises(SafelightError), Again(runner, 2).run(WORK):
        pass
    assert runner.runs == 1


def test_what_the_kernel_ends_for_want_of_memory_is_not_asked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    counts = iter(["oom_kill 3", "oom_kill 4"])
    monkeypatch.setattr(again_module, "killed_for_memory", lambda: next(counts))
    runner = Failing(killed(), killed())
    with pytest.raises(WorkerDied), Again(runner, 2).run(WORK):
        pass
    assert runner.runs == 1


def test_the_kernel_tells_how_many_it_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    assert killed_for_memory().startswith("oom_kill ")
    monkeypatch.setattr(again_module, "COUNTS", again_module.COUNTS / "none")
    assert killed_for_memory() == ""


def test_a_real_worker_that_is_killed_is_replaced(caged: CagedHost) -> None:
    """And one that hung up, so that we had to kill it, is not asked again."""
    stop = Stop()
    with source() as sheet:
        run = Run(Again(caged, 1), _with(job(sheet, "sleep"), stop))
        for _ in range(2):
            assert until(lambda: len(sleepers(caged.pid)) == 1)
            (worker,) = sleepers(caged.pid)
            os.kill(worker, signal.SIGKILL)
            assert until(partial(_is_gone, caged, worker))
        run.join(120)
        assert isinstance(run.error, WorkerDied)
        with pytest.raises(WorkerDied) as hung, caged.run(job(sheet, "hang up")):
            pass
        assert not hung.value.was_killed


class KilledOnce:
    """Runs a job as its runner does, the second time: the first time somebody ends its worker."""

    def __init__(self, runner: Runner) -> None:
        self.runner, self.first = runner, Failing(killed())

    @contextmanager
    def run(self, work: Job, *, progress: Any = None) -> Iterator[Answer]:
        with self.first.run(work), self.runner.run(work, progress=progress) as answer:
            yield answer


def test_the_journal_and_the_receipt_speak_of_the_run_that_gave_the_result(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real, made = Engine._runner, list[KilledOnce]()

    def runner(engine: Engine, *given: Any) -> Runner:
        made.append(KilledOnce(real(engine, *given)))
        return Again(made[-1], 2)

    monkeypatch.setattr(Engine, "_runner", runner)
    with Engine(jobs=1) as engine:
        recipe = Recipe.from_steps([{"op": "resize", "width": 9}])
        result = engine.run(in_format(picture(48, 36), "png"), recipe)
        assert isinstance(result, Result)
        assert [one.first.runs for one in made] == [2]
        assert result.retries == ()
        facts = Receipt.parse(result.receipt).predicate
        assert (facts.operation.cages, facts.models) == (None, ())
        assert len(engine.book.journal.check().numbers) == 1


def test_a_zygote_that_is_killed_as_it_starts_was_killed_too() -> None:
    with source() as sheet, host() as starting:
        keeper = starting.keeper
        assert until(lambda: keeper._process is not None)
        assert keeper._process is not None
        os.kill(keeper._process.pid, signal.SIGKILL)
        with pytest.raises(WorkerDied, match="did not start") as ended:
            keeper.wait_up()
        assert ended.value.was_killed
        with Again(starting, 1).run(job(sheet, "answer")) as answer:
            assert answer.output is not None
