"""Files that only their owner may read: made with the right mode, refused with a wrong one."""

from __future__ import annotations

import errno
import os
import secrets
import shlex
import stat
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from safelight.errors import DiskFull, OutputFailed, PolicyRefused

FOLDER_MODE = 0o700
FILE_MODE = 0o600
OTHERS = 0o077
ROOM_BYTES = 1_000_000
CHECK_STATE = "check the state folder: safelight config show --origin"


def private_folder(folder: Path) -> None:
    """Make the folder with mode 0700 if it is missing.

    Raises PolicyRefused if it is a link, someone else's, or open to others; OutputFailed if it
    cannot be made.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            os.mkdir(folder, FOLDER_MODE)
        found = os.lstat(folder)
    except OSError as error:
        reason = (error.strerror or "error").lower()
        raise OutputFailed(
            f"the state folder cannot be made: {reason}", hint=CHECK_STATE
        ) from error
    _check(folder, found, is_folder=True)


def read_private(path: Path, limit_bytes: int) -> bytes | None:
    """At most limit_bytes + 1 bytes of the file, None if there is none.

    Raises PolicyRefused if it is a link, no regular file, someone else's, or open to others.
    """
    try:
        fd = open_private(path, os.O_RDONLY)
    except FileNotFoundError:
        return None
    with open(fd, "rb") as file:
        return read_up_to(file, limit_bytes)


def read_up_to(file: BinaryIO, limit_bytes: int) -> bytes:
    """All of the file, or limit_bytes + 1 bytes of one that is larger.

    Room is taken as it is filled: a process that overwrites what it frees would write over room for
    the most, too, and limits are generous.
    """
    parts, left = [], limit_bytes + 1
    while left and (part := file.read(min(left, ROOM_BYTES))):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def open_private(path: Path, flags: int) -> int:
    """Open a file that is there. Raises FileNotFoundError; PolicyRefused like read_private."""
    _check(path, os.lstat(path), is_folder=False)
    safe = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
    fd = os.open(path, flags | safe)
    try:
        _check(path, os.fstat(fd), is_folder=False)
    except BaseException:
        os.close(fd)
        raise
    return fd


def write_private(path: Path, data: bytes) -> None:
    """Write the file in one piece with mode 0600 and make it last.

    Raises DiskFull or OutputFailed; then nothing is left.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    try:
        with open(os.open(temporary, flags, FILE_MODE), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
        sync_folder(path.parent)
    except OSError as error:
        raise failed_write(error) from error
    finally:
        with suppress(OSError):  # a name that is too long cannot be removed either
            temporary.unlink()


def require_folder(path: Path) -> None:
    """Raise OutputFailed if the folder in which this file shall lie is not there."""
    if not path.parent.is_dir():
        raise OutputFailed(
            f"there is no folder {path.parent}", hint=f"mkdir -p {shlex.quote(str(path.parent))}"
        )


def failed_write(error: OSError) -> OutputFailed:
    """Our error for a write that the system refused."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull()
    reason = (error.strerror or "error").lower()
    return OutputFailed(f"the state folder cannot be written: {reason}", hint=CHECK_STATE)


def open_regular(path: Path) -> int:
    """A descriptor to read a regular file by; never waits for the other end of a pipe.

    Raises OSError, also for what is no regular file.
    """
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
    fd = os.open(path, flags | getattr(os, "O_BINARY", 0))
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise OSError(errno.EINVAL, "no regular file")
    return fd


def sync_folder(folder: Path) -> None:
    """Make the names in the folder last, where a system lets that be asked for."""
    if os.name == "posix":
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)


def _check(path: Path, found: os.stat_result, *, is_folder: bool) -> None:
    what = "folder" if is_folder else "file"
    name = shlex.quote(str(path))
    if not (stat.S_ISDIR if is_folder else stat.S_ISREG)(found.st_mode):
        raise PolicyRefused(f"{path} is not a plain {what}", hint=f"ls -ld {name}")
    if os.name != "posix":
        return
    if found.st_uid != os.geteuid():
        raise PolicyRefused(
            f"the {what} {path} belongs to another user", hint=f"chown {os.geteuid()} {name}"
        )
    if found.st_mode & OTHERS:
        mode = FOLDER_MODE if is_folder else FILE_MODE
        raise PolicyRefused(f"the {what} {path} is open to others", hint=f"chmod {mode:o} {name}")
