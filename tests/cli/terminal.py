"""A command on a terminal of its own: what it shows there, and keys pressed on it."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.cli.testscript import COMMAND, environment

PATIENCE_S = 120
CTRL_C = b"\x03"
# The terminal becomes the controlling one, so that Ctrl-C typed on it reaches the command. A shell
# starts its background jobs with SIGINT ignored, and tests that run in one would hand that on.
LAUNCHER = """
import fcntl, os, signal, sys, termios
os.setsid()
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
    signal.signal(number, signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])
"""


@dataclass
class Terminal:
    """The other end of a command's terminal."""

    process: subprocess.Popen[bytes]
    master: int
    screen: bytes = field(default=b"")

    def press(self, keys: bytes) -> None:
        os.write(self.master, keys)

    def wait_for(self, is_there: Callable[[], bool]) -> None:
        """Read the screen until something is there; fails when the command ends first."""
        deadline = time.monotonic() + PATIENCE_S
        while not is_there():
            assert time.monotonic() < deadline, self.shown
            assert self._read() or self.process.poll() is None, self.shown

    def wait_for_text(self, text: str) -> None:
        self.wait_for(lambda: text in self.shown)

    def end(self) -> int:
        """The exit code, once the command has ended."""
        deadline = time.monotonic() + PATIENCE_S
        while self.process.poll() is None:
            assert time.monotonic() < deadline, self.shown
            self._read()
        while self._read():
            continue
        return self.process.returncode

    @property
    def shown(self) -> str:
        return self.screen.decode("utf-8", "backslashreplace").replace("\r\n", "\n")

    def _read(self) -> bool:
        if not select.select([self.master], [], [], 0.05)[0]:
            return False
        try:
            data = os.read(self.master, 65_536)
        except OSError:
            return False
        self.screen += data
        return bool(data)


@contextmanager
def terminal(folder: Path, home: Path, *words: str, **extra: str) -> Iterator[Terminal]:
    """Run safelight on a new terminal; it is killed if it still runs at the end."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", LAUNCHER, *COMMAND, *words],
        cwd=folder,
        env=environment(home) | {"TERM": "xterm", "COLUMNS": "100"} | extra,
        stdin=slave,
        stdout=slave,
        stderr=slave,
    )
    os.close(slave)
    try:
        yield Terminal(process, master)
    finally:
        process.kill()
        process.wait()
        os.close(master)
