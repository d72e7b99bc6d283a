"""The output: written whole under no name, given its name last, or never seen at all.

The order is DESIGN's: the bytes are written and flushed to disk without a name (or under a
temporary one), the receipt is written, then the output gets its name. A temporary stays locked
while its writer lives; the next run removes those that nobody holds.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from safelight.errors import DiskFull, OutputExists, OutputFailed, SafelightError

OWN_FOLDER = ".safelight"
TEMPORARY_FOLDER = "tmp"
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
NO_UNNAMED = {errno.EOPNOTSUPP, errno.EISDIR, errno.ENOENT, errno.EINVAL}
PIECE_BYTES = 1 << 22


class Staged:
    """An output that has its bytes but not yet its name."""

    def __init__(self, fd: int, target: Path, temporary: Path | None) -> None:
        self.fd, self.target, self.temporary = fd, target, temporary

    def commit(self, *, replace: bool) -> None:
        """Give the output its name, at once or not at all. Raises OutputExists unless replace is
        true. Names reach the disk in the order in which they are given, at the latest with
        sync_folder: a file system that journals its names keeps that order.
        """
        try:
            if not replace:
                self._link(self.target)
            else:
                os.replace(self._named(), self.target)
                self.temporary = None
        except FileExistsError as error:
            raise OutputExists from error
        except OSError as error:
            raise output_error(error) from error

    def _link(self, name: Path) -> None:
        if self.temporary is None:
            # a folder's descriptor makes Python call linkat, which alone follows this link; the
            # path is absolute
            os.link(f"/proc/self/fd/{self.fd}", name, src_dir_fd=self.fd, follow_symlinks=True)
        else:
            os.link(self.temporary, name)

    def _named(self) -> Path:
        if self.temporary is None:
            name = temporary_name(self.target.parent)
            self._link(name)
            self.temporary = name
        return self.temporary


@contextmanager
def staged(
    target: Path, pieces: Sequence[bytes | memoryview], mode: int | None = None
) -> Iterator[Staged]:
    """Write the pieces to disk beside the target, without its name; on leaving what has no name is
    gone.

    mode sets the permission bits; otherwise the user's umask decides. Raises OutputFailed,
    DiskFull.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        fd, temporary = _open_unnamed(target.parent)
    except OSError as error:
        raise output_error(error) from error
    output = Staged(fd, target, temporary)
    try:
        try:
            _write(fd, pieces)
            if mode is not None:
                os.fchmod(fd, mode)
            os.fsync(fd)
        except OSError as error:
            raise output_error(error) from error
        yield output
    finally:
        os.close(fd)
        if output.temporary is not None:
            with contextlib.suppress(OSError):
                output.temporary.unlink()


def write_whole(target: Path, data: bytes, *, mode: int | None = None) -> None:
    """Write a small file so that it is there whole or not at all, replacing an older one."""
    with staged(target, [data], mode) as output:
        output.commit(replace=True)


def output_error(error: OSError) -> SafelightError:
    """The one place where the system's words for a failed write become ours."""
    if error.errno in FULL:
        return DiskFull()
    return OutputFailed(
        f"the result cannot be written: {(error.strerror or 'input/output error').lower()}"
    )


def _write(fd: int, pieces: Sequence[bytes | memoryview]) -> None:
    for piece in pieces:
        view = memoryview(piece)
        while view:
            view = view[os.write(fd, view[:PIECE_BYTES]) :]


def _open_unnamed(folder: Path) -> tuple[int, Path | None]:
    flag = getattr(os, "O_TMPFILE", 0)
    if flag:
        try:
            fd = os.open(folder, flag | os.O_RDWR | os.O_CLOEXEC, 0o666)
        except OSError as error:
            if error.errno not in NO_UNNAMED:
                raise
        else:
            fcntl.flock(fd, fcntl.LOCK_EX)
            return fd, None
    name = temporary_name(folder)
    fd = os.open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    fcntl.flock(fd, fcntl.LOCK_EX)
    return fd, name


def temporary_name(folder: Path) -> Path:
    """A fresh name in the folder's own temporary folder, which is made."""
    place = folder / OWN_FOLDER / TEMPORARY_FOLDER
    place.mkdir(parents=True, exist_ok=True)
    return place / secrets.token_hex(8)


def sweep(folder: Path) -> int:
    """Remove temporaries in this folder that no living process holds; give their number."""
    swept = 0
    place = folder / OWN_FOLDER / TEMPORARY_FOLDER
    with contextlib.suppress(OSError):
        for entry in list(place.iterdir()):
            swept += _sweep_one(entry)
        place.rmdir()
    return swept


def _sweep_one(entry: Path) -> int:
    try:
        fd = os.open(entry, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return 0
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        entry.unlink()
    except OSError:
        return 0
    else:
        return 1
    finally:
        os.close(fd)
