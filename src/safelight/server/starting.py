"""What the supervisor tells a child as it starts, and how a child begins.

The configuration is JSON in a sealed memfd whose number is the first word; the second is that of
the control line. So no secret stands in an argument, a variable or a file.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import resource
import signal
import socket
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, Self

from safelight.limits import MEGA
from safelight.server.options import ServeOptions
from safelight.settings import Settings
from safelight.settings.rules import Origin
from safelight.worker import namespaces
from safelight.worker.memory import SIZE_SEALS

MAX_CONFIG_BYTES = MEGA
MOST_FILES = 65_536
IGNORED = (signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGTERM)
UNSAID = ("warnings",)
FOLDERS = ("state_dir", "data_dir", "passphrase_file", "server_token_file")


@dataclass(frozen=True, slots=True)
class Listener:
    """A bound socket that listens, by the number under which the front end inherits it."""

    fd: int
    kind: Literal["tcp", "unix"]
    host: str = ""
    port: int = 0
    is_tls: bool = False
    is_local: bool = True


@dataclass(frozen=True)
class Start:
    """identity is what the door needs to know who asks, and tls how the front end proves who it
    is: each as the room that made it reads it again. host is the name of this machine.
    """

    settings: Settings
    options: ServeOptions
    listeners: tuple[Listener, ...] = ()
    identity: Mapping[str, Any] = field(default_factory=dict)
    tls: Mapping[str, Any] = field(default_factory=dict)
    supervisor: int = 0

    def to_fd(self) -> int:
        """A sealed memfd that holds it. Close it once the child is started."""
        document = {
            "settings": _written(self.settings),
            "options": asdict(self.options),
            "listeners": [asdict(one) for one in self.listeners],
            "identity": dict(self.identity),
            "tls": dict(self.tls),
            "supervisor": self.supervisor,
        }
        fd = os.memfd_create("start", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        os.pwrite(fd, json.dumps(document).encode(), 0)
        fcntl.fcntl(fd, fcntl.F_ADD_SEALS, SIZE_SEALS | fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SEAL)
        return fd

    @classmethod
    def from_fd(cls, fd: int) -> Self:
        """Raises ValueError, TypeError, KeyError: only the supervisor writes this."""
        given = json.loads(os.pread(fd, MAX_CONFIG_BYTES, 0))
        return cls(
            settings=_read(given["settings"]),
            options=ServeOptions.from_json(json.dumps(given["options"]).encode()),
            listeners=tuple(Listener(**one) for one in given["listeners"]),
            identity=given["identity"],
            tls=given["tls"],
            supervisor=given["supervisor"],
        )


def _written(settings: Settings) -> dict[str, Any]:
    values = {one.name: getattr(settings, one.name) for one in fields(settings)}
    values["origins"] = {key: asdict(origin) for key, origin in settings.origins.items()}
    return {
        name: str(value) if isinstance(value, Path) else value
        for name, value in values.items()
        if name not in UNSAID
    }


def _read(given: Mapping[str, Any]) -> Settings:
    values = dict(given)
    for name in FOLDERS:
        values[name] = Path(values[name]) if values[name] else None
    # What a policy locks, no request may loosen.
    origins = {key: Origin(**one) for key, one in values["origins"].items()}
    return Settings(**{**values, "keep": tuple(values["keep"]), "origins": origins})


def begin(words: list[str]) -> tuple[Start, socket.socket]:
    """The first thing that a child does: what it was told, and its end of the control line.

    It dies with the supervisor, and signals of a terminal are not for it: the supervisor says when
    to leave.
    """
    for ignored in IGNORED:
        signal.signal(ignored, signal.SIG_IGN)
    fd, line = int(words[0]), socket.socket(fileno=int(words[1]))
    start = Start.from_fd(fd)
    os.close(fd)
    _make_room_for_descriptors()
    namespaces.die_with_parent(start.supervisor)
    namespaces.undumpable()
    line.set_inheritable(False)
    for listener in start.listeners:
        with contextlib.suppress(OSError):
            os.set_inheritable(listener.fd, False)
    return start, line


def _make_room_for_descriptors() -> None:
    """Each connection and each picture takes one; the usual limit is for a person's programs."""
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(now, min(most, MOST_FILES)), most))
