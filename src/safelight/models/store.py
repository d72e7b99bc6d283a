"""Store: hands over verified models and nothing else.

A model file is read once, into memory that is then sealed, and hashed on the way. What was hashed
is what is used: a file that is swapped between check and use changes nothing. There is no switch
that leaves the check out.
"""

from __future__ import annotations

import difflib
import hashlib
import hmac
import io
import mmap
import os
import stat
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from safelight.errors import ModelMissing, UsageError, VerificationFailed
from safelight.limits import MEGA
from safelight.models.entry import MAX_ENTRY_BYTES, Entry
from safelight.operation import ModelNeed

CHUNK_BYTES = MEGA


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A verified model: its entry, and a descriptor of exactly size_bytes that nobody can change.

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


class Store:
    """The built-in models and those of the user's folder; no user's file takes a built-in name."""

    def __init__(self, user_folder: Path | None = None) -> None:
        self._user_folder = user_folder
        self._shelf: dict[str, tuple[Entry, Path]] | None = None

    def built_in(self) -> tuple[Entry, ...]:
        """The entries that no user's file can change, by name. Raises as entries does."""
        known = self._known().values()
        return tuple(entry for entry, folder in known if folder != self._user_folder)

    def entries(self) -> tuple[Entry, ...]:
        """Every entry, built-in ones first, by name. Raises UsageError for a wrong entry."""
        return tuple(entry for entry, _folder in self._known().values())

    def find(self, need: ModelNeed, *, precision: str = "") -> Entry:
        """The entry with this task, scale, and name or alias.

        A full name means that very file. An alias means the exact twin where that one has the
        precision. Raises ModelMissing with the nearest name.
        """
        fitting = [e for e in self.entries() if (e.task, e.output.scale) == (need.task, need.scale)]
        for entry in fitting:
            if entry.name == need.name:
                return entry
        for entry in fitting:
            if need.name in entry.aliases:
                twin = self.twin(entry)
                return twin if twin is not None and twin.precision == precision else entry
        raise ModelMissing(
            f"there is no model {need.name!r} for {need.task} x{need.scale}".removesuffix(" x1"),
            hint=_nearest(need, self.entries()),
        )

    def twin(self, entry: Entry) -> Entry | None:
        """The entry that answers where this one's answer is faulty; None if it names none.

        Raises ModelMissing where it is not here, UsageError where it takes or gives other tensors.
        """
        if entry.exact is None:
            return None
        for other in self.entries():
            if other.name == entry.exact:
                if (other.task, other.input, other.output) != (
                    entry.task,
                    entry.input,
                    entry.output,
                ):
                    raise UsageError(f"{other.name} takes or gives other tensors than {entry.name}")
                return other
        raise ModelMissing(f"{entry.exact}, the exact twin of {entry.name}, is not here")

    def load(self, need: ModelNeed) -> LoadedModel:
        """Find, read, hash, compare, seal.

        Raises ModelMissing when the entry or its file is absent, VerificationFailed when the
        bytes are not those of the pin.
        """
        return self.open(self.find(need))

    def open(self, entry: Entry) -> LoadedModel:
        """Like load, for an entry of this store."""
        with _opened(self._path(entry)) as source:
            fd = _anonymous()
            try:
                _copy_checked(entry, source, fd)
                _seal(fd)
            except BaseException:
                os.close(fd)
                raise
        return LoadedModel(entry, fd, entry.size_bytes)

    def verify(self, entry: Entry) -> bool:
        """True if the file is the pinned one. Raises ModelMissing when there is no file."""
        try:
            self.open(entry).close()
        except VerificationFailed:
            return False
        return True

    def _path(self, entry: Entry) -> Path:
        known, folder = self._known().get(entry.name, (None, None))
        if known != entry or folder is None:
            raise ModelMissing(f"the model {entry.name} is not in the store")
        return folder / entry.file

    def _known(self) -> dict[str, tuple[Entry, Path]]:
        if self._shelf is None:
            self._shelf = {}
            for entry, folder in _all_entries(self._user_folder):
                self._shelf.setdefault(entry.name, (entry, folder))
        return self._shelf


def _all_entries(user_folder: Path | None) -> Iterator[tuple[Entry, Path]]:
    with resources.as_file(resources.files("safelight.models")) as package:
        for path in sorted((package / "catalogue").glob("*.toml")):
            entry = Entry.from_toml(path.read_bytes())
            if entry.url is None:
                yield entry, package / "builtin"
            elif user_folder is not None and (user_folder / entry.file).is_file():
                yield entry, user_folder
    if user_folder is not None:
        for path in sorted(user_folder.glob("*.toml")):
            yield _user_entry(path), user_folder


def _user_entry(path: Path) -> Entry:
    try:
        with path.open("rb") as file:
            return Entry.from_toml(file.read(MAX_ENTRY_BYTES + 1))
    except OSError as error:
        raise UsageError(f"the model entry {path} cannot be read: {error.strerror}") from error
    except UsageError as error:
        raise UsageError(f"{path}: {error.message}", hint=error.hint) from error


def _opened(path: Path) -> io.FileIO:
    """The file, if it is a regular one; opening does not wait for a pipe."""
    try:
        fd = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except OSError as error:
        raise ModelMissing(
            f"the model file {path.name} cannot be read: {error.strerror}"
        ) from error
    file = io.FileIO(fd, "rb")
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        file.close()
        raise VerificationFailed(f"the model file {path.name} is no regular file")
    return file


def _copy_checked(entry: Entry, source: io.FileIO, fd: int) -> None:
    digest = hashlib.sha256()
    size_bytes = 0
    while chunk := source.read(min(CHUNK_BYTES, entry.size_bytes + 1 - size_bytes)):
        digest.update(chunk)
        size_bytes += len(chunk)
        if size_bytes > entry.size_bytes:
            break
        _write_all(fd, chunk)
    if size_bytes != entry.size_bytes or not hmac.compare_digest(digest.hexdigest(), entry.sha256):
        raise VerificationFailed(
            f"the file of the model {entry.name} is not the one that the catalogue pins",
            hint="do not use it: reinstall, or get the model file again",
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


def _nearest(need: ModelNeed, entries: Sequence[Entry]) -> str:
    """The name that was meant, if one is near, and those that are usual for the task."""
    fitting = [entry for entry in entries if entry.task == need.task]
    names = sorted(
        {name for entry in fitting for name in (entry.name, *entry.aliases)} - {need.name}
    )
    close = difflib.get_close_matches(need.name, names, n=1, cutoff=0.5)
    meant = f"did you mean {close[0]}? " if close else ""
    usual: dict[str, list[str]] = {}
    for entry in sorted(fitting, key=lambda entry: entry.output.scale):
        for alias in entry.aliases:
            usual.setdefault(alias, []).append(f" x{entry.output.scale}".removesuffix(" x1"))
    told = ", ".join(alias + " and".join(scales) for alias, scales in sorted(usual.items()))
    here = f"for {need.task} there is {told}; " if told else ""
    return f"{meant}{here}safelight models list"
