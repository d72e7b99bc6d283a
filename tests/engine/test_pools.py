"""Pools of workers stay for the recipes to come; of those that nobody uses only a few."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from safelight.engine import hosts as hosts_module
from safelight.engine.engine import Engine
from safelight.engine.hosts import MOST_IDLE, Hosts, Wanted
from safelight.formats import Format
from safelight.recipe import Recipe
from safelight.worker.job import Answer, CageReport, Job, ModelFile, Plan

LATE: tuple[Format, ...] = ("heic", "dicom")
INSPECT = Recipe.from_steps([{"op": "inspect"}])


@dataclass
class Fake:
    """A host that does nothing but tell what became of it."""

    plan: Plan
    is_ready: bool = True
    is_closed: bool = False
    cancels: int = 0
    jobs: list[Job] = field(default_factory=list)

    @contextmanager
    def run(self, job: Job, *, progress: Any = None) -> Iterator[Answer]:
        assert not self.is_closed
        self.jobs.append(job)
        yield None  # type: ignore[misc]  # nobody looks at it here

    def report(self) -> CageReport:
        raise LookupError("nobody looks at it here")

    def cancel(self) -> None:
        self.cancels += 1

    def close(self) -> None:
        self.is_closed = True

    def __enter__(self) -> Fake:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Fake]:
    """Every host that was opened, in order."""
    every: list[Fake] = []

    def opened(plan: Plan, *, portable: bool, held: Sequence[ModelFile]) -> Fake:
        every.append(Fake(plan))
        return every[-1]

    monkeypatch.setattr(hosts_module, "open_host", opened)
    monkeypatch.setattr(hosts_module, "usable_cores", lambda: 4)
    return every


@pytest.fixture
def hosts(made: list[Fake]) -> Iterator[Hosts]:
    with Engine(jobs=4) as engine:
        yield engine.hosts


def differing(number: int) -> Wanted:
    """A wish that shares its workers with no other number."""
    late = frozenset(one for place, one in enumerate(LATE) if number >> place & 1)
    recipe = Recipe.from_steps(
        [{"op": "resize", "width": 9}] if number & 4 else [{"op": "inspect"}]
    )
    return Wanted(recipe, "jpeg", late, is_alone=bool(number & 8))


def test_a_pool_serves_every_recipe_that_it_is_warm_for(hosts: Hosts, made: list[Fake]) -> None:
    for width in range(1, 9):
        with hosts.using(Wanted(Recipe.from_steps([{"op": "resize", "width": width}]), "jpeg")):
            pass
    assert len(made) == hosts.ready == 1


def test_of_those_that_nobody_uses_the_oldest_goes(hosts: Hosts, made: list[Fake]) -> None:
    for number in range(MOST_IDLE):
        hosts.get(differing(number))
    assert not any(host.is_closed for host in made)
    hosts.get(differing(0))
    hosts.get(differing(MOST_IDLE))
    assert [host.is_closed for host in made] == [False, True] + [False] * (MOST_IDLE - 1)
    assert hosts.ready == MOST_IDLE


def test_one_that_is_used_stays_however_many_come(hosts: Hosts, made: list[Fake]) -> None:
    with hosts.using(differing(0)) as used:
        for number in range(1, 2 * MOST_IDLE):
            hosts.get(differing(number))
        assert isinstance(used, Fake)
        assert not used.is_closed
        assert hosts.ready == MOST_IDLE + 1
    hosts.get(differing(1))
    assert used.is_closed


def test_where_nothing_else_waits_a_worker_has_every_core(hosts: Hosts, made: list[Fake]) -> None:
    hosts.get(Wanted(INSPECT, "jpeg"))
    hosts.get(Wanted(INSPECT, "jpeg", is_alone=True))
    assert [host.plan.threads for host in made] == [1, 4]


def test_a_warm_pool_stands_in_for_one_that_is_not_yet(hosts: Hosts, made: list[Fake]) -> None:
    crowd, alone = Wanted(INSPECT, "jpeg"), Wanted(INSPECT, "jpeg", is_alone=True)
    first = hosts.get(crowd)
    made[0].is_ready = False
    second = hosts.get(alone)
    assert second is not first, "there is nothing warm: wait for the right one"
    made[0].is_ready, made[1].is_ready = True, False
    assert hosts.get(alone) is first
    made[1].is_ready = True
    assert hosts.get(alone) is second
    made[0].is_ready = False
    assert hosts.get(crowd) is second


def test_all_are_ended_with_the_engine_and_can_be_made_again(
    hosts: Hosts, made: list[Fake]
) -> None:
    hosts.get(differing(0))
    hosts.cancel()
    assert made[0].cancels == 1
    hosts.close()
    assert made[0].is_closed
    with hosts.using(differing(0)):
        assert len(made) == 2


def test_many_threads_at_once_share_and_end_nothing_that_is_used(
    hosts: Hosts, made: list[Fake]
) -> None:
    failures: list[BaseException] = []

    def work(start: int) -> None:
        try:
            for turn in range(200):
                job = Job(-1, 0, b"")
                with hosts.runner(differing((start + turn * 7) % 16)).run(job):
                    pass
        except BaseException as error:  # noqa: BLE001 - told below
            failures.append(error)

    threads = [threading.Thread(target=work, args=(start,)) for start in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert sum(len(host.jobs) for host in made) == 1_600
    assert hosts.ready <= MOST_IDLE + 8


def test_one_that_is_looked_at_stays_until_the_end(hosts: Hosts, made: list[Fake]) -> None:
    looked_at = hosts.get(differing(0), stays=True)
    for number in range(1, 2 * MOST_IDLE):
        hosts.get(differing(number))
    assert looked_at is made[0]
    assert not made[0].is_closed
    hosts.close()
    assert made[0].is_closed
