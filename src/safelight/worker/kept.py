"""The host's side of a process of ours that lives long: start it, hear of it, end it.

One thread of ours starts it and stays until it is gone: the kernel's "parent died" signal is tied
to that thread, and it is the one that hears what the process says.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import subprocess
import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence

from safelight.errors import SafelightError, WireBroken, WorkerDied
from safelight.worker import launch
from safelight.worker.text import clean

START_TIMEOUT_S = 60
LEAVE_TIMEOUT_S = 5
MAX_STDERR_BYTES = 4_096
# As the system tells it of what we started, and what we started of the process that it waited for.
KILLED = (-signal.SIGKILL, -signal.SIGKILL & 0xFF)
# How the last line starts of an interpreter that lacked a part of ours.
UNLOADABLE = ("ImportError", "ModuleNotFoundError")
BROKEN = "a part of this installation cannot be loaded: install Safelight anew; safelight doctor"


class Kept(ABC):
    """One process and the channel to it. Every method may be called from any thread."""

    what = "process"

    def __init__(self, first: bytes, words: Sequence[str], environment: Mapping[str, str]) -> None:
        """first is the first message to it; words are its module and what this is started with
        besides the number of the channel. The last thing that a subclass calls.
        """
        self._words, self._environment = words, environment
        self._control, self._far_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self._control.send(first)
        self._process: subprocess.Popen[bytes] | None = None
        self._stderr = b""
        self._failure: type[SafelightError] = WorkerDied
        self._is_up = False
        self.gone = threading.Event()
        self.settled = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="safelight-kept", daemon=True)
        self._thread.start()

    def wait_up(self) -> None:
        """Wait until it is locked down. Raises what kept it from that."""
        self.settled.wait(START_TIMEOUT_S)
        if not self._is_up:
            # No picture was there yet that could be to blame.
            hint = "safelight doctor" if self._failure is WorkerDied else ""
            hint = BROKEN if self.last_words.startswith(UNLOADABLE) else hint
            error = self._failure(f"the {self.what} did not start: {self.last_words}", hint=hint)
            if isinstance(error, WorkerDied):
                error.was_killed = self.was_killed
            raise error

    @property
    def pid(self) -> int:
        """Of the process that the host started; what is kept is its only child."""
        self.settled.wait(START_TIMEOUT_S)
        return 0 if self._process is None else self._process.pid

    @property
    def was_killed(self) -> bool:
        """Whether it is gone, and somebody ended it: it neither left nor broke."""
        return self._process is not None and self._process.returncode in KILLED

    @property
    def last_words(self) -> str:
        """The last line that it wrote to stderr, cleaned; it never holds user data."""
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
            words = launch.command(self._words[0], str(fd), *self._words[1:])
            process = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env=dict(self._environment),
                pass_fds=(fd,),
                start_new_session=True,
            )
        return process

    def _listen(self, process: subprocess.Popen[bytes]) -> None:
        if process.stderr is None:
            raise WireBroken(f"the {self.what} has no stderr")
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

    @abstractmethod
    def _hear(self) -> bool:
        """One message of it; False at the end of the channel."""

    @abstractmethod
    def _bury_all(self) -> None:
        """It is gone, and all that lived by it."""

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
        self._bury_all()
        self._control.close()
