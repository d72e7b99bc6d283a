"""Held: models that are opened once, in a zygote, for its workers to inherit.

They come once the zygote is locked down, and on one thread, since no other would survive a fork. A
hostile file breaks no more than this zygote, which serves the jobs of that model alone.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
from collections.abc import Iterator, Sequence

from safelight.models.entry import Entry
from safelight.models.runtimes import open_session
from safelight.models.session import Session
from safelight.worker.launch import MAPPED_BYTES
from safelight.worker.memory import read_only

# malloc.h of the C library.
M_MMAP_THRESHOLD = -3
APART_BYTES = 65_536
_libc = ctypes.CDLL(None)


class Held:
    """The open models of one zygote, by their entries."""

    def __init__(self, memory_bytes: int) -> None:
        """memory_bytes is what the process may have mapped while a model is opened."""
        self._memory_bytes = memory_bytes
        self._sessions: dict[bytes, Session] = {}

    def open(self, fds: Sequence[int], entry_bytes: int, file_bytes: int) -> None:
        """Open a model whose entry and file lie in these two memfds, which are closed.

        One that cannot be opened is not held: a worker tries again, and tells what is wrong.
        """
        words, data = read_only(fds[0], entry_bytes), read_only(fds[1], file_bytes)
        for fd in fds:
            os.close(fd)
        with _limited(self._memory_bytes), _apart(), contextlib.suppress(Exception):
            entry = Entry.from_json(bytes(words))
            self._sessions[bytes(words)] = open_session(entry, data, threads=1)

    def session(self, entry_json: bytes) -> Session | None:
        """The session of the model that has this entry, if it is held."""
        return self._sessions.get(entry_json)


@contextlib.contextmanager
def _apart() -> Iterator[None]:
    """What is allocated meanwhile lies apart, and what is freed goes back to the kernel: a worker
    would take it again, and pay for a copy of every page.
    """
    if not hasattr(_libc, "mallopt"):
        yield
        return
    _libc.mallopt(M_MMAP_THRESHOLD, APART_BYTES)
    try:
        yield
    finally:
        _libc.mallopt(M_MMAP_THRESHOLD, MAPPED_BYTES)
        _libc.malloc_trim(0)


@contextlib.contextmanager
def _limited(memory_bytes: int) -> Iterator[None]:
    before, most = resource.getrlimit(resource.RLIMIT_AS)
    # Whoever started the program may have allowed less.
    own = memory_bytes if most == resource.RLIM_INFINITY else min(memory_bytes, most)
    resource.setrlimit(resource.RLIMIT_AS, (own, most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (before, most))
