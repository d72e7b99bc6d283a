"""The source: read once, with a limit, hashed while it is read, into a memfd that nobody else can
write.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import BinaryIO, Protocol

from safelight.codecs.routing import ROUTE_BYTES, Brief
from safelight.engine.holding import Budget, Held, buffer, unbounded
from safelight.engine.sealing import Key, key_of, opened
from safelight.errors import ContainerBroken, InputMissing, LimitExceeded, SafelightError
from safelight.limits import MEGA
from safelight.settings import Settings
from safelight.vault.stream import Fill
from safelight.worker.memory import private_map, require_sealed

PIECE_BYTES = 1 << 20
NOT_AT_HAND = -1
F_SEAL_FUTURE_WRITE = 0x0010
SEALS = F_SEAL_FUTURE_WRITE | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL


class Digest(Protocol):
    """hashlib's and hmac's common shape."""

    def update(self, data: memoryview, /) -> None: ...

    def hexdigest(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Source:
    """A sealed memfd with the input, its size in bytes, its keyed digest, what it is known by.

    mode holds the permission bits of the file that it came from, changed_ns the time of its last
    change in nanoseconds; None where there was none. scheme says how the file was encrypted,
    nothing where it was not. waiting is what holds a stream; one that was spilled for want of
    memory has no memfd until at_hand.
    """

    fd: int
    size_bytes: int
    digest: str
    first: Brief
    mode: int | None = None
    changed_ns: int | None = None
    scheme: str = ""
    waiting: Held | None = None

    @property
    def spilled_bytes(self) -> int:
        """How much of it lay on the disk, encrypted, while it waited."""
        is_spilled = self.waiting is not None and self.waiting.is_spilled
        return self.size_bytes if is_spilled else 0


@dataclass(frozen=True, slots=True)
class Sealed:
    """An input that lies in a sealed memfd already. Its holder keeps it until the run is over, and
    overwrites it then; here it is looked at and not copied.
    """

    fd: int
    size_bytes: int


@contextmanager
def open_source(
    source: Path | bytes | memoryview | BinaryIO | Sealed,
    limit_bytes: int,
    digest: Digest,
    *,
    key: Key | None = None,
    budget: Budget | None = None,
) -> Iterator[Source]:
    """Read the input into memory that is overwritten on leaving; a stream that passes the budget
    into an encrypted file.

    A path must name a regular file; with a key one that ends in .enc is opened as it is read, and
    its plain bytes are nowhere else. Raises InputMissing, LimitExceeded, ContainerBroken for no
    bytes at all, VerificationFailed for a file that does not open, VaultLocked.
    """
    if isinstance(source, Sealed):
        _refuse_above(source.size_bytes, limit_bytes)
        yield _looked_at(source, digest)
    elif isinstance(source, Path):
        with _open_file(source) as (fd, facts), opened(source, fd, facts.st_size, key) as inside:
            _refuse_above(inside.size_bytes, limit_bytes)
            with _filled(inside.fill, inside.size_bytes, digest) as held:
                mode = stat.S_IMODE(facts.st_mode) & 0o777
                changed_ns = facts.st_mtime_ns
                yield replace(held, mode=mode, changed_ns=changed_ns, scheme=inside.scheme)
    elif isinstance(source, bytes | memoryview):
        view = memoryview(source).cast("B")
        _refuse_above(len(view), limit_bytes)
        with _filled(_from_view(view), len(view), digest) as held:
            yield held
    else:
        fill = _from_stream(source)
        with _gathered(fill, limit_bytes, digest, budget or unbounded()) as held:
            yield held


def _looked_at(source: Sealed, digest: Digest) -> Source:
    """Raises SafelightError unless it is sealed, and as large as was told."""
    require_sealed(source.fd)
    if os.fstat(source.fd).st_size != source.size_bytes:
        raise SafelightError("the source has another size than was told")
    with (
        private_map(source.fd, source.size_bytes, prot=mmap.PROT_READ) as held,
        memoryview(held) as view,
    ):
        for position in range(0, source.size_bytes, PIECE_BYTES):
            with view[position : position + PIECE_BYTES] as piece:
                digest.update(piece)
        first = Brief(view[:ROUTE_BYTES])
    return Source(source.fd, source.size_bytes, digest.hexdigest(), first)


def _refuse_above(size_bytes: int, limit_bytes: int) -> None:
    if size_bytes > limit_bytes:
        most = f"{limit_bytes / MEGA:g} MB" if limit_bytes >= MEGA else f"{limit_bytes} bytes"
        raise LimitExceeded(f"the input has more than {most}", hint="--max-bytes allows more")
    if size_bytes == 0:
        raise ContainerBroken("the input is empty")


@contextmanager
def _open_file(path: Path) -> Iterator[tuple[int, os.stat_result]]:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | getattr(os, "O_NONBLOCK", 0))
    except (OSError, ValueError) as error:
        raise unreadable(error) from error
    try:
        facts = os.fstat(fd)
        if not stat.S_ISREG(facts.st_mode):
            raise InputMissing(
                "the input is no regular file", hint="give a file, or a folder with -r"
            )
        yield fd, facts
    finally:
        os.close(fd)


def first_bytes(path: Path, key: Key | None = None) -> Brief:
    """What routes the file; nothing of what is no regular file.

    Raises OSError, ValueError; with a key VerificationFailed for a file that ends in .enc and does
    not open, VaultLocked.
    """
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | getattr(os, "O_NONBLOCK", 0))
    try:
        facts = os.fstat(fd)
        if not stat.S_ISREG(facts.st_mode):
            return Brief()
        with opened(path, fd, facts.st_size, key) as inside:
            first = Brief(min(ROUTE_BYTES, inside.size_bytes))
            with memoryview(first) as view:
                count = inside.fill(view)
            del first[count:]
            return first
    finally:
        os.close(fd)


def looking(settings: Settings) -> Callable[[Path], Brief]:
    """first_bytes with the key of this user's encrypted files, read once it is needed."""
    return partial(first_bytes, key=key_of(settings))


def unreadable(error: Exception) -> InputMissing:
    """Our error for an input that the system does not let us read, with a hint by its cause."""
    reason = getattr(error, "strerror", None) or "no such path"
    hint = "check the file's permissions" if isinstance(error, PermissionError) else ""
    return InputMissing(f"cannot read the input: {reason.lower()}", hint=hint)


def _reason(error: OSError) -> str:
    return (error.strerror or "input/output error").lower()


def _from_view(data: memoryview) -> Fill:
    position = 0

    def fill(view: memoryview) -> int:
        nonlocal position
        with data[position : position + len(view)] as piece:
            view[: len(piece)] = piece
            position += len(piece)
            return len(piece)

    return fill


def _from_stream(stream: BinaryIO) -> Fill:
    """Straight into the memory where the stream knows how; else by pieces that it makes."""
    into: Callable[[memoryview], int | None] | None = getattr(stream, "readinto", None)

    def fill(view: memoryview) -> int:
        if into is not None:
            return into(view) or 0
        piece = stream.read(len(view))
        view[: len(piece)] = piece
        return len(piece)

    return fill


@contextmanager
def _gathered(fill: Fill, limit_bytes: int, digest: Digest, budget: Budget) -> Iterator[Source]:
    """What comes to an end nobody knows where: held as it comes, to one byte too many."""
    with Held(budget) as held:
        first = _take_in(held, fill, limit_bytes, digest)
        _refuse_above(held.size_bytes, limit_bytes)
        source = Source(NOT_AT_HAND, held.size_bytes, digest.hexdigest(), first, waiting=held)
        if held.is_spilled:
            yield source
        else:
            with at_hand(source) as ready:
                yield ready


def _take_in(held: Held, fill: Fill, limit_bytes: int, digest: Digest) -> Brief:
    """Its first bytes."""
    first = Brief()
    with buffer() as piece:
        while held.size_bytes <= limit_bytes:
            with piece[: min(PIECE_BYTES, limit_bytes + 1 - held.size_bytes)] as room:
                count = _one_fill(fill, room)
                if not count:
                    break
                with room[:count] as done:
                    digest.update(done)
                    held.write(done)
                    first += done[: ROUTE_BYTES - len(first)]
    return first


@contextmanager
def at_hand(source: Source) -> Iterator[Source]:
    """The same source where a worker can have it; one that was spilled waits here for its turn."""
    if source.waiting is None or source.fd != NOT_AT_HAND:
        yield source
        return
    with source.waiting.sealed() as fd:
        yield replace(source, fd=fd)


@contextmanager
def _filled(fill: Fill, size_bytes: int, digest: Digest) -> Iterator[Source]:
    fd = os.memfd_create("source", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        os.ftruncate(fd, size_bytes)
        with private_map(fd, size_bytes) as held:
            fcntl.fcntl(fd, fcntl.F_ADD_SEALS, SEALS)
            try:
                first = _read_into(held, fill, size_bytes, digest)
                yield Source(fd, size_bytes, digest.hexdigest(), first)
            finally:
                overwrite(held, size_bytes)
    finally:
        os.close(fd)


def _read_into(held: mmap.mmap, fill: Fill, size_bytes: int, digest: Digest) -> Brief:
    position = 0
    with memoryview(held) as view:
        while position < size_bytes:
            with view[position : position + PIECE_BYTES] as piece:
                count = _one_fill(fill, piece)
                if count == 0:
                    raise ContainerBroken("the input became shorter while it was read")
                with piece[:count] as done:
                    digest.update(done)
            position += count
        return Brief(view[:ROUTE_BYTES])


def _one_fill(fill: Fill, piece: memoryview) -> int:
    try:
        return fill(piece)
    except OSError as error:
        raise SafelightError(
            f"the input cannot be read to its end: {_reason(error)}",
            hint="check the disk or share",
        ) from error


def overwrite(held: mmap.mmap, size_bytes: int) -> None:
    """Fill the memory with zeros, a piece at a time."""
    zeros = bytes(min(size_bytes, PIECE_BYTES))
    with memoryview(held) as view:
        for position in range(0, size_bytes, PIECE_BYTES):
            length = min(PIECE_BYTES, size_bytes - position)
            view[position : position + length] = zeros[:length]
