"""Sealing: a file whose name ends in .enc is opened as it is read, and encrypted as it is written.

Its plain bytes are never on the disk. The key is asked for only where such a file is met.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Self

from safelight.codecs.further import Opening
from safelight.errors import VerificationFailed
from safelight.settings import Settings
from safelight.vault.keys import load_or_make, overwrite
from safelight.vault.stream import (
    SCHEME,
    Decryptor,
    Encryptor,
    Fill,
    is_encrypted_name,
    plain_bytes,
)

PIECE_BYTES = 1 << 22
# A fresh copy of the key each time, which is overwritten here after use.
Key = Callable[[], bytearray]


@dataclass(frozen=True, slots=True)
class Inside:
    """What a file holds: how many plain bytes, what reads them, how they are encrypted, nothing
    where they are not.
    """

    size_bytes: int
    fill: Fill
    scheme: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """What an output's file is, as it lies there: SHA-256, size in bytes, how it is encrypted,
    nothing where it is not.
    """

    sha256: str
    size_bytes: int
    scheme: str = ""

    @classmethod
    def of(cls, data: bytes | memoryview) -> Self:
        """The same for a result that has no file."""
        return cls(hashlib.sha256(data).hexdigest(), len(data))


def key_of(settings: Settings) -> Key:
    """The key of this user's encrypted files, read when it is first asked for."""
    folder = settings.state_dir / "keys"
    keys = cache(lambda: load_or_make(folder, settings.passphrase_file))
    return lambda: keys().take_data()


def opening_of(settings: Settings) -> Opening:
    """What opens further pictures of recipes that end in .enc."""
    return partial(opened, key=key_of(settings))


@contextmanager
def taken(key: Key) -> Iterator[bytearray]:
    """The key for one use; overwritten on leaving."""
    secret = key()
    try:
        yield secret
    finally:
        overwrite(secret)


@contextmanager
def opened(path: Path, fd: int, size_bytes: int, key: Key | None) -> Iterator[Inside]:
    """The inside of a file that is open and so large; of one that is not encrypted, itself.

    Raises VerificationFailed, also from fill, and VaultLocked.
    """
    if key is None or not is_encrypted_name(path):
        yield Inside(size_bytes, _reader(fd))
        return
    held_bytes = plain_bytes(size_bytes)
    with taken(key) as secret, Decryptor(secret, _reader(fd)) as decryptor:
        yield Inside(held_bytes, decryptor.read_into, SCHEME)


def write_through(fd: int, pieces: Sequence[bytes | memoryview], key: Key | None) -> Written:
    """Write all pieces, encrypted where there is a key; what lies there then. Raises OSError."""
    digest, size_bytes = hashlib.sha256(), 0

    def put(piece: memoryview) -> None:
        nonlocal size_bytes
        digest.update(piece)
        size_bytes += len(piece)
        write(fd, piece)

    if key is None:
        for piece in pieces:
            for start in range(0, len(piece), PIECE_BYTES):
                with memoryview(piece)[start : start + PIECE_BYTES] as part:
                    put(part)
        return Written(digest.hexdigest(), size_bytes)
    with taken(key) as secret, Encryptor(secret, put) as encryptor:
        for piece in pieces:
            encryptor.write(piece)
        encryptor.finish()
    return Written(digest.hexdigest(), size_bytes, SCHEME)


def write(fd: int, data: bytes | memoryview) -> None:
    """Write all of it. Raises OSError."""
    # Each view is given back at once, also where this fails: its memory may be unmapped then.
    position = 0
    with memoryview(data) as view:
        while position < len(view):
            with view[position : position + PIECE_BYTES] as piece:
                position += os.write(fd, piece)


def holds(fd: int, pieces: Sequence[bytes | memoryview], key: Key | None) -> bool:
    """Whether the file, read from its start and opened with the key, is these pieces."""
    wanted, found = hashlib.sha256(), hashlib.sha256()
    for piece in pieces:
        wanted.update(piece)
    os.lseek(fd, 0, os.SEEK_SET)
    with memoryview(bytearray(PIECE_BYTES)) as view, suppress(VerificationFailed):
        if key is None:
            _feed(found.update, _reader(fd), view)
        else:
            with taken(key) as secret, Decryptor(secret, _reader(fd)) as decryptor:
                _feed(found.update, decryptor.read_into, view)
        view[:] = bytes(PIECE_BYTES)
    return found.digest() == wanted.digest()


def _feed(update: Callable[[memoryview], object], fill: Fill, view: memoryview) -> None:
    while count := fill(view):
        update(view[:count])


def _reader(fd: int) -> Fill:
    return lambda view: os.readv(fd, [view])
