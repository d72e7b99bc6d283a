"""A zygote that cannot be started is one clear error, and leaves nothing behind."""

from __future__ import annotations

import os

import pytest

from safelight.errors import WorkerDied
from safelight.limits import Limits
from safelight.worker import launch
from safelight.worker.host import open_host
from safelight.worker.job import Plan
from safelight.worker.keeper import Keeper
from safelight.worker.pool import Pool


@pytest.mark.parametrize("words", [["/nowhere/python"], ["/bin/false"], ["/bin/echo", "hello"]])
def test_a_zygote_that_does_not_start_is_told(
    words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launch, "command", lambda *_words: words)
    before = len(os.listdir("/proc/self/fd"))
    with open_host(Plan(False, frozenset(), Limits())) as host:
        with pytest.raises(WorkerDied, match="did not start"):
            host.report()
        with pytest.raises(WorkerDied, match="did not start"):
            host.report()
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_keeper_whose_zygote_was_ended_gives_dead_workers() -> None:
    keeper = Keeper(Plan(False, frozenset(), Limits()))
    keeper.wait_up()
    keeper.end()
    worker = keeper.spawn()
    assert worker.dead.is_set()
    assert worker.exit_code is None
    worker.close()


def test_a_pool_whose_zygote_is_gone_asks_it_once_and_not_for_ever() -> None:
    keeper = Keeper(Plan(False, frozenset(), Limits()))
    keeper.wait_up()
    pool = Pool(lambda: keeper, 3)
    keeper.end()
    with pool._lock:
        pool._fill()
    assert len(pool._ahead) < 10
    pool.close()
