"""Plain files: what is read from a folder that others may have put things into."""

from __future__ import annotations

import errno
import io
import os
import stat
from pathlib import Path


class NotPlain(OSError):
    """What has the name is no regular file."""


def open_plain(path: Path) -> io.FileIO:
    """A regular file, open for reading; a pipe in its place is not waited for.

    Raises NotPlain, OSError.
    """
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    file = io.FileIO(os.open(path, flags), "rb")
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise NotPlain(errno.EINVAL, "it is no regular file")
    return file


def read_plain(path: Path, most_bytes: int) -> bytes:
    """At most so many bytes of a regular file. Raises NotPlain, OSError."""
    with io.BufferedReader(open_plain(path)) as file:
        return file.read(most_bytes)
