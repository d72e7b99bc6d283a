"""Workshop: the hidden folder beside outputs, with receipts in it and temporaries below it.

It is reached by descriptors that follow no link: a folder that came from a stranger may hold a link
of this name, and what that points to is none of our business.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from safelight.errors import OutputFailed

OWN_FOLDER = ".safelight"
TEMPORARY_FOLDER = "tmp"
ASIDE = ".before"
_TEMPORARY = re.compile(r"[0-9a-f]{16}")
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_LINKS = {errno.ELOOP, errno.ENOTDIR}


class Workshop:
    """The hidden folder of one folder of outputs, open: a context manager, or close it."""

    def __init__(self, folder: Path, *, make: bool = True) -> None:
        """Raises OutputFailed for a link or a file of its name, OSError as the system does."""
        self.folder = folder
        parent = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            self.fd = _inside(parent, OWN_FOLDER, make=make)
        finally:
            os.close(parent)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        os.close(self.fd)

    @contextmanager
    def temporaries(self, *, make: bool = True) -> Iterator[int]:
        """A descriptor of the folder of temporaries."""
        fd = _inside(self.fd, TEMPORARY_FOLDER, make=make)
        try:
            yield fd
        finally:
            os.close(fd)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep other runs from giving names in this folder meanwhile."""
        fcntl.flock(self.fd, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self.fd, fcntl.LOCK_UN)

    def sweep(self) -> int:
        """Remove temporaries that no living process holds; their number."""
        swept = 0
        with contextlib.suppress(OSError, OutputFailed), self.temporaries(make=False) as fd:
            swept = sum(_sweep_one(fd, name) for name in os.listdir(fd))
        with contextlib.suppress(OSError):
            os.rmdir(TEMPORARY_FOLDER, dir_fd=self.fd)
        return swept


def temporary_name() -> str:
    return secrets.token_hex(8)


def _inside(parent: int, name: str, *, make: bool) -> int:
    if make:
        with contextlib.suppress(FileExistsError):
            os.mkdir(name, dir_fd=parent)
    try:
        return os.open(name, _FOLDER, dir_fd=parent)
    except OSError as error:
        if error.errno in _LINKS:
            raise OutputFailed(
                f"{name} beside the outputs is a link or a file, and not our own folder",
                hint="look at what it is, and remove it",
            ) from error
        raise


def _sweep_one(folder: int, name: str) -> int:
    if not _TEMPORARY.fullmatch(name):
        return 0
    try:
        fd = os.open(
            name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder
        )
    except OSError:
        return 0
    try:
        facts = os.fstat(fd)
        if not stat.S_ISREG(facts.st_mode) or facts.st_uid != os.geteuid():
            return 0
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.unlink(name, dir_fd=folder)
    except OSError:
        return 0
    else:
        return 1
    finally:
        os.close(fd)
