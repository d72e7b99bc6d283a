"""The host's side of one zygote: start it, ask it for workers, hear of deaths, end it.

One thread of ours starts the zygote and stays until it is gone: the kernel's "parent died" signal
is tied to that thread, and it is the one that hears of deaths.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import select
import socket
import subprocess
import threading
from dataclasses import dataclass, field

from safelight.errors import SafelightError, WireBroken, WorkerDied, by_number
from safelight.worker import control, launch
from safelight.worker.control import Kind, Note
from safelight.worker.job import Plan
from safelight.worker.launch import BODY
from safelight.worker.text import clean

START_TIMEOUT_S = 60
DEATH_TIMEOUT_S = 10
LEAVE_TIMEOUT_S = 5
MAX_STDERR_BYTES = 4_096
# How the last line starts of an interpreter that lacked a part of ours.
UNLOADABLE = ("ImportError", "ModuleNotFoundError")
BROKEN = "a part of this installation cannot be loaded: install Safelight anew; safelight doctor"


@dataclass(eq=False)
class Worker:
    """One single-use process as the host holds it. exit_code is known once dead is set; minus a
    signal.
    """

    id: int
    channel: socket.socket
    keeper: Keeper
    dead: threading.Event = field(default_factory=threading.Event)
    exit_code: int | None = None

    def kill(self) -> None:
        """End it and wait until it is gone; a zygote that does not obey is ended too."""
        if not self.dead.is_set():
            self.keeper.kill(self.id)
        if not self.dead.wait(DEATH_TIMEOUT_S):
            self.keeper.end(LEAVE_TIMEOUT_S)

    def close(self) -> None:
        self.channel.close()


class Keeper:
    """One zygote. Every method may be called from any thread."""

    def __init__(self, plan: Plan, body: str = BODY, without: frozenset[str] = frozenset()) -> None:
        self._plan, self._words = plan, (body, *without)
        self._control, self._far_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control.send(control.pack_plan(plan))
        self._process: subprocess.Popen[bytes] | None = None
        self._ids = itertools.count(1)
        self._lock = threading.Lock()
        self._workers: dict[int, Worker] = {}
        self._stderr = b""
        self._failure: type[SafelightError] = WorkerDied
        self.up: Note | None = None
        self.gone = threading.Event()
        self.settled = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="safelight-zygote", daemon=True)
        self._thread.start()

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

    def wait_up(self) -> Note:
        """Wait until the zygote is locked down. Raises what kept it from that."""
        self.settled.wait(START_TIMEOUT_S)
        if self.up is None:
            # No picture was there yet that could be to blame.
            hint = "safelight doctor" if self._failure is WorkerDied else ""
            hint = BROKEN if self.last_words.startswith(UNLOADABLE) else hint
            raise self._failure(f"the zygote did not start: {self.last_words}", hint=hint)
        return self.up

    @property
    def pid(self) -> int:
        """Of the process that the host started; the zygote is its only child."""
        self.settled.wait(START_TIMEOUT_S)
        return 0 if self._process is None else self._process.pid

    @property
    def last_words(self) -> str:
        """The last line that the zygote wrote to stderr, cleaned; it never holds user data."""
        lines = self._stderr.decode(errors="replace").strip().splitlines()
        return clean(lines[-1])[:200] if lines else "it said nothing"

    def end(self, timeout_s: float = LEAVE_TIMEOUT_S) -> None:
        """Ask it to leave, wait, force. Afterwards no process of it is left."""
        with contextlib.suppress(OSError):
            self._control.shutdown(socket.SHUT_RDWR)
        self.gone.wait(timeout_s)
        if self._process is not None and not self.gone.is_set():
            self._process.kill()
        if threading.current_thread() is not self._thread:
            self._thread.join(timeout_s)

    def _send(self, note: Note, *fds: int) -> bool:
        try:
            control.send(self._control, note, fds)
        except OSError:
            return False
        return True

    def _keep(self) -> None:
        try:
            self._process = self._start()
            self._listen(self._process)
        except OSError as error:
            self._stderr = (error.strerror or "no reason given").encode()
        finally:
            self._leave()

    def _start(self) -> subprocess.Popen[bytes]:
        with self._far_end as far:
            fd = far.fileno()
            words = launch.command("safelight.worker.zygote", str(fd), *self._words)
            process = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env=launch.environment(self._plan),
                pass_fds=(fd,),
                start_new_session=True,
            )
        return process

    def _listen(self, process: subprocess.Popen[bytes]) -> None:
        if process.stderr is None:
            raise WireBroken("the zygote has no stderr")
        os.set_blocking(process.stderr.fileno(), False)
        ears = select.poll()
        ears.register(self._control, select.POLLIN)
        ears.register(process.stderr, select.POLLIN)
        is_open = True
        while is_open:
            for fd, _ in ears.poll():
                if fd == self._control.fileno():
                    is_open = self._hear() and is_open
                elif not self._read_stderr(process.stderr.fileno()):
                    ears.unregister(fd)
        self._read_stderr(process.stderr.fileno())

    def _read_stderr(self, fd: int) -> bool:
        try:
            data = os.read(fd, MAX_STDERR_BYTES)
        except BlockingIOError:
            return True
        self._stderr = (self._stderr + data)[-MAX_STDERR_BYTES:]
        return bool(data)

    def _hear(self) -> bool:
        try:
            data = self._control.recv(control.NOTE_BYTES + 1)
        except OSError:
            return False
        if not data:
            return False
        note = Note.parse(data)
        if note.kind is Kind.UP:
            self.up = note
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
            worker.exit_code = exit_code
            worker.dead.set()

    def _leave(self) -> None:
        if self._process is not None:
            try:
                self._process.wait(LEAVE_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            if self._process.stderr is not None:
                self._process.stderr.close()
        self.gone.set()
        self.settled.set()
        with self._lock:
            for number in list(self._workers):
                self._bury(number, None)
            self._control.close()
