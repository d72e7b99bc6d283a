"""Processes and threads: a worker gets so many, and a zygote that gets none loses one job."""

from __future__ import annotations

import os
import select
import socket
import threading
from errno import EAGAIN, EMFILE
from pathlib import Path
from typing import NoReturn

import pytest

from safelight.errors import SafelightError
from safelight.limits import Limits
from safelight.worker import control, errand
from safelight.worker.child import perform
from safelight.worker.control import Kind, Note
from safelight.worker.job import Plan
from safelight.worker.layers import LAYERS, Lockdown, not_covered
from safelight.worker.wire import Order
from safelight.worker.zygote import Body, Zygote
from tests.worker.children import in_child, refuse_namespaces
from tests.worker.hosts import descendants, failure, host, job, plan, source, threads_of, until

UNLIMITED = "a worker may make threads until the user's own limit"
# Room for 64 of the zygote's and, for each of two workers, 32 and 4 for its thread.
MOST = 64 + 2 * (32 + 4)
LARGE = 2_000_000_000  # more than the stacks need
SPARE = 8


def _threads(pid: int) -> int:
    """Threads of all descendants together."""
    return sum(map(threads_of, descendants(pid)))


def test_threads_without_end_fail_their_own_job_alone() -> None:
    errors: list[SafelightError] = []
    with (
        host(plan(workers=2, memory_bytes=LARGE, timeout_s=6, level=3)) as caged,
        source() as sheet,
    ):
        caged.report()
        before = caged.pid
        thread = threading.Thread(
            target=lambda: errors.append(failure(caged, job(sheet, "threads")))
        )
        thread.start()
        with caged.run(job(sheet, "nap")) as answer:
            assert answer.output
        thread.join()
        assert [type(error) for error in errors] == [SafelightError]
        assert caged.pid == before


def test_the_zygote_still_forks_while_a_worker_holds_all_threads() -> None:
    with host(plan(workers=2, memory_bytes=LARGE, timeout_s=6, level=3)) as caged:
        caged.report()
        with source() as sheet:
            thread = threading.Thread(target=lambda: failure(caged, job(sheet, "hold threads")))
            thread.start()
            assert until(lambda: _threads(caged.pid) > MOST - SPARE)
            for _ in range(3):
                with caged.run(job(sheet, "answer")) as answer:
                    assert answer.output
                assert _threads(caged.pid) <= MOST + SPARE
            caged.cancel()
            thread.join()


def test_control_without_the_limits_there_are_more() -> None:
    given = plan(workers=2, memory_bytes=LARGE, timeout_s=6, level=0)
    with host(given, without=frozenset({"limits"})) as caged, source() as sheet:
        caged.report()
        thread = threading.Thread(target=lambda: failure(caged, job(sheet, "hold threads")))
        thread.start()
        assert until(lambda: _threads(caged.pid) > 2 * MOST)
        caged.cancel()
        thread.join()


def test_where_tasks_are_not_counted_apart_the_report_says_so() -> None:
    seen = dict.fromkeys(LAYERS, True)
    assert UNLIMITED not in not_covered(seen, 3)
    assert UNLIMITED in not_covered(seen | {"namespaces": False}, 2)
    assert UNLIMITED in not_covered(seen, 3, is_root=True)


def test_at_level_2_no_limit_is_set_and_the_report_says_so() -> None:
    def work() -> list[bool]:
        refuse_namespaces()
        with host() as caged:
            found = caged.report()
            lines = [
                line
                for pid in descendants(caged.pid)
                for line in Path(f"/proc/{pid}/limits").read_text().splitlines()
                if line.startswith("Max processes")
            ]
        own = Path("/proc/self/limits").read_text()
        return [UNLIMITED in found.not_covered, bool(lines), all(line in own for line in lines)]

    assert in_child(work) == [True, True, True]


@pytest.mark.parametrize("call", ["fork", "pidfd_open"])
def test_a_worker_that_the_system_refuses_is_the_only_one_that_dies(
    call: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> NoReturn:
        raise OSError(EAGAIN if call == "fork" else EMFILE, "refused")

    def work() -> list[int]:
        near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        near.settimeout(20)
        plan = Plan(False, frozenset(), Limits())
        zygote = Zygote(plan, Body(perform, lambda: None), Lockdown(), 0)
        monkeypatch.setattr(os, call, refuse)
        deaths = []
        thread = threading.Thread(target=zygote.serve, args=(far,), daemon=True)
        thread.start()
        assert Note.parse(near.recv(100)).kind is Kind.UP
        for number in (7, 8):  # it goes on after the first
            mine, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            control.send(near, Note(Kind.SPAWN, number), (its.fileno(),))
            its.close()
            note = Note.parse(near.recv(100))
            ears = select.poll()
            ears.register(mine, select.POLLIN)
            assert ears.poll(10_000)  # nobody holds its other end any more
            deaths += [int(note.kind), note.id]
        return deaths

    assert in_child(work) == [Kind.DEATH, 7, Kind.DEATH, 8]


@pytest.mark.parametrize(("asked", "allowed", "given"), [(0, 4, 4), (2, 4, 2), (9, 4, 4)])
def test_a_job_uses_no_more_threads_than_its_plan_allows(
    asked: int, allowed: int, given: int
) -> None:
    order = Order(1, 1, (), wants_image=True, nonce=1, threads=asked)
    assert errand.threads_of(order, Plan(True, frozenset(), Limits(), threads=allowed)) == given
