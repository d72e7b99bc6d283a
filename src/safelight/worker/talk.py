"""The host's side of the talk with one worker. Everything that comes from the other end is
hostile.
"""

from __future__ import annotations

import os
import select
import socket
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass

from safelight.errors import WireBroken
from safelight.limits import Limits
from safelight.worker.job import Job
from safelight.worker.memory import Sheet, require_sealed
from safelight.worker.orders import order_of, outcome_of
from safelight.worker.records import RECORD_BYTES, REPORT_BYTES
from safelight.worker.wire import (
    MESSAGE_BYTES,
    Outcome,
    is_progress,
    most_progress,
    parse_progress,
)

_CREDENTIALS = struct.Struct("=iII")
CONTROL_BYTES = socket.CMSG_SPACE(_CREDENTIALS.size) + socket.CMSG_SPACE(4 * 16)


class Silence(Exception):
    """Nothing came in time."""


class Farewell(Exception):
    """The other end was closed."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message and the process that the kernel says sent it, by its number outside the cage."""

    untrusted: bytes
    pid: int


class Line:
    """A channel to one worker."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._ear = select.poll()
        self._ear.register(channel, select.POLLIN)

    def hear(self, deadline: float) -> Message:
        """Raises Silence, Farewell, and WireBroken for a message that is too long or brings
        descriptors.
        """
        if not self._ear.poll(max(0, (deadline - time.monotonic()) * 1_000)):
            raise Silence
        try:
            untrusted, extras, flags, _ = self._channel.recvmsg(MESSAGE_BYTES + 1, CONTROL_BYTES)
        except OSError as error:
            raise Farewell from error
        pid, gifts = 0, 0
        for level, kind, data in extras:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                gifts += _close_all(data)
            elif level == socket.SOL_SOCKET and kind == socket.SCM_CREDENTIALS:
                pid = _CREDENTIALS.unpack(data)[0]
        if gifts or flags & (socket.MSG_TRUNC | socket.MSG_CTRUNC):
            raise WireBroken("the worker sent descriptors or a message that is too long")
        if not untrusted:
            raise Farewell
        return Message(untrusted, pid)

    def has_spoken(self) -> bool:
        """Raises Farewell if the other end is closed."""
        try:
            if self._channel.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT):
                return True
        except BlockingIOError:
            return False
        except OSError as error:
            raise Farewell from error
        raise Farewell

    def say(self, data: bytes, fds: tuple[int, ...]) -> None:
        """Raises Farewell if nobody listens any more."""
        try:
            socket.send_fds(self._channel, [data], fds)
        except OSError as error:
            raise Farewell from error


def _close_all(data: bytes) -> int:
    fds = struct.unpack(f"={len(data) // 4}i", data[: len(data) // 4 * 4])
    for fd in fds:
        os.close(fd)
    return len(fds)


class Errand:
    """One job with one worker: the order and the sheets that travel with it. Close overwrites them
    all.
    """

    def __init__(self, job: Job, limits: Limits) -> None:
        require_sealed(job.source_fd)
        self._job, self._limits = job, limits
        self.stop = job.stop
        self.order, words = order_of(job)
        self._words = Sheet.holding(words)
        self._output = Sheet.for_writing(limits.output_bytes)
        self._report = Sheet.for_writing(REPORT_BYTES)

    def run(self, line: Line, progress: Callable[[float], None] | None, deadline: float) -> Outcome:
        """Raises the error that the worker named, Silence, Farewell, WireBroken."""
        if line.has_spoken():
            raise WireBroken("the worker answered before it was asked")
        models = [model.fd for model in self._job.models]
        sheets = (self._job.source_fd, self._words.fd, self._output.fd, self._report.fd)
        device = self._job.device
        link = (device.line, device.mailbox) if device is not None else ()
        line.say(self.order.pack(), (*sheets, *link, *models))
        for _ in range(most_progress(self._limits)):
            untrusted = line.hear(deadline).untrusted
            if not is_progress(untrusted):
                return outcome_of(untrusted, self._limits, self.order)
            share = parse_progress(untrusted)
            if progress is not None:
                progress(share)
        raise WireBroken("the worker tells of its progress without end")

    def output(self, outcome: Outcome) -> memoryview | None:
        """Exactly the bytes of the output, if one was asked for; dead after close."""
        return self._output.view(outcome.output_bytes) if self.order.wants_image else None

    def untrusted_records(self, outcome: Outcome) -> memoryview:
        """A copy of them: what the worker writes into its sheet from now on is seen by nobody."""
        return memoryview(bytes(self._report.view(outcome.records * RECORD_BYTES)))

    def close(self) -> None:
        """Overwrite and free everything, twice if asked twice."""
        for sheet in (self._words, self._output, self._report):
            sheet.close()
