"""Running: what a server writes down about itself, so that other programs of its user find it.

It lies in the private state folder while the server runs. One that a killed server left behind is
recognised: nothing, or something that began at another time, has its process number.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from safelight.errors import PolicyRefused, Unavailable
from safelight.vault.lock import hold
from safelight.vault.private import CHECK_STATE, private_folder, read_private, write_private

FOLDER, FILE, LOCK = "server", "running.json", ".running.lock"
SCHEMA = 1
MAX_FILE_BYTES = 16_384
# Of /proc/PID/stat, after the name: its state, and when the process began, in ticks since the
# system did.
STATE, BEGAN = 0, 19
ENDED = ("Z", "X")


@dataclass(frozen=True, slots=True)
class Running:
    """url and unix are where it listens (unix: a path, or nothing), fingerprint is that of its
    certificate or authority where it speaks TLS, started is in seconds since 1970.
    """

    url: str
    pid: int
    began: int
    started: float
    unix: str | None = None
    fingerprint: str | None = None
    addresses: tuple[str, ...] = ()

    @classmethod
    def of_this_process(cls, url: str, **more: Any) -> Self:
        pid = os.getpid()
        return cls(url=url, pid=pid, began=_began(pid), started=time.time(), **more)

    @property
    def is_alive(self) -> bool:
        return self.began != 0 and _began(self.pid) == self.began


def folder_of(state_dir: Path) -> Path:
    return state_dir / FOLDER


def found(state_dir: Path) -> Running | None:
    """The server that runs with this state folder. Raises PolicyRefused where others could have
    written what is there, Unavailable where it cannot be read.
    """
    try:
        data = read_private(folder_of(state_dir) / FILE, MAX_FILE_BYTES)
    except OSError as error:
        reason = (error.strerror or "error").lower()
        message = f"the state folder cannot be read: {reason}"
        raise Unavailable(message, hint=CHECK_STATE) from error
    if data is None:
        return None
    try:
        given = json.loads(data)
        given.pop("schema")
        running = Running(**{**given, "addresses": tuple(given["addresses"])})
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise PolicyRefused(
            "what a server wrote down about itself is damaged",
            hint=f"remove {FILE} from the folder {FOLDER} in the state folder",
        ) from error
    return running if running.is_alive else None


@contextmanager
def alone(state_dir: Path) -> Iterator[Path]:
    """Hold the server's place in a state folder: two would take each other's tokens away.

    Gives the private folder for what the server keeps. Raises Unavailable.
    """
    folder = folder_of(state_dir)
    private_folder(folder)
    with ExitStack() as held:
        try:
            held.enter_context(hold(folder / LOCK, wait_s=0))
        except Unavailable as error:
            if error.__cause__ is not None:  # a lock that cannot be had, and nobody has it
                raise
            raise Unavailable(
                "a server runs with this state folder already",
                hint="safelight status shows it; --state-dir names another folder",
            ) from error
        try:
            yield folder
        finally:
            with suppress(OSError):
                (folder / FILE).unlink()


def write_down(folder: Path, running: Running) -> None:
    """Raises OutputFailed."""
    document = {"schema": SCHEMA, **asdict(running)}
    write_private(folder / FILE, json.dumps(document, indent=1).encode() + b"\n")


def _began(pid: int) -> int:
    """0 where there is no such process."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(errors="replace")
        words = text.rpartition(")")[2].split()
        return 0 if words[STATE] in ENDED else int(words[BEGAN])
    except (OSError, ValueError, IndexError):
        return 0
