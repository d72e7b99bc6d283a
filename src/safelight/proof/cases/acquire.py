"""Acquire: copy a file into a case, verify the copy by two digests, and keep it from change.

The copy gets its name after its event is written; a run that died in between is finished by the
next. What no event names is never taken for an original.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Protocol

from safelight.engine.kept import ORIGINALS
from safelight.engine.source import unreadable
from safelight.errors import (
    InputMissing,
    LimitExceeded,
    OutputFailed,
    SafelightError,
    VerificationFailed,
)
from safelight.proof.cases.chain import Chain
from safelight.proof.cases.event import Person
from safelight.proof.cases.facts import Acquired, File
from safelight.proof.cases.folder import CaseFolder, unwritten
from safelight.vault.private import open_regular, sync_folder

PIECE_BYTES = 1 << 20
# The most that the sealed form, a plain tar file, can hold.
MAX_BYTES = 8_000_000_000
INCOMING = ".incoming-"
READ_ONLY, CLOSED = 0o400, 0o500
OPEN = 0o700
_ENDING = re.compile(r"\.[A-Za-z0-9]{1,8}")


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Digests:
    """What a file holds: bytes, SHA-256 and SHA3-256."""

    size_bytes: int
    sha256: str
    sha3_256: str

    @classmethod
    def of(cls, file: _Readable, write: Callable[[bytes], object] | None = None) -> Digests:
        """Of what is left to read; each piece goes to write, too. Raises OSError."""
        first, second, size = hashlib.sha256(), hashlib.sha3_256(), 0
        while piece := file.read(PIECE_BYTES):
            first.update(piece)
            second.update(piece)
            size += len(piece)
            if write is not None:
                write(piece)
        return cls(size, first.hexdigest(), second.hexdigest())

    @classmethod
    def at(cls, path: Path) -> Digests:
        """Of a regular file. Raises OSError."""
        with open(open_regular(path), "rb") as file:
            return cls.of(file)

    def at_place(self, place: str) -> File:
        return File(place=place, bytes=self.size_bytes, sha256=self.sha256, sha3_256=self.sha3_256)

    def fits(self, file: File) -> bool:
        """Whether this is what the file was."""
        return self == Digests(file.bytes, file.sha256, file.sha3_256)


def acquire(
    case: CaseFolder, chain: Chain, source: Path, *, who: Person, why: str
) -> tuple[Chain, Acquired, bool]:
    """The chain with the file as a new original; True if it was taken in, False if the very same
    bytes are an original of this case already. To be called while the case is held.

    Raises InputMissing, VerificationFailed where the copy is not what was read, OutputFailed.
    """
    number = len(chain.originals) + 1
    item = f"E{number:04}"
    incoming = case.originals / f"{INCOMING}{item}"
    with _Writable(case.originals):
        try:
            digests, changed = _copied(source, incoming)
        except OSError as error:
            _give_up(incoming)
            raise unwritten(error) from error
        except SafelightError:
            _give_up(incoming)
            raise
        known = next((o for o in chain.originals.values() if digests.fits(o.file)), None)
        if known is not None:
            incoming.unlink()
            return chain, known, False
        ending = _ENDING.fullmatch(source.suffix)
        place = f"{ORIGINALS}/{item}{source.suffix.lower() if ending else ''}"
        facts = Acquired(
            item=item, file=digests.at_place(place), name=shown(source.name), changed=changed
        )
        chain = case.append(chain, "acquired", facts, who=who, why=why)
        _name(case, facts)
    return chain, facts, True


def _give_up(incoming: Path) -> None:
    with suppress(OSError):
        incoming.unlink()


def finish(case: CaseFolder, chain: Chain) -> None:
    """Give its name to an original whose event was written by a run that died right after, and
    close the folder that it left open.
    """
    with _Writable(case.originals):
        for facts in chain.originals.values():
            if not (case.folder / facts.file.place).exists():
                _name(case, facts)


def waiting(folder: Path, facts: Acquired) -> Path:
    """Where an original lies before it has its name."""
    return folder / ORIGINALS / f"{INCOMING}{facts.item}"


def shown(name: str) -> str:
    """A file's name as text: bytes that are none are escaped."""
    return name.encode("utf-8", "backslashreplace").decode()[:1_000]


def _name(case: CaseFolder, facts: Acquired) -> None:
    incoming, final = waiting(case.folder, facts), case.folder / facts.file.place
    try:
        if not Digests.at(incoming).fits(facts.file):
            raise VerificationFailed(f"{facts.item} is not what was acquired")
        os.replace(incoming, final)
        sync_folder(case.originals)
    except FileNotFoundError as error:
        raise VerificationFailed(f"{facts.item} is gone") from error
    except OSError as error:
        raise unwritten(error) from error


def _copied(source: Path, target: Path) -> tuple[Digests, str]:
    """Copy, make it last, and read it back. Raises OSError for the target, InputMissing for the
    source.
    """
    try:
        fd = open_regular(source)
    except (OSError, ValueError) as error:
        if isinstance(error, OSError) and error.filename is None:
            hint = "-r takes all files below a folder" if source.is_dir() else ""
            raise InputMissing("it is no regular file", hint=hint) from error
        raise unreadable(error) from error
    with open(fd, "rb", buffering=0) as reading:
        if os.fstat(fd).st_size > MAX_BYTES:
            raise LimitExceeded("a case takes files of at most 8 GB", hint="split the file")
        changed = datetime.fromtimestamp(int(os.fstat(fd).st_mtime), UTC)
        target.unlink(missing_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
        with open(os.open(target, flags, READ_ONLY), "wb", buffering=0) as writing:
            digests = Digests.of(_Source(reading), _written_whole(writing))
            os.fsync(writing.fileno())
            _drop_cache(writing.fileno())
    if Digests.at(target) != digests:
        target.unlink()
        raise OutputFailed("the copy cannot be read back as it was", hint="check the disk")
    return digests, changed.strftime("%Y-%m-%dT%H:%M:%SZ")


class _Source:
    """A file that is copied; a medium that fails is told as what it is."""

    def __init__(self, file: _Readable) -> None:
        self._file = file

    def read(self, size: int, /) -> bytes:
        try:
            return self._file.read(size)
        except OSError as error:
            raise InputMissing(
                unreadable(error).message, hint="check the medium that it lies on"
            ) from error


def _written_whole(file: BinaryIO) -> Callable[[bytes], None]:
    def write(piece: bytes) -> None:
        view = memoryview(piece)
        while view:
            view = view[file.write(view) :]

    return write


def _drop_cache(fd: int) -> None:
    """So that what is read back comes from the disk, where the system lets that be asked for."""
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)


class _Writable:
    """The folder of originals, open for writing within the context only."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> None:
        self._mode(OPEN)

    def __exit__(self, *exc: object) -> None:
        self._mode(CLOSED)

    def _mode(self, mode: int) -> None:
        try:
            if stat.S_IMODE(self._folder.stat().st_mode) != mode:
                self._folder.chmod(mode)
        except OSError as error:
            raise unwritten(error) from error
