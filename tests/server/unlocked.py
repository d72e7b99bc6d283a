"""`safelight`, but that the front end of its server has no lock: the control of what the lock does.

python -m tests.server.unlocked serve ...
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from safelight.cli.main import main as command
from safelight.server.front.main import Front
from safelight.server.lockdown import Held
from safelight.server.starting import Start, begin
from safelight.server.supervisor import Supervisor

MODULE = "tests.server.unlocked"
COMMAND = (sys.executable, "-m", MODULE)
VARIABLES = {"PYTHONPATH": str(Path(__file__).resolve().parents[2])}


def main(words: list[str]) -> None:
    """The front end, as the supervisor starts it."""
    start, line = begin(words)
    asyncio.run(Front(start, line, lock=open_to_all).run())


def open_to_all(_start: Start) -> Held:
    return Held(0)


if __name__ == "__main__":
    Supervisor.__init__.__kwdefaults__["front"] = MODULE  # type: ignore[index]
    command()
