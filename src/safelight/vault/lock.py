"""A lock file, held by one process or thread at a time, freed when its holder dies."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from safelight.errors import Unavailable

STEP_S = 0.005


@contextmanager
def hold(path: Path, *, wait_s: float = 10.0) -> Iterator[None]:
    """Hold the lock within the context. Raises Unavailable if it is not free within wait_s."""
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
    try:
        fd = os.open(path, flags, 0o600)
    except OSError as error:
        raise Unavailable(f"the lock file cannot be opened: {error.strerror}") from error
    try:
        deadline = time.monotonic() + wait_s
        while not _taken(fd):
            if time.monotonic() >= deadline:
                raise Unavailable("another run holds the lock of the journal or the keys")
            time.sleep(STEP_S)
        yield
    finally:
        os.close(fd)


if sys.platform == "win32":  # pragma: no cover - another system
    import msvcrt

    def _taken(fd: int) -> bool:
        try:
            msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _taken(fd: int) -> bool:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
