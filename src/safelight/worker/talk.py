"""The host's side of the talk with one worker. Everything that comes from the other end is hostile."""

from __future__ import annotations

import json
import os
import secrets
import select
import signal
import socket
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass

from safelight.errors import SafelightError, TimeExceeded, WireBroken, WorkerDied
from safelight.image import Change, Finding
from safelight.limits import Limits
from safelight.worker import sentences, wire
from safelight.worker.job import Job
from safelight.worker.memory import Sheet, require_sealed
from safelight.worker.wire import MAX_PROGRESS_MESSAGES, MESSAGE_BYTES, Order, Outcome

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
        """Raises Silence, Farewell, and WireBroken for a message that is too long or brings descriptors."""
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
        return bool(self._ear.poll(0))

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
    """One job with one worker: the sheets that it writes on, the order, the outcome. Close overwrites all."""

    def __init__(self, job: Job, limits: Limits) -> None:
        require_sealed(job.source_fd)
        self._job, self._limits = job, limits
        words = [job.recipe]
        sizes = []
        for model in job.models:
            need = json.dumps(model.need).encode()
            words += [need, model.entry_json]
            sizes.append((len(need), len(model.entry_json), model.size_bytes))
        nonce = secrets.randbits(64)
        self.order = Order(job.source_bytes, len(job.recipe), tuple(sizes), job.wants_image, nonce)
        self._words = Sheet.holding(b"".join(words))
        self.output = Sheet.for_writing(limits.output_bytes)
        self.report = Sheet.for_writing(wire.REPORT_BYTES)

    def picture(self, outcome: Outcome) -> memoryview:
        """Exactly the bytes of the output; dead after close."""
        return self.output.view(outcome.output_bytes)

    def records(self, outcome: Outcome) -> tuple[tuple[Finding, ...], tuple[Change, ...]]:
        """Raises WireBroken."""
        return wire.parse_records(self.report.view(outcome.records * wire.RECORD_BYTES))

    def close(self) -> None:
        """Overwrite and free everything, twice if asked twice."""
        for sheet in (self._words, self.output, self.report):
            sheet.close()

    def run(self, line: Line, progress: Callable[[float], None] | None, deadline: float) -> Outcome:
        """Raises the error that the worker named, Silence, Farewell, WireBroken."""
        if line.has_spoken():
            raise WireBroken("the worker answered before it was asked")
        models = tuple(model.fd for model in self._job.models)
        sheets = (self._job.source_fd, self._words.fd, self.output.fd, self.report.fd)
        line.say(self.order.pack(), (*sheets, *models))
        for _ in range(MAX_PROGRESS_MESSAGES):
            untrusted = line.hear(deadline).untrusted
            if not wire.is_progress(untrusted):
                return self._outcome(untrusted)
            share = wire.parse_progress(untrusted)
            if progress is not None:
                progress(share)
        raise WireBroken("the worker tells of its progress without end")

    def _outcome(self, untrusted: bytes) -> Outcome:
        outcome = Outcome.parse(untrusted, self._limits, self.order)
        if outcome.number:
            raise sentences.from_numbers(outcome.number, outcome.sentence, outcome.facts)
        return outcome


def death(status: int | None) -> SafelightError:
    """What the wait status of a worker that gave no answer means."""
    if status is None:
        return WorkerDied("the worker died with its zygote")
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        if number == signal.SIGXCPU:
            return TimeExceeded("the work took more processor time than allowed")
        return WorkerDied(f"the caged worker was ended by {_signal_name(number)}")
    return WorkerDied("the caged worker left without an answer")


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
