"""The stopper alone: which wish reaches the batch, and what happens before there is one."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from safelight.cli.stopping import stopping
from safelight.errors import Cancelled


class Batch:
    """Remembers what it was asked."""

    def __init__(self) -> None:
        self.soon, self.now = threading.Event(), threading.Event()

    def finish_soon(self) -> None:
        self.soon.set()

    def stop_now(self) -> None:
        self.now.set()


def press(number: int) -> None:
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_before_there_is_a_batch_it_just_ends(number: int) -> None:
    with stopping(quiet=True), pytest.raises(Cancelled):
        press(number)


def test_the_first_wish_is_soon_the_second_now(capfd: pytest.CaptureFixture[str]) -> None:
    with stopping(quiet=False) as stopper:
        stopper.batch = batch = Batch()
        press(signal.SIGINT)
        assert batch.soon.wait(60)
        assert not batch.now.is_set()
        press(signal.SIGTERM)
        assert batch.now.wait(60)
    said = capfd.readouterr().err
    assert "finishing the pictures under way" in said
    assert "stopping" in said


def test_the_third_does_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    left: list[int] = []
    monkeypatch.setattr(os, "_exit", left.append)
    with stopping(quiet=True) as stopper:
        stopper.batch = Batch()
        for _ in range(3):
            press(signal.SIGINT)
    assert left == [130]


def test_the_signals_are_given_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with stopping(quiet=True):
        assert signal.getsignal(signal.SIGTERM) is not before
    assert signal.getsignal(signal.SIGTERM) is before
