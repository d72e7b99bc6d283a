"""The host's side of one zygote: ask it for workers, hear of their deaths."""

from __future__ import annotations

import contextlib
import itertools
import os
import socket
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from safelight.errors import by_number
from safelight.worker import control, launch
from safelight.worker.control import Kind, Note
from safelight.worker.job import ModelFile, Plan
from safelight.worker.kept import LEAVE_TIMEOUT_S, Kept
from safelight.worker.launch import BODY

DEATH_TIMEOUT_S = 10


@dataclass(eq=False)
class Worker:
    """One single-use process as the host holds it. exit_code is known once dead is set; minus a
    signal. Safe to use from many threads.
    """

    id: int
    channel: socket.socket
    keeper: Keeper
    dead: threading.Event = field(default_factory=threading.Event)
    exit_code: int | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _awaiting: list[Callable[[], None]] = field(default_factory=list)

    def dismiss(self) -> None:
        """End it without waiting for that."""
        if not self.dead.is_set():
            self.keeper.kill(self.id)

    def kill(self) -> None:
        """End it and wait until it is gone; a zygote that does not obey is ended too."""
        self.dismiss()
        if not self.dead.wait(DEATH_TIMEOUT_S):
            self.keeper.end(LEAVE_TIMEOUT_S)

    def after(self, call: Callable[[], None]) -> None:
        """Have this done when it is dead; now, if it is. No two of these calls run at once."""
        with self._lock:
            if self.dead.is_set():
                call()
            else:
                self._awaiting.append(call)

    def bury(self, exit_code: int | None) -> None:
        """It is dead: tell whoever waits, and do what was to be done then."""
        with self._lock:
            self.exit_code = exit_code
            self.dead.set()
            for call in self._awaiting:
                call()
            self._awaiting.clear()

    def close(self) -> None:
        self.channel.close()


class Keeper(Kept):
    """One zygote. Every method may be called from any thread."""

    what = "zygote"

    def __init__(
        self,
        plan: Plan,
        body: str = BODY,
        without: frozenset[str] = frozenset(),
        held: Sequence[ModelFile] = (),
    ) -> None:
        """held are the models that the zygote opens, before it makes any worker."""
        self._ids = itertools.count(1)
        self._lock = threading.Lock()
        self._workers: dict[int, Worker] = {}
        words = ("safelight.worker.zygote", body, *without)
        super().__init__(control.pack_plan(plan), words, launch.environment(plan))
        with contextlib.suppress(OSError):  # it is gone: whoever waits for it is told why
            for model in held:
                control.send_model(self._control, model)

    def spawn(self) -> Worker:
        """Ask for one more worker; it locks itself down while the caller does something else."""
        near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        near.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        worker = Worker(next(self._ids), near, self)
        with self._lock:
            self._workers[worker.id] = worker
        with far:
            is_sent = self._send(Note(Kind.SPAWN, worker.id), far.fileno())
        if self.gone.is_set() or not is_sent:
            with self._lock:
                self._bury(worker.id, None)
        return worker

    def kill(self, number: int) -> None:
        self._send(Note(Kind.KILL, number))

    def _send(self, note: Note, *fds: int) -> bool:
        try:
            control.send(self._control, note, fds)
        except OSError:
            return False
        return True

    def _hear(self) -> bool:
        try:
            data = self._control.recv(control.NOTE_BYTES + 1)
        except OSError:
            return False
        if not data:
            return False
        note = Note.parse(data)
        if note.kind is Kind.UP:
            self._is_up = True
            self.settled.set()
        elif note.kind is Kind.FAILED:
            self._failure = by_number(note.value)
        elif note.kind is Kind.DEATH:
            with self._lock:
                self._bury(note.id, os.waitstatus_to_exitcode(note.value))
        return True

    def _bury(self, number: int, exit_code: int | None) -> None:
        worker = self._workers.pop(number, None)
        if worker is not None:
            worker.bury(exit_code)

    def _bury_all(self) -> None:
        with self._lock:
            for number in list(self._workers):
                self._bury(number, None)
