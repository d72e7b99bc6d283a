"""The control of the front end's lock: without it, the same ways out are open."""

from __future__ import annotations

import json
import os

import pytest

from safelight.errors import SafelightError
from safelight.server import outward, unlocked
from safelight.worker import launch
from safelight.worker.job import Attempt


@pytest.mark.opens_sockets("the throw-away process reaches listeners of its own")
def test_control_without_the_lock_the_ways_out_are_open() -> None:
    found = unlocked.attempts()
    assert set(found) == {one.name for one in outward.ATTACKS}
    closed = {name for name, got_out in found.items() if not got_out}
    by_the_kernel = {one.name for one in outward.ATTACKS if one.privileged}
    assert closed <= (by_the_kernel if os.geteuid() else set())


def test_what_the_throw_away_process_says_is_read(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = (Attempt("start", "programs", 0, False), Attempt("trace", "processes", 1, True))
    monkeypatch.setattr(outward, "attempts", lambda: found)

    def leave(code: int) -> None:
        raise SystemExit(code)

    monkeypatch.setattr(os, "_exit", leave)
    with pytest.raises(SystemExit):
        unlocked.main([])
    assert json.loads(capsys.readouterr().out) == {"start": True, "trace": False}


@pytest.mark.parametrize("program", ["raise SystemExit(1)", "print('x')", "print('[1]')"])
def test_a_control_that_fails_is_told(monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    import sys

    monkeypatch.setattr(launch, "command", lambda _module: [sys.executable, "-c", program])
    with pytest.raises(SafelightError, match="control run"):
        unlocked.attempts()
