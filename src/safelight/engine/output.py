"""The output: written whole under no name, given its name last, or never seen at all.

The order is DESIGN's: the bytes are written and flushed to disk without a name (or under a
temporary one), the receipt likewise; then, while no other run gives names in this folder, the
receipt gets its name and the output gets its own. A temporary stays locked while its writer lives;
the next run removes those that nobody holds, and puts back the receipt of an output that was not
replaced after all.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from safelight.engine.sealing import PIECE_BYTES, Key, Written, holds, write, write_through
from safelight.engine.workshop import ASIDE, Workshop, temporary_name
from safelight.errors import DiskFull, OutputExists, OutputFailed, SafelightError
from safelight.vault.private import open_regular, sync_folder

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
NO_UNNAMED = {errno.EOPNOTSUPP, errno.EISDIR, errno.ENOENT, errno.EINVAL}
NO_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK}
MAX_NAME_BYTES = 255
# 1 January 1980: the earliest that every file system and archive can hold.
NO_TIME_NS = 315_532_800 * 10**9


@dataclass(frozen=True, slots=True)
class Owner:
    """Who may read the output, as permission bits; its user and group, -1 as they are; the time of
    its last change in nanoseconds, None as it is.
    """

    mode: int
    uid: int = -1
    gid: int = -1
    changed_ns: int | None = None


def timed(owner: Callable[[int], Owner], changed_ns: int | None) -> Callable[[int], Owner]:
    """The same owner, with a time for the output."""
    return lambda allowed: replace(owner(allowed), changed_ns=changed_ns)


def time_for(file_time: str, of_input: int | None) -> int | None:
    """The time of change that the setting means; None leaves that of the work."""
    if file_time == "none":
        return NO_TIME_NS
    return of_input if file_time == "input" else None


def heir_of(target: Path, source_mode: int | None, *, in_place: bool) -> Callable[[int], Owner]:
    """In place the output takes over everything; else nobody may read it who may not the input."""
    if in_place:
        facts = target.stat()
        owner = Owner(facts.st_mode & 0o777, facts.st_uid, facts.st_gid)
        return lambda _allowed: owner
    if source_mode is None:
        return Owner
    return lambda allowed: Owner(allowed & (source_mode | 0o600))


@dataclass
class Staged:
    """Bytes on disk that have no name yet, or only a temporary one."""

    workshop: Workshop
    fd: int
    temporary: str | None = None

    def become(self, name: str | Path, *, replace: bool, folder_fd: int | None = None) -> None:
        """Get this name, at once or not at all. Raises FileExistsError unless replace is true."""
        if not replace:
            with contextlib.suppress(_NoLinks):
                self._link(name, folder_fd)
                return
            if os.path.lexists(name):
                raise FileExistsError(errno.EEXIST, "exists")
        with self.workshop.temporaries() as place:
            if self.temporary is None:
                fresh = temporary_name()
                self._link(fresh, place)
                self.temporary = fresh
            os.replace(self.temporary, name, src_dir_fd=place, dst_dir_fd=folder_fd)
            self.temporary = None

    def _link(self, name: str | Path, folder_fd: int | None) -> None:
        try:
            if self.temporary is None:
                # a folder's descriptor makes Python call linkat, which alone follows this link;
                # the path is absolute
                os.link(
                    f"/proc/self/fd/{self.fd}",
                    name,
                    src_dir_fd=self.fd,
                    dst_dir_fd=folder_fd,
                    follow_symlinks=True,
                )
                return
            with self.workshop.temporaries() as place:
                os.link(self.temporary, name, src_dir_fd=place, dst_dir_fd=folder_fd)
        except OSError as error:
            if error.errno in NO_LINKS and self.temporary is not None:
                raise _NoLinks from error
            raise

    def discard(self) -> None:
        os.close(self.fd)
        if self.temporary is not None:
            gone = contextlib.suppress(OSError, OutputFailed)
            with gone, self.workshop.temporaries(make=False) as place:
                os.unlink(self.temporary, dir_fd=place)


class _NoLinks(Exception):
    """This file system has no second names for a file."""


class Delivery:
    """An output on its way to its name; written says what its file is."""

    def __init__(self, workshop: Workshop, target: Path, output: Staged, written: Written) -> None:
        self._workshop, self._target = workshop, target
        self._output, self.written = output, written

    def commit(self, receipt: bytes, receipt_name: str, *, replace: bool) -> None:
        """Write the receipt, and give both their names: first to it, at once after to the output.

        Raises OutputExists unless replace is true; then nothing has changed. Raises OutputFailed.
        """
        shop = self._workshop
        try:
            with ExitStack() as stack:
                slip = _stage(stack, shop)
                write(slip.fd, receipt)
                os.fsync(slip.fd)
                stack.enter_context(shop.held())
                if not replace and os.path.lexists(self._target):
                    raise OutputExists
                with self._aside(receipt_name):
                    slip.become(receipt_name, replace=True, folder_fd=shop.fd)
                    self._output.become(self._target, replace=replace)
            with contextlib.suppress(OSError):
                sync_folder(self._target.parent)
        except FileExistsError as error:
            raise OutputExists from error
        except OSError as error:
            raise output_error(error) from error

    @contextmanager
    def _aside(self, name: str) -> Iterator[None]:
        """Keep an older receipt of this name until the output has got its own."""
        shop, aside = self._workshop.fd, name + ASIDE
        if len(os.fsencode(aside)) > MAX_NAME_BYTES:
            yield
            return
        with contextlib.suppress(FileNotFoundError):
            os.replace(name, aside, src_dir_fd=shop, dst_dir_fd=shop)
        try:
            yield
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                os.replace(aside, name, src_dir_fd=shop, dst_dir_fd=shop)
            raise
        with contextlib.suppress(FileNotFoundError):
            os.unlink(aside, dir_fd=shop)


@contextmanager
def delivery(
    target: Path,
    pieces: Sequence[bytes | memoryview],
    owner: Callable[[int], Owner] = Owner,
    *,
    reread: bool = False,
    key: Key | None = None,
) -> Iterator[Delivery]:
    """Write the output to disk without its name; on leaving what has none is gone.

    owner tells, given the permission bits that the user's umask allows, whose the output is to be.
    With a key it is encrypted on the way. With reread the file is read back, opened and compared.
    Raises OutputFailed, DiskFull.
    """
    try:
        _make_folder(target.parent)
        with ExitStack() as stack:
            shop = stack.enter_context(Workshop(target.parent))
            output = _stage(stack, shop)
            written = write_through(output.fd, pieces, key)
            os.fsync(output.fd)
            if reread and not holds(output.fd, pieces, key):
                raise OutputFailed(
                    "what was written cannot be read back as it was", hint="check the disk"
                )
            _hand_over(output.fd, owner)
            yield Delivery(shop, target, output, written)
    except OSError as error:
        raise output_error(error) from error


def _stage(stack: ExitStack, shop: Workshop) -> Staged:
    staged = _open_unnamed(shop)
    stack.callback(staged.discard)
    return staged


def _hand_over(fd: int, owner: Callable[[int], Owner]) -> None:
    wanted = owner(os.fstat(fd).st_mode & 0o777)
    with contextlib.suppress(PermissionError):
        os.fchown(fd, wanted.uid, wanted.gid)
    os.fchmod(fd, wanted.mode)
    if wanted.changed_ns is not None:
        os.utime(fd, ns=(wanted.changed_ns, wanted.changed_ns))


def _open_unnamed(shop: Workshop) -> Staged:
    flag = getattr(os, "O_TMPFILE", 0)
    if flag:
        try:
            fd = os.open(shop.folder, flag | os.O_RDWR | os.O_CLOEXEC, 0o666)
        except OSError as error:
            if error.errno not in NO_UNNAMED:
                raise
        else:
            fcntl.flock(fd, fcntl.LOCK_EX)
            return Staged(shop, fd)
    while True:
        name = temporary_name()
        with shop.temporaries() as place:
            flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
            fd = os.open(name, flags, 0o666, dir_fd=place)
        fcntl.flock(fd, fcntl.LOCK_EX)
        if os.fstat(fd).st_nlink:  # else another run swept it before it was locked
            return Staged(shop, fd, name)
        os.close(fd)


def sweep(folder: Path, speaks_of: Callable[[bytes, Path], bool]) -> int:
    """Remove temporaries in this folder that no living process holds; give their number.

    Puts back the receipt of an output that a killed run did not replace after all; speaks_of
    tells whether a receipt's bytes speak of the file that lies there.
    """
    with contextlib.suppress(OSError, OutputFailed), Workshop(folder, make=False) as shop:
        with shop.held():
            for name in os.listdir(shop.fd):
                if name.endswith(ASIDE):
                    _settle_aside(shop, name, speaks_of)
        return shop.sweep()
    return 0


def _settle_aside(shop: Workshop, aside: str, speaks_of: Callable[[bytes, Path], bool]) -> None:
    name = aside.removesuffix(ASIDE)
    output = shop.folder / name.removesuffix(".receipt.json")
    with contextlib.suppress(OSError, SafelightError):
        fd = os.open(aside, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=shop.fd)
        with open(fd, "rb") as file:
            older = file.read(PIECE_BYTES)
        if speaks_of(older, output):
            os.replace(aside, name, src_dir_fd=shop.fd, dst_dir_fd=shop.fd)
        else:
            os.unlink(aside, dir_fd=shop.fd)


def sha256_of(path: Path) -> str:
    """Hexadecimal digest of a regular file. Raises OSError, VerificationFailed."""
    with open(open_regular(path), "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise OutputFailed(
            "the result cannot be written: a file lies where its folder would be",
            hint="-o another folder",
        ) from error


def output_error(error: OSError) -> SafelightError:
    """The one place where the system's words for a failed write become ours."""
    if error.errno in FULL:
        return DiskFull()
    reason = (error.strerror or "input/output error").lower()
    return OutputFailed(f"the result cannot be written: {reason}")
