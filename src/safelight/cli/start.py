"""The start of the command, before anything else is loaded: it becomes a process that overwrites
memory as it frees it.

A batch lives for hours, and the names and metadata of pictures that are done pass through it. How
memory is freed is settled as a process starts; so it starts again, as the same process with the
same words.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import NoReturn

from safelight.worker.freeing import can_overwrite, overwrites, overwriting

# These read no picture, and are to answer at once.
ANSWERS = ((), ("version",), ("help",), ("--version",), ("--help",))


def main() -> NoReturn:
    """Run the command and leave with its exit code."""
    start_again()
    from safelight.cli.main import main as command

    command()


def start_again() -> None:
    """Once, where the C library can do it. A Python that is to heed no variable, or that cannot be
    started again, goes on as it is.
    """
    if tuple(sys.argv[1:2]) in ANSWERS:
        return
    is_deaf = sys.flags.ignore_environment or not sys.executable
    if is_deaf or not can_overwrite() or overwrites(os.environ):
        return
    with suppress(OSError):
        command = [sys.executable, *sys.orig_argv[1:]]
        os.execve(sys.executable, command, overwriting(os.environ))
