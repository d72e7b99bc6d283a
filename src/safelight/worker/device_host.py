"""The host's side of a device's worker: start it, measure what holds it, let jobs join it.

What it says is hostile, like all that opens a model. A job has a line and a mailbox of its own; the
host hands both over, looks at neither, and overwrites the mailbox when the job is over.
"""

from __future__ import annotations

import itertools
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from safelight.errors import (
    LevelTooLow,
    SafelightError,
    TimeExceeded,
    WireBroken,
    WorkerDied,
    by_number,
)
from safelight.models.providers import Device
from safelight.worker import launch
from safelight.worker.control import NOTE_BYTES, Kind, Note
from safelight.worker.device_wire import MAILBOX_BYTES, Start, pack_join, parse_left
from safelight.worker.job import CageReport, Job, Link, ModelFile
from safelight.worker.kept import Kept
from safelight.worker.memory import Sheet
from safelight.worker.orders import order_of
from safelight.worker.reach import Reach, reach_of
from safelight.worker.reports import measure
from safelight.worker.talk import Farewell, Line, Message, Silence

# How long a job that has left may still be worked on; a device that takes longer is replaced.
LEAVE_TIMEOUT_S = 10
# How long the host may take to hear that a device has died.
HEARD_TIMEOUT_S = 2
BODY = "safelight.worker.device_worker"
DIED = "the device's worker died"
DIED_HINT = "run it again: the next picture gets a new one; --device cpu does without"


@dataclass(frozen=True, slots=True)
class Joined:
    """A job's place at a device, and what holds that device's worker."""

    link: Link
    cage: CageReport


class DeviceHost(Kept):
    """One worker of one device, with the models of one recipe."""

    what = "device's worker"

    def __init__(
        self,
        start: Start,
        models: Sequence[ModelFile],
        *,
        required_level: int = 0,
        body: str = BODY,
        reach: Reach | None = None,
        without: frozenset[str] = frozenset(),
    ) -> None:
        """body, reach and without (layers to leave out) are for tests; nothing a user can set leads
        here.
        """
        self._models, self._required = models, required_level
        self._reach = reach or reach_of(start.device)
        self._cage: CageReport | None = None
        self._sheet: Sheet | None = None
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._leaving: dict[int, float] = {}
        self._at_work: set[int] = set()
        self._is_stuck = False
        self.changed = threading.Condition(self._lock)
        words = (body, *without)
        super().__init__(
            start.pack(), words, launch.device_environment(start.threads, without=without)
        )

    @property
    def cage(self) -> CageReport:
        """What holds it. Raises what kept it from starting, LevelTooLow."""
        self.wait_up()
        if self._cage is None:
            raise self._died()
        if self._cage.level < self._required:
            raise LevelTooLow(
                f"the cage of this device has level {self._cage.level}, level {self._required} is"
                " required",
                hint="--device cpu, or --require-level with the level that it has",
            )
        return self._cage

    @property
    def is_usable(self) -> bool:
        """False once it is gone, was too slow for a job, or holds on to one that has left."""
        with self._lock:
            late = time.monotonic() - LEAVE_TIMEOUT_S
            is_late = any(since < late for since in self._leaving.values())
            return not (self.gone.is_set() or self._is_stuck or is_late)

    @property
    def is_idle(self) -> bool:
        with self._lock:
            return not self._at_work

    @contextmanager
    def join(self) -> Iterator[Joined]:
        """A place for one job. Raises as cage does, and WorkerDied in place of any error of a job
        under which the device died.
        """
        cage = self.cage
        near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        box = Sheet.for_writing(MAILBOX_BYTES)
        number = next(self._numbers)
        try:
            with far:
                self._tell(number, far.fileno(), box.fd)
            yield Joined(Link(near.fileno(), box.fd), cage)
        except TimeExceeded:
            with self._lock:
                self._is_stuck = True  # its answer may still be sought, and nobody waits any more
            raise
        except SafelightError as error:
            # A worker hears of the end at once, and a plain error is all that it can say of it.
            if self.gone.wait(HEARD_TIMEOUT_S if type(error) is SafelightError else 0):
                raise self._died() from error
            raise
        finally:
            with self._lock:
                if number in self._at_work:
                    self._leaving[number] = time.monotonic()
            near.close()
            box.close()

    def rest(self, timeout_s: float = LEAVE_TIMEOUT_S) -> bool:
        """Wait until nothing of any job that has left is held any more; False if not in time."""
        with self.changed:
            return self.changed.wait_for(lambda: not self._leaving, timeout_s)

    def _tell(self, number: int, *fds: int) -> None:
        with self._lock:
            self._at_work.add(number)
        try:
            socket.send_fds(self._control, [pack_join(number)], fds)
        except OSError as error:
            self.gone.wait(LEAVE_TIMEOUT_S)
            raise self._died() from error

    def _died(self) -> WorkerDied:
        error = WorkerDied(DIED, hint=DIED_HINT)
        error.was_killed = self.was_killed
        return error

    def _hear(self) -> bool:
        try:
            message = Line(self._control).hear(time.monotonic())
        except Silence:
            return True
        except Farewell:
            return False
        try:
            if self._cage is None:
                self._greet(message)
            else:
                self._see_off(parse_left(message.untrusted))
        except (SafelightError, OSError):
            if self._process is not None:
                self._process.kill()  # nobody believes it any more
            return False
        return True

    def _greet(self, message: Message) -> None:
        if len(message.untrusted) == NOTE_BYTES:
            note = Note.parse(message.untrusted)
            self._failure = by_number(note.value) if note.kind is Kind.FAILED else WorkerDied
            raise self._failure
        self._cage = measure(message, self._reach)
        order, words = order_of(Job(-1, 0, b"", tuple(self._models)))
        self._sheet = Sheet.holding(words)
        fds = (self._sheet.fd, *(model.fd for model in self._models))
        socket.send_fds(self._control, [order.pack()], fds)
        self._is_up = True
        self.settled.set()

    def _see_off(self, number: int) -> None:
        with self.changed:
            if number not in self._at_work:
                raise WireBroken("the device's worker spoke of a job that it does not have")
            self._at_work.discard(number)
            self._leaving.pop(number, None)
            self.changed.notify_all()

    def _bury_all(self) -> None:
        if self._sheet is not None:
            self._sheet.close()
        with self.changed:
            self._at_work.clear()
            self._leaving.clear()
            self.changed.notify_all()


def start_of(device: Device, *, threads: int, memory_bytes: int, workers: int) -> Start:
    """What a device's worker is made for, within what its first message can say."""
    return Start(device, max(1, threads), memory_bytes, min(max(1, workers), 255))
