"""A lock file, held by one process or thread at a time, freed when its holder dies."""

from __future__ import annotations

import errno
import os
import shlex
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from safelight.errors import Unavailable

STEP_S = 0.01


@contextmanager
def hold(path: Path, *, wait_s: float = 10.0, to_read: bool = False) -> Iterator[None]:
    """Hold the lock within the context. to_read: a lock file that is there will do, also where
    nothing can be written. Raises Unavailable if it is not free within wait_s.
    """
    try:
        fd = _opened(path, to_read=to_read)
    except OSError as error:
        raise _refused(path, "opened", error) from error
    try:
        _wait(fd, path, wait_s)
        yield
    finally:
        os.close(fd)


def _wait(fd: int, path: Path, wait_s: float) -> None:
    deadline = time.monotonic() + wait_s
    try:
        while not _taken(fd):
            if time.monotonic() >= deadline:
                raise Unavailable("another run holds the lock of the journal or the keys")
            time.sleep(STEP_S)
    except OSError as error:  # some file systems of a network know no locks
        raise _refused(path, "locked", error) from error


def _refused(path: Path, what: str, error: OSError) -> Unavailable:
    reason = (error.strerror or "error").lower()
    hint = f"check its folder: ls -ld {shlex.quote(str(path.parent))}"
    return Unavailable(f"the lock file cannot be {what}: {reason}", hint=hint)


def _opened(path: Path, *, to_read: bool) -> int:
    safe = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | safe, 0o600)
    except OSError as error:
        if not to_read or error.errno != errno.EROFS:
            raise
        return os.open(path, os.O_RDONLY | safe)


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
