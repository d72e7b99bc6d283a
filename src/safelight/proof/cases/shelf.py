"""Shelf: the files of a case by their names, in a folder or in a sealed bundle alike."""

from __future__ import annotations

import os
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final, Protocol, cast

from safelight.errors import InputMissing, VerificationFailed
from safelight.vault.private import open_regular, read_up_to

MAX_MEMBERS = 100_000
BLOCK = tarfile.BLOCKSIZE
FORM: Final = tarfile.USTAR_FORMAT
MODE = 0o444


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
    """A tar file with one folder at its top, in the one form that a seal writes: no byte of it can
    be another, padding included. Nothing is unpacked. Raises VerificationFailed.
    """

    def __init__(self, tar: tarfile.TarFile, file: BinaryIO) -> None:
        self._tar = tar
        self._members: dict[str, tarfile.TarInfo] = {}
        end, tops = 0, set()
        for member in tar:
            top, _, place = member.name.partition("/")
            tops.add(top)
            if len(self._members) >= MAX_MEMBERS or len(tops) > 1 or not _is_place(place):
                raise VerificationFailed("the bundle holds a name that is none of ours")
            if place in self._members or member.offset != end:
                raise VerificationFailed("the bundle holds a file twice")
            end = _checked_form(file, member)
            self._members[place] = member
        file.seek(end)
        rest = file.read(2 * tarfile.RECORDSIZE)
        if rest != bytes(2 * BLOCK + -(end + 2 * BLOCK) % tarfile.RECORDSIZE):
            raise VerificationFailed("the bundle does not end as it should")

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
            yield BundleShelf(tar, file)
    except tarfile.TarError as error:
        raise VerificationFailed("the bundle is damaged") from error
    except OSError as error:
        reason = (error.strerror or "no such file").lower()
        raise InputMissing(f"the bundle cannot be read: {reason}") from error


def header(name: str, size_bytes: int) -> tarfile.TarInfo:
    """A file in a bundle: nothing differs from machine to machine."""
    info = tarfile.TarInfo(name)
    info.size, info.mode, info.mtime = size_bytes, MODE, 0
    return info


def _checked_form(file: BinaryIO, member: tarfile.TarInfo) -> int:
    """Where the member ends. Raises VerificationFailed unless its header and padding are ours."""
    try:
        wanted = header(member.name, member.size).tobuf(FORM)
    except ValueError as error:
        raise VerificationFailed("the bundle holds a name that is none of ours") from error
    file.seek(member.offset)
    end = member.offset_data + -(-member.size // BLOCK) * BLOCK
    is_header = file.read(member.offset_data - member.offset) == wanted
    file.seek(member.offset_data + member.size)
    padding = file.read(end - member.offset_data - member.size)
    if not is_header or any(padding):
        raise VerificationFailed(f"{member.name} is not written as a seal writes it")
    return end


def _is_place(place: str) -> bool:
    return bool(place) and not {"", ".", ".."} & set(place.split("/"))


def whole(file: BinaryIO, limit_bytes: int) -> bytes:
    """All of it. Raises VerificationFailed where it is more than that."""
    data = read_up_to(file, limit_bytes)
    if len(data) > limit_bytes:
        raise VerificationFailed(f"a file has more than {limit_bytes} bytes")
    return data
