"""A child of the supervisor: how it is started, heard and ended."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

from safelight.errors import SafelightError, WireBroken, by_number
from safelight.server import control, logline
from safelight.server.control import Kind, Note
from safelight.server.starting import Start
from safelight.worker import launch
from safelight.worker.freeing import overwriting
from safelight.worker.text import clean

MAX_LINE_BYTES = 4_096
YOUNG_S = 10
# Of the user's variables: what opens a vault, and which cards may be used. Nothing else passes.
OF_THE_BACK = ("HOME", "PATH", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS", "TMPDIR",
               "CUDA_VISIBLE_DEVICES")  # fmt: skip


def environment(kept: Sequence[str] = ()) -> dict[str, str]:
    """Of a child: it overwrites memory as it frees it, and libraries stay silent and small."""
    passed = {name: os.environ[name] for name in kept if name in os.environ}
    fixed = {"LC_ALL": "C.UTF-8", "ORT_DISABLE_TELEMETRY": "1", "MALLOC_ARENA_MAX": "2"}
    return overwriting({**passed, **fixed})


def command(module: str, *words: str) -> list[str]:
    """As launch.command, for a Python that heeds the variables above; it gets no others."""
    isolated = launch.command(module, *words)
    return [sys.executable, "-s", "-P", *isolated[2:]]


class Child:
    """One process, made anew after its death. For the supervisor's one thread."""

    def __init__(
        self, module: str, variables: Mapping[str, str], log: Callable[[str], None]
    ) -> None:
        self.module, self._variables, self._log = module, variables, log
        self.process: subprocess.Popen[bytes] | None = None
        self.is_ready = False
        self.held_by = 0
        # Deaths one after the other: before it was ready, and soon after it was started.
        self.failures = self.young_deaths = 0
        self._started = 0.0
        self.failure: type[SafelightError] = SafelightError
        self._pidfd = self._stderr = -1
        self._unread = b""
        self.last_words = ""

    def start(self, start: Start) -> None:
        """Raises OSError."""
        self.line, far = control.pair()
        self.line.setblocking(False)
        told = start.to_fd()
        inherited = (told, far.fileno(), *(one.fd for one in start.listeners))
        more = [int(start.tls[name]) for name in start.tls if name.endswith("_fd")]
        reading, writing = os.pipe2(os.O_CLOEXEC)
        try:
            self.process = subprocess.Popen(
                command(self.module, str(told), str(far.fileno())),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=writing,
                env=dict(self._variables),
                pass_fds=(*inherited, *more),
                start_new_session=True,
            )
        except OSError:
            self.line.close()
            os.close(reading)
            raise
        finally:
            os.close(told)
            os.close(writing)
            far.close()
        os.set_blocking(reading, False)
        self._stderr, self._pidfd = reading, os.pidfd_open(self.process.pid)
        self.is_ready, self.last_words, self._unread = False, "", b""
        self._started = time.monotonic()

    @property
    def is_alive(self) -> bool:
        return self.process is not None

    @property
    def pid(self) -> int:
        return 0 if self.process is None else self.process.pid

    def ears(self) -> Iterator[int]:
        """What to wait for: the line, the error stream, the end."""
        if self.process is not None:
            yield from (self.line.fileno(), self._pidfd)
            if self._stderr >= 0:
                yield self._stderr

    def attend(self, fd: int) -> None:
        """Something came of one of its ears."""
        if fd == self._stderr:
            self._read_stderr()
        elif fd == self._pidfd:
            self._bury()
        elif self.process is not None and fd == self.line.fileno():
            self._hear()

    def tell(self, note: Note, fd: int | None = None) -> None:
        """Say it, if anyone is there; one that does not listen is ended."""
        if self.process is None:
            return
        try:
            control.send(self.line, note, fd)
        except BlockingIOError:
            self.kill()
        except OSError:  # it is dying: its end is heard of next
            pass

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()

    def _hear(self) -> None:
        try:
            note = control.hear_child(self.line)
        except BlockingIOError:
            return
        except WireBroken:
            self.kill()
            return
        if note is None:
            self.kill()
        elif note.kind is Kind.READY:
            self.is_ready, self.held_by, self.failures = True, note.value, 0
        elif note.kind is Kind.FAILED:
            self.failure = by_number(note.value)

    def _read_stderr(self) -> None:
        try:
            data = os.read(self._stderr, MAX_LINE_BYTES)
        except BlockingIOError:
            return
        if not data:
            os.close(self._stderr)
            self._stderr = -1
            return
        *whole, self._unread = (self._unread + data).split(b"\n")
        self._unread = self._unread[-MAX_LINE_BYTES:]
        for one in whole:
            text = one.decode(errors="replace")
            if logline.fit(text):
                self._log(text)
            elif text.strip():
                self.last_words = clean(text.strip())[:200]

    def _bury(self) -> None:
        """It is dead: hear the rest, and let go of all that was its own."""
        if self.process is None:
            return
        while self._stderr >= 0:
            before = self._unread
            self._read_stderr()
            if self._unread == before:
                break
        with contextlib.suppress(BlockingIOError, WireBroken):
            while (note := control.hear_child(self.line)) is not None:
                if note.kind is Kind.FAILED:
                    self.failure = by_number(note.value)
        self.exit_code = self.process.wait()
        if not self.is_ready:
            self.failures += 1
        is_young = time.monotonic() - self._started < YOUNG_S
        self.young_deaths = self.young_deaths + 1 if is_young else 0
        self.process, self.is_ready = None, False
        self.line.close()
        os.close(self._pidfd)
        if self._stderr >= 0:
            os.close(self._stderr)
        self._pidfd = self._stderr = -1
