"""Sealing: a file whose name ends in .enc is opened as it is read, and encrypted as it is written.

Its plain bytes are never on the disk. The key is asked for only where such a file is met.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from safelight.vault.keys import load_or_make
from safelight.vault.stream import Decryptor, Fill, is_encrypted_name, plain_bytes

Key = Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class Inside:
    """What a file holds: how many plain bytes, and what reads them."""

    size_bytes: int
    fill: Fill


@contextmanager
def opened(path: Path, fd: int, size_bytes: int, key: Key | None) -> Iterator[Inside]:
    """The inside of a file that is open and so large; of one that is not encrypted, itself.

    Raises VerificationFailed, also from fill, and VaultLocked.
    """

    def fill(view: memoryview) -> int:
        return os.readv(fd, [view])

    if key is None or not is_encrypted_name(path):
        yield Inside(size_bytes, fill)
        return
    held_bytes = plain_bytes(size_bytes)
    with Decryptor(key(), fill) as decryptor:
        yield Inside(held_bytes, decryptor.read_into)


def key_of(state_dir: Path) -> Key:
    """The key of this user's encrypted files, read when it is first asked for."""
    return cache(lambda: load_or_make(state_dir / "keys").data)
