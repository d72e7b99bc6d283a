"""Peer: one front end as the back end has it: its line, and what it wants that is not done yet."""

from __future__ import annotations

import contextlib
import select
import socket
import threading
from collections.abc import Mapping
from typing import Any

from safelight.errors import SafelightError
from safelight.server.wire import line as lines
from safelight.server.wire.records import Answer, Failure, Progress, Reply
from safelight.server.wire.sheets import Facts, Output, overwrite
from safelight.worker.stop import Stop

# How long a front end that reads nothing is waited for, before what was to be told is lost.
PATIENCE_S = 30


class Peer:
    """Safe to use from many threads. What it is told after the front end is gone is lost."""

    def __init__(self, channel: socket.socket) -> None:
        self.channel = channel
        self._lock = threading.Lock()
        self._saying = threading.Lock()
        self._stops: dict[int, Stop] = {}

    def begin(self, number: int, stop: Stop) -> bool:
        """Take one more of its wishes; False for a number that is taken."""
        with self._lock:
            if number in self._stops:
                return False
            self._stops[number] = stop
        return True

    def cancel(self, number: int) -> None:
        with self._lock:
            stop = self._stops.get(number)
        if stop is not None:
            stop.set()

    def leave(self) -> None:
        """The front end is gone: nobody wants any of it any more."""
        with self._lock:
            stops = tuple(self._stops.values())
        for stop in stops:
            stop.set()
        with contextlib.suppress(OSError):
            self.channel.shutdown(socket.SHUT_RDWR)  # who waits to be heard waits no more
        with self._saying:  # nobody speaks into what may get the number of the line next
            self.channel.close()

    @property
    def wishes(self) -> int:
        return len(self._stops)

    def progress(self, number: int, share: float) -> None:
        """What does not get through at once is not told."""
        if self._saying.acquire(blocking=False):
            try:
                with contextlib.suppress(OSError):
                    lines.send(self.channel, Progress(number, share).pack())
            finally:
                self._saying.release()

    def answer(self, number: int, facts: Mapping[str, Any], output: Output | None = None) -> None:
        """Raises ValueError for facts that are too many to tell."""
        with Facts(facts) as told:
            self._end(number)
            file = output.file if output is not None else None
            fds = (told.fd, output.fd) if output is not None else (told.fd,)
            if not self._say(Answer(number, told.size_bytes, file), fds):
                overwrite(told.fd, told.size_bytes)
                if output is not None:
                    output.overwrite()

    def fail(self, number: int, error: SafelightError) -> None:
        self._end(number)
        self.refuse(number, error)

    def refuse(self, number: int, error: SafelightError) -> None:
        """Of what was not taken in."""
        self._say(Failure.of(number, error))

    def _end(self, number: int) -> None:
        with self._lock:
            self._stops.pop(number, None)

    def _say(self, reply: Reply, fds: tuple[int, ...] = ()) -> bool:
        """Waits while the line is full. False if it did not get through."""
        ear = select.poll()
        with self._saying:
            while True:
                try:
                    lines.send(self.channel, reply.pack(), fds)
                except BlockingIOError:
                    ear.register(self.channel, select.POLLOUT)
                    if not ear.poll(PATIENCE_S * 1000):
                        return False
                except (OSError, ValueError):
                    return False
                else:
                    return True
