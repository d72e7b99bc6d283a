"""The stopper alone: which wish reaches the batch, and what happens before there is one."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator

import pytest

from safelight.cli.stopping import stopping
from safelight.errors import Cancelled


class Batch:
    """Remembers what it was asked."""

    def __init__(self, *, has_more: bool = True) -> None:
        self._has_more = has_more
        self.soon, self.now = threading.Event(), threading.Event()

    @property
    def has_more(self) -> bool:
        return self._has_more

    def finish_soon(self) -> None:
        self.soon.set()

    def stop_now(self) -> None:
        self.now.set()


@pytest.fixture(autouse=True)
def as_in_a_shell() -> Iterator[None]:
    """The signals as a command in the foreground has them, however these tests were started."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, signal.default_int_handler) for number in numbers]
    yield
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


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


def test_the_first_wish_is_now_where_nothing_is_left_to_begin_with() -> None:
    with stopping(quiet=True) as stopper:
        stopper.batch = batch = Batch(has_more=False)
        press(signal.SIGINT)
        assert batch.now.wait(60)
        assert not batch.soon.is_set()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_what_we_were_started_to_ignore_stays_ignored(number: int) -> None:
    """As by nohup. The control above: where it is not ignored, it ends the run."""
    signal.signal(number, signal.SIG_IGN)
    with stopping(quiet=True) as stopper:
        press(number)
        assert stopper.wishes == 0
    assert signal.getsignal(number) == signal.SIG_IGN


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
