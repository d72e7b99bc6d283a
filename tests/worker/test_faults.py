"""What goes wrong in a worker ends in one error for one job; everything else goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from safelight.errors import (
    MemoryExceeded,
    SafelightError,
    TimeExceeded,
    WireBroken,
    WorkerDied,
)
from safelight.worker import caged as caged_module
from safelight.worker.caged import CagedHost
from safelight.worker.job import CageReport
from safelight.worker.orders import death
from safelight.worker.reports import measure
from safelight.worker.talk import Message
from tests.worker.hosts import (
    BODIES,
    descendants,
    failure,
    host,
    is_alive,
    job,
    plan,
    sleepers,
    source,
    until,
)


@pytest.fixture(scope="module")
def caged() -> Iterator[CagedHost]:
    with host() as opened:
        yield opened


@pytest.fixture(scope="module")
def hasty() -> Iterator[CagedHost]:
    with host(plan(timeout_s=1)) as opened:
        yield opened


def _fails(caged: CagedHost, action: str, kind: type[SafelightError], words: str = "") -> None:
    with source() as sheet:
        error = failure(caged, job(sheet, action))
        assert isinstance(error, kind)
        assert words in error.message
        with caged.run(job(sheet, "answer")) as answer:  # the next job is none the worse
            assert answer.output is not None


def test_a_worker_that_is_ended_while_it_is_measured_was_killed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its cage was no weaker: nothing more can be seen of it."""

    def end(message: Message) -> CageReport:
        os.kill(message.pid, signal.SIGKILL)
        assert until(lambda: not is_alive(message.pid))
        seen = measure(message)
        assert seen.level < 2
        return seen

    monkeypatch.setattr(caged_module, "measure", end)
    with host() as opened, source() as sheet:
        error = failure(opened, job(sheet, "answer"))
    assert isinstance(error, WorkerDied)
    assert error.was_killed


@pytest.mark.parametrize("action", ["hoard", "map"])
def test_a_memory_hog_is_told_so(caged: CagedHost, action: str) -> None:
    _fails(caged, action, MemoryExceeded)


def test_a_job_that_takes_too_much_once_is_told_so(caged: CagedHost) -> None:
    _fails(caged, "gulp", MemoryExceeded)


def test_control_without_limits_the_same_job_gets_what_it_wants() -> None:
    with (
        host(plan(level=0), without=frozenset({"limits"})) as unlimited,
        source() as sheet,
        unlimited.run(job(sheet, "gulp")) as answer,
    ):
        assert answer.output is not None


@pytest.mark.parametrize("action", ["loop", "sleep"])
def test_an_endless_job_is_ended(hasty: CagedHost, action: str) -> None:
    _fails(hasty, action, TimeExceeded)


def test_a_job_that_says_nothing_or_an_empty_message_is_ended(hasty: CagedHost) -> None:
    _fails(hasty, "nothing", SafelightError)


def test_a_crash_names_its_signal(caged: CagedHost) -> None:
    _fails(caged, "crash", WorkerDied, "SIGSEGV")


def test_leaving_without_an_answer_is_a_death(caged: CagedHost) -> None:
    _fails(caged, "leave", WorkerDied, "without an answer")


def test_hanging_up_is_a_death(caged: CagedHost) -> None:
    _fails(caged, "hang up", WorkerDied, "SIGKILL")


@pytest.mark.parametrize("action", ["babble", "mislabel", "shout", "tell"])
def test_words_that_the_wire_does_not_have_end_the_job(caged: CagedHost, action: str) -> None:
    _fails(caged, action, WireBroken)


def test_a_worker_has_no_way_to_the_terminal(
    caged: CagedHost, capfd: pytest.CaptureFixture[str]
) -> None:
    with source() as sheet, caged.run(job(sheet, "print")):
        pass
    assert "canary" not in "".join(capfd.readouterr())


@pytest.mark.parametrize(
    ("exit_code", "kind", "words"),
    [
        (None, WorkerDied, "zygote"),
        (0, WorkerDied, "without an answer"),
        (-signal.SIGXCPU, TimeExceeded, "processor"),
        (-signal.SIGBUS, WorkerDied, "SIGBUS"),
        (-200, WorkerDied, "signal 200"),
    ],
)
def test_every_death_has_a_reason(
    exit_code: int | None, kind: type[SafelightError], words: str
) -> None:
    assert isinstance(death(exit_code), kind)
    assert words in death(exit_code).message


def test_a_killed_worker_costs_one_job() -> None:
    with host(plan(workers=2)) as caged:
        errors = _while_napping(caged, lambda worker, _: os.kill(worker, signal.SIGKILL))
        assert [type(error) for error in errors] == [WorkerDied]
        assert "SIGKILL" in str(errors[0])
        with source() as sheet, caged.run(job(sheet, "answer")) as answer:
            assert answer.output is not None


def test_a_killed_zygote_costs_the_jobs_under_way_and_is_replaced() -> None:
    with host() as caged:
        old = caged.pid
        errors = _while_napping(caged, lambda _, zygote: os.kill(zygote, signal.SIGKILL))
        assert [type(error) for error in errors] == [WorkerDied]
        with source() as sheet, caged.run(job(sheet, "answer")) as answer:
            assert answer.output is not None
        assert caged.pid != old
        assert until(lambda: not is_alive(old))


def _while_napping(caged: CagedHost, strike: object) -> list[SafelightError]:
    """Start a job that sleeps, strike at its worker or its zygote, and see how the job ends."""
    errors: list[SafelightError] = []

    def work() -> None:
        with source() as sheet:
            try:
                with caged.run(job(sheet, "sleep")):
                    pass
            except SafelightError as error:
                errors.append(error)

    caged.report()
    thread = threading.Thread(target=work)
    thread.start()
    assert until(lambda: bool(sleepers(caged.pid)))
    (zygote,) = [pid for pid in descendants(caged.pid) if _parent(pid) == caged.pid]
    if callable(strike):
        strike(sleepers(caged.pid)[0], zygote)
    thread.join()
    return errors


def _parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


SLEEPING_HOST = """
import sys
sys.path[:0] = sys.argv[1:]
from tests.worker.hosts import host, job, source
with source() as sheet, host() as caged:
    caged.report()
    print("up", flush=True)
    with caged.run(job(sheet, "sleep")):
        pass
"""


def test_killing_the_host_leaves_no_process(root: Path) -> None:
    places = [str(root), str(root / "src"), str(BODIES)]
    words = [sys.executable, "-c", SLEEPING_HOST, *places]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        assert until(lambda: bool(sleepers(process.pid)))
        family = descendants(process.pid)
        process.kill()
    assert len(family) >= 3
    assert until(lambda: not any(map(is_alive, family)))
