"""Spill: bytes of one job on the disk, in a file without a name, under a key that only this process
has.

The key is random, lies in memory alone and is overwritten by drop: what the disk still holds then
opens for nobody. The form is that of stream.
"""

from __future__ import annotations

import errno
import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Self

from safelight.errors import DiskFull, OutputFailed
from safelight.vault.stream import KEY_BYTES, Decryptor, Encryptor

_NO_UNNAMED = {errno.EOPNOTSUPP, errno.EISDIR, errno.ENOENT, errno.EINVAL}


class Spill:
    """Write once, to the end; read as often as wanted; drop.

    folder must be there. Nobody else can open the file, and it goes when this process does.
    Raises DiskFull, OutputFailed.
    """

    def __init__(self, folder: Path) -> None:
        self.size_bytes = 0
        self._key = bytearray(os.urandom(KEY_BYTES))
        try:
            self._fd = _unnamed(folder)
        except OSError as error:
            raise _failed(error) from error
        self._encryptor = Encryptor(self._key, self._put)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.drop()

    def write(self, data: bytes | memoryview) -> None:
        """Take more bytes; size_bytes counts them."""
        self._encryptor.write(data)
        self.size_bytes += len(data)

    def finish(self) -> None:
        """Write the end; from now on it can be read."""
        self._encryptor.finish()

    def reader(self) -> Decryptor:
        """A reader from the start; close it before drop. Raises VerificationFailed as it reads, for
        what is not as it was written.
        """
        position = 0

        def fill(view: memoryview) -> int:
            nonlocal position
            count = os.preadv(self._fd, [view], position)
            position += count
            return count

        return Decryptor(self._key, fill)

    def drop(self) -> None:
        """Overwrite the key and let the file go. Nothing can be read after it; again is no harm."""
        self._encryptor.close()
        self._key[:] = bytes(KEY_BYTES)
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _put(self, piece: memoryview) -> None:
        try:
            while piece:
                piece = piece[os.write(self._fd, piece) :]
        except OSError as error:
            raise _failed(error) from error


def _unnamed(folder: Path) -> int:
    flags = os.O_RDWR | os.O_EXCL | os.O_CLOEXEC
    with suppress(AttributeError):
        try:
            return os.open(folder, flags | os.O_TMPFILE, 0o600)
        except OSError as error:
            if error.errno not in _NO_UNNAMED:
                raise
    path = folder / f".{secrets.token_hex(8)}"
    fd = os.open(path, flags | os.O_CREAT, 0o600)
    path.unlink()
    return fd


def _failed(error: OSError) -> OutputFailed:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull()
    reason = (error.strerror or "error").lower()
    return OutputFailed(f"what passes the memory budget cannot be written: {reason}")
