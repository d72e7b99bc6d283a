"""Files as they are, encrypted and opened again: nothing is parsed, nothing is ever overwritten.

The new file has no name until it is whole, and nobody may read it who may not read the old one.
"""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from safelight.errors import DiskFull, InputMissing, OutputExists, OutputFailed
from safelight.vault.private import open_regular, sync_folder
from safelight.vault.stream import Decryptor, Encryptor, Fill

PIECE_BYTES = 1 << 22
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_TAKEN = "the name is taken: nothing is ever overwritten"
_NO_UNNAMED = {errno.EOPNOTSUPP, errno.EISDIR, errno.ENOENT, errno.EINVAL}
_NO_LINKS = {errno.EPERM, errno.EOPNOTSUPP}


@dataclass(frozen=True, slots=True)
class Made:
    """The new file: its size in bytes and its SHA-256."""

    size_bytes: int
    sha256: str


def encrypt_file(source: Path, target: Path, key: bytes | bytearray) -> Made:
    """Write the file, encrypted, to a name that nothing has.

    Raises InputMissing, OutputExists, OutputFailed, DiskFull; then nothing is there.
    """
    with _reading(source) as (fill, mode), _writing(target, mode) as put, _buffer() as view:
        with Encryptor(key, put) as encryptor:
            while count := fill(view):
                encryptor.write(view[:count])
            encryptor.finish()
        return put.made


def decrypt_file(source: Path, target: Path, key: bytes | bytearray) -> Made:
    """Write what is in the encrypted file to a name that nothing has.

    Raises as encrypt_file, and VerificationFailed for a file that does not open.
    """
    with _reading(source) as (fill, mode), _writing(target, mode) as put, _buffer() as view:
        with Decryptor(key, fill) as decryptor:
            while count := decryptor.read_into(view):
                put(view[:count])
        return put.made


class _Put:
    """Writes to a descriptor, counts and hashes."""

    def __init__(self, fd: int) -> None:
        self._fd, self._digest, self._size_bytes = fd, hashlib.sha256(), 0

    def __call__(self, piece: memoryview) -> None:
        self._digest.update(piece)
        self._size_bytes += len(piece)
        while piece:
            piece = piece[os.write(self._fd, piece) :]

    @property
    def made(self) -> Made:
        return Made(self._size_bytes, self._digest.hexdigest())


@contextmanager
def _reading(path: Path) -> Iterator[tuple[Fill, int]]:
    """What reads the file, and its permission bits."""
    try:
        fd = open_regular(path)
    except (OSError, ValueError) as error:
        raise _unread(error) from error

    def fill(view: memoryview) -> int:
        try:
            return os.readv(fd, [view])
        except OSError as error:
            raise _unread(error) from error

    try:
        yield fill, stat.S_IMODE(os.fstat(fd).st_mode) & 0o777
    finally:
        os.close(fd)


@contextmanager
def _writing(path: Path, mode: int) -> Iterator[_Put]:
    """A file that gets its name on leaving, unless that fails or somebody has it already. Its
    folder is made.
    """
    if os.path.lexists(path):
        raise OutputExists(_TAKEN, hint="-o another name")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fd, temporary = _unnamed(path)
        try:
            yield _Put(fd)
            os.fchmod(fd, mode | 0o600)
            os.fsync(fd)
            _name(fd, temporary, path.absolute())
            sync_folder(path.parent)
        finally:
            os.close(fd)
            if temporary is not None:
                temporary.unlink(missing_ok=True)
    except FileExistsError as error:
        if not path.parent.is_dir():
            raise OutputFailed(
                "the file cannot be written: a file lies where its folder would be",
                hint="-o another folder",
            ) from error
        raise OutputExists(_TAKEN, hint="-o another name") from error
    except OSError as error:
        if error.errno in _FULL:
            raise DiskFull() from error
        reason = (error.strerror or "error").lower()
        raise OutputFailed(f"the file cannot be written: {reason}") from error


def _name(fd: int, temporary: Path | None, path: Path) -> None:
    """Give the file this name, unless somebody has it. Raises FileExistsError, OSError."""
    link = Path(f"/proc/self/fd/{fd}") if temporary is None else temporary
    try:
        # a folder's descriptor makes Python call linkat, which alone follows this link
        os.link(link, path, src_dir_fd=fd, follow_symlinks=True)
    except OSError as error:
        if temporary is None or error.errno not in _NO_LINKS:
            raise
        # as on a stick, where a file has one name: taken first, so that nobody else's is lost
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        try:
            os.replace(temporary, path)
        except BaseException:
            path.unlink(missing_ok=True)
            raise


def _unnamed(path: Path) -> tuple[int, Path | None]:
    """A new file in the folder of this path, and its name for a moment where it needs one."""
    flags = os.O_RDWR | os.O_CLOEXEC
    with suppress(AttributeError):
        try:
            return os.open(path.parent, flags | os.O_TMPFILE, 0o600), None
        except OSError as error:
            if error.errno not in _NO_UNNAMED:
                raise
    temporary = path.absolute().with_name(f".{secrets.token_hex(8)}")
    return os.open(temporary, flags | os.O_CREAT | os.O_EXCL, 0o600), temporary


@contextmanager
def _buffer() -> Iterator[memoryview]:
    """Room for plain bytes, overwritten on leaving."""
    with memoryview(bytearray(PIECE_BYTES)) as view:
        try:
            yield view
        finally:
            view[:] = bytes(len(view))


def _unread(error: Exception) -> InputMissing:
    reason = getattr(error, "strerror", None) or "no such path"
    return InputMissing(f"the file cannot be read: {reason.lower()}")
