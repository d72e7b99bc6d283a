"""Shelf: the files of a case by their names, in a folder or in a sealed bundle alike."""

from __future__ import annotations

import os
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol, cast

from safelight.errors import InputMissing, VerificationFailed
from safelight.vault.private import open_regular

MAX_MEMBERS = 100_000


class Shelf(Protocol):
    """Where files lie by their place, with slashes."""

    def opened(self, place: str) -> BinaryIO:
        """The file, to read. Raises FileNotFoundError, OSError."""

    def read(self, place: str, limit_bytes: int) -> bytes:
        """The whole file. Raises FileNotFoundError, OSError, VerificationFailed above the limit."""

    def places(self) -> frozenset[str]:
        """Every file that is there."""


class FolderShelf:
    """A folder; what lies in it is reached without following a link below it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def opened(self, place: str) -> BinaryIO:
        path = self.folder
        for part in place.split("/")[:-1]:
            path = path / part
            if path.is_symlink():
                raise OSError(f"{part} is a link")
        path = self.folder / place
        if path.is_symlink():
            raise OSError("it is a link")
        return open(open_regular(path), "rb")

    def read(self, place: str, limit_bytes: int) -> bytes:
        with self.opened(place) as file:
            return whole(file, limit_bytes)

    def places(self) -> frozenset[str]:
        found = set()
        for folder, _folders, names in os.walk(self.folder):
            found |= {(Path(folder) / name).relative_to(self.folder).as_posix() for name in names}
        return frozenset(found)


class BundleShelf:
    """A tar file with one folder at its top. Only plain files count; nothing is unpacked."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self._members: dict[str, tarfile.TarInfo] = {}
        for member in tar:
            if not member.isreg() or len(self._members) >= MAX_MEMBERS:
                raise VerificationFailed("the bundle holds more than plain files")
            top, _, place = member.name.partition("/")
            if not place or place in self._members or ".." in place.split("/"):
                raise VerificationFailed("the bundle holds a name that is none of ours")
            self._members[place] = member
            self.top = top

    def opened(self, place: str) -> BinaryIO:
        member = self._members.get(place)
        file = self._tar.extractfile(member) if member is not None else None
        if file is None:
            raise FileNotFoundError(place)
        return cast(BinaryIO, file)

    def read(self, place: str, limit_bytes: int) -> bytes:
        with self.opened(place) as file:
            return whole(file, limit_bytes)

    def places(self) -> frozenset[str]:
        return frozenset(self._members)


@contextmanager
def bundle_at(path: Path) -> Iterator[BundleShelf]:
    """A sealed bundle, to read. Raises InputMissing, VerificationFailed where it is damaged."""
    try:
        with open(open_regular(path), "rb") as file, tarfile.open(fileobj=file, mode="r:") as tar:
            yield BundleShelf(tar)
    except tarfile.TarError as error:
        raise VerificationFailed("the bundle is damaged") from error
    except OSError as error:
        reason = (error.strerror or "no such file").lower()
        raise InputMissing(f"the bundle cannot be read: {reason}") from error


def whole(file: BinaryIO, limit_bytes: int) -> bytes:
    """All of it. Raises VerificationFailed where it is more than that."""
    data = file.read(limit_bytes + 1)
    if len(data) > limit_bytes:
        raise VerificationFailed(f"a file has more than {limit_bytes} bytes")
    return data
