"""Commands that run in the process of the tests share the zygotes of their workers: each worker is
still a fresh process of one job.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from safelight.engine import hosts
from safelight.worker import launch
from safelight.worker.host import open_host
from safelight.worker.job import Host, ModelFile, Plan

MOST = 8


class Lent:
    """A host that outlives the engine that closes it."""

    def __init__(self, host: Host) -> None:
        self._host = host

    def __getattr__(self, name: str) -> Any:
        return getattr(self._host, name)

    def close(self) -> None:
        """Nothing: others use it after this one."""


@pytest.fixture(scope="session")
def lent() -> Iterator[dict[str, Host]]:
    """By what they are warm for; the one that was used last comes last."""
    held: dict[str, Host] = {}
    yield held
    for host in held.values():
        host.close()


@pytest.fixture(autouse=True)
def shared_hosts(lent: dict[str, Host], monkeypatch: pytest.MonkeyPatch) -> None:
    def lend(plan: Plan, *, portable: bool = False, held: Sequence[ModelFile] = ()) -> Any:
        if portable or held:
            return open_host(plan, portable=portable, held=held)
        key = repr((plan, launch.command))  # a test may have a zygote start otherwise
        lent[key] = lent.pop(key) if key in lent else open_host(plan)
        if len(lent) > MOST:
            lent.pop(next(iter(lent))).close()
        return Lent(lent[key])

    monkeypatch.setattr(hosts, "open_host", lend)
