"""Ctrl-C: once ends after the pictures under way, twice at once. SIGTERM counts as Ctrl-C.

Where no picture is left to begin with, once is at once: there is nothing else to spare. Nothing
half-written stays in either case, and the same command goes on where this one ended.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Protocol

from safelight.errors import Cancelled

FIRST = "\nsafelight: finishing the pictures under way; asked again (Ctrl-C), it stops at once\n"
SECOND = "\nsafelight: stopping\n"


class Stoppable(Protocol):
    """What can be asked to end; has_more tells, without a lock, if any is left to begin with."""

    @property
    def has_more(self) -> bool: ...

    def finish_soon(self) -> None: ...

    def stop_now(self) -> None: ...


class Stopper:
    """Hands the wishes to stop to the batch; before there is one, the first raises Cancelled."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.batch: Stoppable | None = None
        self.wishes = 0
        self._say = say

    def __call__(self, _number: int, _frame: object) -> None:
        self.wishes += 1
        if self.batch is None:
            raise Cancelled(hint="run the same command again")
        if self.wishes == 1 and self.batch.has_more:
            self._say(FIRST)
            self._later(self.batch.finish_soon)
        elif self.wishes <= 2:
            self._say(SECOND)
            self._later(self.batch.stop_now)
        else:
            os._exit(Cancelled.exit_code)

    def _later(self, wish: Callable[[], None]) -> None:
        """In a thread of its own: the interrupted one may hold the lock that the wish needs."""
        threading.Thread(target=wish, name="stopping", daemon=True).start()


def say_plainly(text: str) -> None:
    """Write to the error stream without its lock, which the interrupted code may hold."""
    with suppress(OSError):
        os.write(2, text.encode())


@contextmanager
def stopping(*, quiet: bool) -> Iterator[Stopper]:
    """Take over the signals that ask to stop, and give them back.

    One that whoever started us had us ignore stays ignored, as nohup and a shell's & mean it.
    """
    stopper = Stopper((lambda _text: None) if quiet else say_plainly)
    names = [name for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    heard = [name for name in names if signal.getsignal(getattr(signal, name)) != signal.SIG_IGN]
    before = {name: signal.signal(getattr(signal, name), stopper) for name in heard}
    try:
        yield stopper
    finally:
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler)
