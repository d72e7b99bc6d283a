"""A supervisor in this process, with children that serve nobody."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from safelight.server.options import ServeOptions
from safelight.server.starting import Start
from safelight.server.supervisor import Supervisor
from safelight.settings import Settings

PARTS = Path(__file__).parent / "parts"
STANDIN = "standin"


@dataclass
class Seen:
    """What a supervisor told: lines of its log, wishes to stop, how often it was ready. on_line is
    called with each line.
    """

    lines: list[str] = field(default_factory=list)
    wishes: list[int] = field(default_factory=list)
    ready: int = 0
    on_line: Callable[[Supervisor, str], None] = lambda supervisor, line: None
    on_ready: Callable[[Supervisor], None] = lambda supervisor: None


def supervisor(seen: Seen, act: str = "", **more: Any) -> Supervisor:
    """One whose front end acts so."""
    options = ServeOptions(grace_s=1)
    start = Start(Settings(), options, identity={"act": act})

    def ready() -> None:
        seen.ready += 1
        seen.on_ready(made)

    def log(line: str) -> None:
        seen.lines.append(line)
        seen.on_line(made, line)

    made = Supervisor(
        start, ready=ready, log=log, told=seen.wishes.append,
        front=STANDIN, back=STANDIN, **more,
    )  # fmt: skip
    return made


def stop(_supervisor: object = None, _line: str = "") -> None:
    """As somebody who presses Ctrl-C."""
    os.kill(os.getpid(), signal.SIGINT)


def is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@contextmanager
def standins(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Children find their stand-ins."""
    monkeypatch.syspath_prepend(PARTS)
    yield
