"""Served: a server of ours that was started to be looked at, with everything that it may write in
folders of its own.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlsplit

from safelight.errors import SafelightError
from safelight.proof.remanence.watched import Ground, Watched

READY_TIMEOUT_S = 60
LEAVE_TIMEOUT_S = 40
SOCKET = "socket"
TOKEN = ("state", "server", "token")
# Of a port that the system chooses, with nobody to open a browser for.
WORDS = ("serve", "--json", "--no-browser", "--port", "0")


@dataclass(frozen=True, slots=True)
class Ready:
    """What it said when it was ready. fingerprint is empty where it speaks no TLS."""

    url: str
    link: str
    fingerprint: str
    facts: Mapping[str, Any]

    @classmethod
    def from_line(cls, line: str) -> Self:
        """Raises ValueError, KeyError."""
        facts = json.loads(line)
        if facts["type"] != "ready":
            raise ValueError("the first line of a server does not say that it is ready")
        told = (facts["url"], facts.get("link") or "", facts.get("fingerprint") or "")
        return cls(*told, facts)


class Served(Watched):
    """A running server: a context manager, or close it. It listens on a port of its own and at
    the path of `socket`.
    """

    def __init__(
        self,
        command: Sequence[str],
        ground: Ground,
        *words: str,
        environment: Mapping[str, str] | None = None,
        through: Sequence[str] = (),
    ) -> None:
        """command is that of the program, words more of `serve`; through starts it, as a tracer
        does. Returns when it is ready. Raises SafelightError where it does not become so.
        """
        super().__init__(ground)
        self.socket = str(ground.folder / SOCKET)
        self._log = ground.log.open("ab")
        self._process = subprocess.Popen(
            [*through, *command, *WORDS, "--unix", self.socket, *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env=ground.environment(environment),
            cwd=ground.part("tmp"),
        )
        try:
            self.ready = Ready.from_line(self._first_line())
        except (KeyError, ValueError) as error:
            self.close()
            raise SafelightError("the server did not become ready") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    @property
    def pid(self) -> int:
        """The supervisor's."""
        return self._process.pid

    @property
    def token(self) -> str:
        """The one that a user of this machine finds in a file. Raises OSError."""
        return self.ground.folder.joinpath(*TOKEN).read_text().strip()

    @property
    def port(self) -> int:
        """Where it listens on the loopback."""
        return urlsplit(self.ready.url).port or 0

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def _first_line(self) -> str:
        """Raises ValueError if none comes in time."""
        pipe = self._process.stdout
        end, data = time.monotonic() + READY_TIMEOUT_S, b""
        while pipe is not None and not data.endswith(b"\n"):
            left_s = end - time.monotonic()
            if left_s <= 0 or not select.select([pipe], [], [], left_s)[0]:
                break
            piece = os.read(pipe.fileno(), 4096)
            if not piece:
                break
            data += piece
        return data.decode("utf-8")

    def log(self) -> str:
        """What it wrote to its error stream."""
        return self.ground.log.read_text(errors="replace")

    def ask_to_leave(self) -> None:
        """As Ctrl-C does: it finishes what is in flight."""
        if self.is_alive:
            self._process.send_signal(signal.SIGTERM)

    def wait(self, timeout_s: float = LEAVE_TIMEOUT_S) -> int:
        """Its exit code. Raises subprocess.TimeoutExpired."""
        return self._process.wait(timeout_s)

    def close(self) -> None:
        """End it and wait until it is gone."""
        self.ask_to_leave()
        try:
            self.wait()
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._log.close()
