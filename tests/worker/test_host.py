"""A job goes through a fresh, locked worker and back."""

from __future__ import annotations

import mmap
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from safelight.errors import (
    Cancelled,
    ContainerBroken,
    LevelTooLow,
    LimitExceeded,
    SafelightError,
    WireBroken,
)
from safelight.worker.caged import CagedHost
from safelight.worker.host import open_host
from safelight.worker.memory import Sheet, read_only
from tests.worker.hosts import (
    PNG,
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

CANARY = b"canary-7c1d"


@pytest.fixture(scope="module")
def caged() -> Iterator[CagedHost]:
    with host() as opened:
        yield opened


def test_a_job_comes_back_with_bytes_facts_and_what_held_its_worker(caged: CagedHost) -> None:
    told: list[float] = []
    with source() as sheet, caged.run(job(sheet, "answer"), progress=told.append) as answer:
        assert answer.output is not None
        assert bytes(answer.output) == PNG + b"picture"
        assert (answer.format, answer.width, answer.height) == ("png", 3, 2)
        assert (answer.input_format, answer.input_width, answer.input_height) == ("jpeg", 3, 2)
        assert answer.is_reencoded
        assert [found.value for found in answer.findings] == ["here"]
        assert [(change.what, change.finding.name) for change in answer.changes] == [
            ("removed", "date")
        ]
        assert answer.cage.level >= 2
        assert answer.cage.contained == len(answer.cage.attempts) > 40


def test_an_analysis_brings_findings_and_no_output(caged: CagedHost) -> None:
    with source() as sheet, caged.run(job(sheet, "answer", wants_image=False)) as answer:
        assert answer.output is None
        assert answer.format is None
        assert len(answer.findings) == 1


def test_every_job_has_a_process_of_its_own(caged: CagedHost) -> None:
    with source() as sheet:
        seen = []
        for _ in range(3):
            with caged.run(job(sheet, "answer")) as answer:
                seen.append(answer.cage.kernel["NSpid"])
        assert len(set(seen)) == 3


def test_a_report_needs_no_job(caged: CagedHost) -> None:
    report = caged.report()
    assert report.contained == len(report.attempts)
    assert report.kernel["Seccomp"] == "2"


def test_a_weaker_cage_gets_no_job() -> None:
    with source() as sheet, host(without=frozenset({"landlock"})) as caged:
        assert caged.report().level == 0
        error = failure(caged, job(sheet, "answer"))
        assert isinstance(error, LevelTooLow)
        assert error.message == "this cage has level 0, level 2 is required"


def test_the_refused_cage_would_have_worked() -> None:
    given, without = plan(level=0), frozenset({"landlock"})
    with source() as sheet, host(given, without=without) as caged:
        run = caged.run(job(sheet, "answer"))
        with run as answer:
            assert answer.cage.level == 0


def test_a_failure_crosses_as_numbers_and_comes_out_in_our_words(caged: CagedHost) -> None:
    with source() as sheet:
        error = failure(caged, job(sheet, "stumble"))
    assert type(error) is SafelightError
    assert "unforeseen LookupError" in error.message
    assert "picture.jpg" not in error.message


@pytest.mark.parametrize("action", ["words", "refuse"])
def test_a_sentence_that_is_not_in_our_code_does_not_cross(caged: CagedHost, action: str) -> None:
    with source() as sheet:
        error = failure(caged, job(sheet, action))
    assert isinstance(error, ContainerBroken | LimitExceeded)
    assert error.message == error.sentence


def test_a_worker_cannot_name_an_error_of_the_host(caged: CagedHost) -> None:
    with source() as sheet, pytest.raises(WireBroken), caged.run(job(sheet, "lie")):
        pass


def test_an_unsealed_source_is_refused(caged: CagedHost) -> None:
    sheet = Sheet(10)
    with pytest.raises(SafelightError, match="not sealed"), caged.run(job(sheet, "answer")):
        pass
    sheet.close()


def test_twenty_jobs_from_twenty_threads() -> None:
    def one(number: int) -> bytes:
        with source(b"%d" % number) as sheet, pair.run(job(sheet, "answer")) as answer:
            return bytes(answer.output or b"")

    with host(plan(workers=2)) as pair, ThreadPoolExecutor(20) as threads:
        assert list(threads.map(one, range(20))) == [PNG + b"%d" % number for number in range(20)]


def test_a_failing_listener_ends_its_job_and_no_other(caged: CagedHost) -> None:
    def fail(_: float) -> None:
        raise LookupError("listener")

    with source() as sheet:
        run = caged.run(job(sheet, "tell"), progress=fail)
        with pytest.raises(LookupError, match="listener"), run:
            pass
        with caged.run(job(sheet, "answer")) as answer:
            assert answer.output is not None


def test_cancel_ends_what_is_under_way_and_nothing_later(caged: CagedHost) -> None:
    errors: list[BaseException] = []

    def work() -> None:
        try:
            with source() as sheet, caged.run(job(sheet, "sleep")):
                pass
        except BaseException as error:  # noqa: BLE001 - the test looks at it
            errors.append(error)

    caged.report()
    thread = threading.Thread(target=work)
    thread.start()
    assert until(lambda: bool(sleepers(caged.pid)))
    caged.cancel()
    thread.join()
    assert [type(error) for error in errors] == [Cancelled]
    with source() as sheet, caged.run(job(sheet, "answer")) as answer:
        assert answer.output is not None


def test_close_leaves_no_process() -> None:
    given = host()
    given.report()
    processes = descendants(given.pid) | {given.pid}
    assert len(processes) >= 3
    given.close()
    assert until(lambda: not any(map(is_alive, processes)))


def test_a_signal_from_the_keyboard_reaches_no_worker(caged: CagedHost) -> None:
    with source() as sheet:
        caged.report()
        for pid in descendants(caged.pid):
            os.kill(pid, signal.SIGINT)
        with caged.run(job(sheet, "answer")) as answer:
            assert answer.output is not None


def test_no_descriptor_is_left_after_two_hundred_jobs(caged: CagedHost) -> None:
    with source() as sheet:
        counts = []
        for _ in range(200):
            with caged.run(job(sheet, "answer")):
                pass
            counts.append(len(os.listdir("/proc/self/fd")))
    assert max(counts[100:]) <= max(counts[:100])


@pytest.mark.parametrize("is_overwritten", [True, False])
def test_what_a_worker_wrote_is_overwritten(
    caged: CagedHost, is_overwritten: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not is_overwritten:  # the control: the search must find the canary then
        monkeypatch.setattr(Sheet, "overwrite", lambda sheet: None)
    with source(CANARY * 1_000) as sheet, caged.run(job(sheet, "answer")) as answer:
        assert answer.output is not None
        size = len(answer.output)
        held = [os.open(f"/proc/self/fd/{fd}", os.O_RDONLY) for fd in _memfds()]
    found = [CANARY in read_only(fd, min(size, os.fstat(fd).st_size)).tobytes() for fd in held]
    for fd in held:
        os.close(fd)
    assert any(found) is not is_overwritten


def _memfds() -> list[int]:
    links = {fd: os.readlink(f"/proc/self/fd/{fd}") for fd in _open_fds()}
    return [fd for fd, link in links.items() if link.startswith("/memfd:safelight")]


def _open_fds() -> list[int]:
    fds = []
    for name in os.listdir("/proc/self/fd"):
        if os.path.lexists(f"/proc/self/fd/{name}"):
            fds.append(int(name))
    return fds


def test_a_slice_that_outlives_its_answer_shows_zeros(caged: CagedHost) -> None:
    with source() as sheet, caged.run(job(sheet, "answer")) as answer:
        assert answer.output is not None
        kept = answer.output[len(PNG) :]
    assert bytes(kept) == bytes(7)


def test_a_sealed_sheet_cannot_be_written_by_others() -> None:
    with source(b"abc") as sheet:
        with pytest.raises(PermissionError):
            os.pwrite(sheet.fd, b"x", 0)
        with pytest.raises(PermissionError):
            mmap.mmap(sheet.fd, 3)


def test_the_door_opens_both_hosts() -> None:
    with open_host(plan()) as caged:
        assert caged.report().level >= 2
    with open_host(plan(), portable=True) as portable:
        assert portable.report().level == 0
