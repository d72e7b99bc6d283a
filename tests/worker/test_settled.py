"""Where no image is asked for nobody waits for the worker to die, nor can it change its answer."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from safelight.errors import WireBroken
from safelight.worker import caged, pool
from safelight.worker.caged import CagedHost
from safelight.worker.job import Answer
from safelight.worker.keeper import Worker
from safelight.worker.memory import Sheet
from safelight.worker.orders import answer_of
from safelight.worker.records import RECORD_BYTES, REPORT_BYTES
from safelight.worker.talk import Errand
from safelight.worker.wire import Outcome
from tests.worker.hosts import failure, host, is_alive, job, plan, source, until

WORDS, OTHER = b"GPS", b"revised"


@pytest.fixture
def one() -> Iterator[CagedHost]:
    with host() as opened:
        yield opened


@pytest.fixture
def staying(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Worker]]:
    """Workers that were told to leave and did not hear it; they die at the end of the test."""
    told: list[Worker] = []

    def hear_not(worker: Worker) -> None:
        told.append(worker)

    with monkeypatch.context() as deaf:
        deaf.setattr(Worker, "dismiss", hear_not)
        yield told
    for worker in told:
        worker.kill()


def report_of_a_job() -> int:
    """A further descriptor of the one sheet into which a worker writes its records now."""
    found = {}
    for name in os.listdir("/proc/self/fd"):
        try:
            link, facts = os.readlink(f"/proc/self/fd/{name}"), os.fstat(int(name))
        except OSError:  # closed meanwhile
            continue
        if link.startswith("/memfd:safelight") and facts.st_size == REPORT_BYTES:
            found[facts.st_ino] = int(name)  # a mapping of it has a descriptor, too
    (fd,) = found.values()
    return os.dup(fd)


def start_of(fd: int) -> bytes:
    return os.pread(fd, 1_000, 0)


@pytest.mark.parametrize("is_copied", [True, False])
def test_what_is_written_after_the_answer_is_seen_by_nobody(
    one: CagedHost, staying: list[Worker], monkeypatch: pytest.MonkeyPatch, is_copied: bool
) -> None:
    if not is_copied:  # the control: the other words are in the answer then
        monkeypatch.setattr(Errand, "untrusted_records", records_in_place)

    def late(*given: Any, **more: Any) -> Answer:
        report = report_of_a_job()
        assert until(lambda: OTHER in start_of(report))
        os.close(report)
        return answer_of(*given, **more)

    monkeypatch.setattr(caged, "answer_of", late)
    with source() as sheet, one.run(job(sheet, "revise", wants_image=False)) as answer:
        names = [finding.name for finding in answer.findings]
    assert names == [(WORDS if is_copied else OTHER).decode()]
    assert len(staying) == 1


def records_in_place(errand: Errand, outcome: Outcome) -> memoryview:
    return errand._report.view(outcome.records * RECORD_BYTES)


def test_a_worker_that_stays_after_an_image_is_an_error(
    one: CagedHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(caged, "LEAVE_TIMEOUT_S", 0.2)
    with source() as sheet:
        error = failure(one, job(sheet, "revise"))
    assert isinstance(error, WireBroken)
    assert "stayed" in error.message


def test_a_worker_is_ended_with_its_answer(one: CagedHost, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Worker] = []
    dismiss = Worker.dismiss

    def watched(worker: Worker) -> None:
        seen.append(worker)
        dismiss(worker)

    monkeypatch.setattr(Worker, "dismiss", watched)
    with source() as sheet, one.run(job(sheet, "revise", wants_image=False)):
        pass
    assert seen[0].dead.wait(20)
    assert seen[0].exit_code == -9


@pytest.mark.parametrize("is_overwritten", [True, False])
def test_its_sheets_are_overwritten_once_it_is_dead(
    one: CagedHost, monkeypatch: pytest.MonkeyPatch, is_overwritten: bool
) -> None:
    if not is_overwritten:  # the control: the words are found then
        monkeypatch.setattr(Sheet, "overwrite", lambda sheet: None)
    with source() as sheet, one.run(job(sheet, "revise", wants_image=False)):
        report = report_of_a_job()
    one.close()
    assert any(words in start_of(report) for words in (WORDS, OTHER)) is not is_overwritten
    os.close(report)


def test_until_it_is_dead_it_keeps_its_turn_and_then_it_is_made_to_leave(
    one: CagedHost, staying: list[Worker], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "DEATH_TIMEOUT_S", 0.2)
    asked: list[bool] = []
    kill = Worker.kill

    def killed(worker: Worker) -> None:
        asked.append(worker.dead.is_set())
        worker.keeper.kill(worker.id)
        kill(worker)

    monkeypatch.setattr(Worker, "kill", killed)
    with source() as sheet:
        with one.run(job(sheet, "revise", wants_image=False)):
            pass
        with one.run(job(sheet, "answer", wants_image=False)) as answer:
            assert answer.findings
    assert asked[0] is False
    assert staying[0].dead.is_set()


def test_two_turns_let_the_next_job_begin_beside_one_that_leaves(staying: list[Worker]) -> None:
    with source() as sheet, host(plan(workers=2)) as two:
        with two.run(job(sheet, "revise", wants_image=False)):
            pass
        with two.run(job(sheet, "answer", wants_image=False)) as answer:
            assert answer.findings
        assert not staying[0].dead.is_set()
        pid = two.pid
    assert staying[0].dead.is_set()
    assert not is_alive(pid)
