"""Staging: what has come of a file so far, apart from everything that is installed.

A file lies under the digest that it must have. It leaves for the shelf whole and checked, or not at
all; what an interrupted pull left is where the next one goes on.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from safelight.errors import DiskFull, OutputFailed, VerificationFailed
from safelight.limits import MEGA
from safelight.models.plain import read_plain
from safelight.models.writing import failed, write_whole

# What a host calls a file, where that name means these very bytes: a strong one.
TAG = re.compile(r'"[!#-~]{0,198}"')
MAX_TAG = 200
READ_BYTES = MEGA


@dataclass(frozen=True, slots=True)
class Wanted:
    """One file of a model, as its entry pins it; url is empty for one that nobody offers."""

    file: str
    sha256: str
    size_bytes: int
    url: str = ""


class Staged:
    """One file that is coming."""

    def __init__(self, folder: Path, wanted: Wanted) -> None:
        self.wanted = wanted
        self.path = folder / f"{wanted.sha256}.part"
        self._tag = folder / f"{wanted.sha256}.tag"

    @property
    def have(self) -> int:
        """Bytes that have come; of more than can be right, none is of use."""
        try:
            found = os.lstat(self.path)
        except OSError:
            return 0
        is_fit = stat.S_ISREG(found.st_mode) and found.st_size <= self.wanted.size_bytes
        if not is_fit:
            self.drop()
        return found.st_size if is_fit else 0

    @property
    def tag(self) -> str:
        """What the host called the file that these bytes are of; empty if it gave no name, or what
        is kept of it is none.
        """
        try:
            text = read_plain(self._tag, MAX_TAG + 1).decode("ascii")
        except (OSError, ValueError):
            return ""
        return text if TAG.fullmatch(text) else ""

    def start(self, tag: str) -> None:
        """Forget what came, and remember what the host calls the file that comes now."""
        self.drop()
        if tag:
            write_whole(self._tag, tag.encode())

    @contextmanager
    def appending(self) -> Iterator[IO[bytes]]:
        """The file, open behind its last byte; what was written lasts, whatever ends it.

        Raises DiskFull or OutputFailed in place of what the system says about writing.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            file = self.path.open("ab", buffering=0)
        except OSError as error:
            raise failed(error) from error
        with file:
            try:
                yield file
            finally:
                _last(file)

    def check(self) -> None:
        """Raises VerificationFailed unless it is the pinned file; then nothing of it is left."""
        try:
            with self.path.open("rb") as file:
                digest = hashlib.sha256()
                while chunk := file.read(READ_BYTES):
                    digest.update(chunk)
        except OSError as error:
            raise OutputFailed("the file that came cannot be read again") from error
        if not hmac.compare_digest(digest.hexdigest(), self.wanted.sha256):
            self.drop()
            raise VerificationFailed(
                f"{self.wanted.file} is not the file that is pinned; it was thrown away",
                hint="do not use it; if it comes again, tell whoever made the entry",
            )

    def drop(self) -> None:
        """Leave nothing."""
        for path in (self.path, self._tag):
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                raise failed(error) from error


def _last(file: IO[bytes]) -> None:
    try:
        os.fsync(file.fileno())
    except OSError as error:
        raise failed(error) from error


def written(file: IO[bytes], data: bytes) -> None:
    """Write all of it. Raises DiskFull, OutputFailed."""
    view = memoryview(data)
    try:
        while view:
            view = view[file.write(view) :]
    except OSError as error:
        raise failed(error) from error


def refuse_full_disk(folder: Path, needed_bytes: int) -> None:
    """Raises DiskFull where so many bytes cannot be written to this folder."""
    there = next((one for one in (folder, *folder.parents) if one.is_dir()), folder)
    free = shutil.disk_usage(there).free
    if free < needed_bytes:
        raise DiskFull(
            f"{needed_bytes} bytes are needed, {free} are free where models are kept",
            hint="free some space, or --data-dir another folder",
        )
