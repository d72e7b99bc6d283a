"""Sealed: a model's bytes in memory that nobody can change, checked on the way in.

A file is read once and hashed as it is read. What was hashed is what is used: a file that is
swapped between check and use changes nothing. There is no switch that leaves the check out.
"""

from __future__ import annotations

import hashlib
import hmac
import io
import mmap
import os
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from safelight.errors import ModelMissing, VerificationFailed
from safelight.limits import MEGA
from safelight.models.entry import Entry
from safelight.models.plain import NotPlain, open_plain
from safelight.models.staging import Wanted

CHUNK_BYTES = MEGA


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A verified model: its entry, and a descriptor of exactly size_bytes that nobody can change:
    the model's file, then its parts.

    On Linux the descriptor is a sealed memfd; elsewhere an unnamed file that only this process
    holds.
    """

    entry: Entry
    fd: int
    size_bytes: int

    def view(self) -> memoryview:
        """The model's bytes, read only."""
        return memoryview(mmap.mmap(self.fd, self.size_bytes, access=mmap.ACCESS_READ))

    def close(self) -> None:
        os.close(self.fd)

    def __enter__(self) -> LoadedModel:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def load(entry: Entry, files: Iterable[tuple[Wanted, Path]]) -> LoadedModel:
    """Read, hash, compare, seal.

    Raises ModelMissing for a file that cannot be read, VerificationFailed for one that is not the
    one that is pinned.
    """
    fd = _anonymous()
    try:
        for wanted, path in files:
            with _opened(path, wanted.file) as source:
                _copy_checked(wanted, source, fd, of=entry.name)
        _seal(fd)
    except BaseException:
        os.close(fd)
        raise
    return LoadedModel(entry, fd, entry.total_bytes)


def _opened(path: Path, name: str) -> io.FileIO:
    try:
        return open_plain(path)
    except NotPlain as error:
        raise VerificationFailed(f"the model file {name} is no regular file") from error
    except OSError as error:
        raise ModelMissing(f"the model file {name} cannot be read: {error.strerror}") from error


def _copy_checked(wanted: Wanted, source: io.FileIO, fd: int, *, of: str) -> None:
    digest = hashlib.sha256()
    size_bytes = 0
    while chunk := source.read(min(CHUNK_BYTES, wanted.size_bytes + 1 - size_bytes)):
        digest.update(chunk)
        size_bytes += len(chunk)
        if size_bytes > wanted.size_bytes:
            break
        _write_all(fd, chunk)
    is_whole = size_bytes == wanted.size_bytes
    if not is_whole or not hmac.compare_digest(digest.hexdigest(), wanted.sha256):
        raise VerificationFailed(
            f"the file of the model {of} is not the one that the catalogue pins",
            hint=f"do not use it: safelight models pull {of}, or reinstall what is built in",
        )


def _write_all(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def _anonymous() -> int:
    if sys.platform == "linux":
        return os.memfd_create("safelight-model", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())


def _seal(fd: int) -> None:
    if sys.platform == "linux":
        import fcntl

        seals = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL
        fcntl.fcntl(fd, fcntl.F_ADD_SEALS, seals)
