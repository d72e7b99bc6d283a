"""The supervisor: owns the sockets and the other two processes, and parses nothing.

bind → start front end and back end → give each an end of a new line → ready
a child dies → make it anew, and a new line; the sockets stay, so nobody is turned away
asked to stop → the front end finishes what is in flight, then the back end leaves
asked again → both leave now
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from safelight.errors import SafelightError
from safelight.server import children, control
from safelight.server.children import Child
from safelight.server.control import Kind, Note
from safelight.server.starting import Start
from safelight.server.tls.policy import ENVIRONMENT as TLS_ENVIRONMENT

if TYPE_CHECKING:
    from safelight.server.tls.credentials import Credentials

FRONT, BACK = "safelight.server.front.main", "safelight.server.back.main"
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
START_S = 60
LEAVE_S = 5
# A child that dies is made anew: at once the first time, then after a pause that grows; one that
# dies before it is ready, only so often.
MOST_FAILURES = 5
PAUSE_S, LONGEST_PAUSE_S = 0.1, 5.0
# How often is it asked whether the certificate is to be made anew.
RENEWAL_S = 30


class Supervisor:
    """Run it once. log gets each line of the log; ready is called once, when both children are;
    told is called with each wish to stop.
    """

    def __init__(
        self,
        start: Start,
        *,
        ready: Callable[[], None],
        log: Callable[[str], None],
        told: Callable[[int], None] = lambda _wishes: None,
        credentials: Credentials | None = None,
        front: str = FRONT,
        back: str = BACK,
    ) -> None:
        self._start = replace(start, supervisor=os.getpid())
        self._ready, self._told, self._credentials = ready, told, credentials
        self._renewal_at = time.monotonic() + RENEWAL_S
        self.front = Child(front, children.environment() | TLS_ENVIRONMENT, log)
        self.back = Child(back, children.environment(children.OF_THE_BACK), log)
        self.restarts = {"front": 0, "back": 0}
        self._wishes = 0
        self._is_up = False
        self._again_at: dict[Child, float] = {}
        self._deadline = time.monotonic() + START_S

    def run(self) -> None:
        """Until it was asked to stop and everything has ended. Raises the SafelightError that
        kept a child from serving.
        """
        with _signals() as woken:
            try:
                self._spawn(self.back)
                self._spawn(self.front)
                self._join()
                while self._is_needed():
                    self._step(woken)
            finally:
                self._end()

    def _spawn(self, child: Child) -> None:
        is_front = child is self.front
        start = self._start if is_front else replace(self._start, listeners=(), tls={}, identity={})
        child.start(start)

    def _join(self) -> None:
        """A new line between the two, where both are there."""
        if self.front.is_alive and self.back.is_alive:
            for child, end in zip((self.front, self.back), control.pair(), strict=True):
                with end:
                    child.tell(Note(Kind.PEER), end.fileno())

    def _is_needed(self) -> bool:
        """Whether anything is left to do; after a wish to stop, once the children have ended."""
        if not self._wishes:
            return True
        if not self.front.is_alive:
            self.back.tell(Note(Kind.LEAVE))
        return self.front.is_alive or self.back.is_alive

    def _step(self, woken: int) -> None:
        owners = {fd: child for child in (self.front, self.back) for fd in child.ears()}
        ears = select.poll()
        for fd in (*owners, woken):
            ears.register(fd, select.POLLIN)
        for fd, _ in ears.poll(self._patience_ms()):
            if fd == woken:
                for _ in os.read(woken, 64):
                    self._wish()
            elif fd in owners:
                owners[fd].attend(fd)
        self._renew()
        self._make_anew()
        self._look_at_the_clock()
        if not self._is_up and self.front.is_ready and self.back.is_ready:
            self._is_up = True
            self._ready()

    def _patience_ms(self) -> float | None:
        moments = [*self._again_at.values()]
        if self._credentials is not None:
            moments.append(self._renewal_at)
        if self._wishes or not self._is_up:
            moments.append(self._deadline)
        return max(0.0, min(moments) - time.monotonic()) * 1000 + 1 if moments else None

    def _make_anew(self) -> None:
        """A child that is gone, unless everything is to end."""
        for child, name in ((self.back, "back"), (self.front, "front")):
            if child.is_alive or (self._wishes and not (child is self.back and self._drains())):
                continue
            if (child.failures and not self._is_up) or child.failures >= MOST_FAILURES:
                raise _failure(child)
            now = time.monotonic()
            if now >= self._again_at.setdefault(child, now + _pause_s(child)):
                del self._again_at[child]
                self.restarts[name] += 1
                try:
                    self._spawn(child)
                except OSError:  # the system grants no process now
                    self._again_at[child] = now + LONGEST_PAUSE_S
                self._join()

    def _renew(self) -> None:
        """A certificate that is due, or that the user has changed: also for a front end to come."""
        if self._credentials is None or time.monotonic() < self._renewal_at:
            return
        self._renewal_at = time.monotonic() + RENEWAL_S
        if (fd := self._credentials.renewed()) is not None:
            self._start = replace(self._start, tls=self._credentials.told())
            self.front.tell(Note(Kind.LEAF), fd)

    def _drains(self) -> bool:
        return self._wishes == 1 and self.front.is_alive

    def _look_at_the_clock(self) -> None:
        is_late = time.monotonic() > self._deadline
        if not self._is_up and not self._wishes and is_late:
            raise SafelightError("the server did not start in time", hint="safelight doctor")
        if self._wishes and is_late:
            self.front.kill()
            self.back.kill()

    def _wish(self) -> None:
        """Someone asks us to stop."""
        self._wishes += 1
        grace_s = self._start.options.grace_s
        is_gentle = self._wishes == 1 and self._is_up
        self._deadline = time.monotonic() + (grace_s if is_gentle else 0) + LEAVE_S
        if is_gentle:
            self.front.tell(Note(Kind.DRAIN, grace_s))
        else:
            self.front.tell(Note(Kind.LEAVE))
            self.back.tell(Note(Kind.LEAVE))
        self._told(self._wishes)

    def _end(self) -> None:
        """No child outlives the supervisor."""
        for child in (self.front, self.back):
            child.kill()
            while child.is_alive:
                for fd in tuple(child.ears()):
                    ears = select.poll()
                    ears.register(fd, select.POLLIN)
                    if ears.poll(50):
                        child.attend(fd)


def _pause_s(child: Child) -> float:
    """Whoever makes it die again and again is to cost little."""
    again = child.young_deaths - 1
    return min(PAUSE_S * 2 ** min(again, 10), LONGEST_PAUSE_S) if again > 0 else 0.0


def _failure(child: Child) -> SafelightError:
    words = f": {child.last_words}" if child.last_words else ""
    hint = child.failure.usual_hint or "safelight doctor"
    return child.failure(f"a part of the server did not start{words}", hint=hint)


@contextlib.contextmanager
def _signals() -> Iterator[int]:
    """Take over the signals that ask to stop: each is one byte to be read from what is yielded. One
    that whoever started us had us ignore stays ignored.
    """
    heard = [one for one in STOPPING if signal.getsignal(one) != signal.SIG_IGN]
    reading, writing = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
    before = {one: signal.signal(one, lambda _number, _frame: None) for one in heard}
    woken = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    try:
        yield reading
    finally:
        signal.set_wakeup_fd(woken)
        for one, handler in before.items():
            signal.signal(one, handler)
        os.close(reading)
        os.close(writing)
