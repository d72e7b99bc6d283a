"""Holding: what waits in an engine and has no file: inputs that came as streams, results that
nobody has taken yet.

Up to the memory budget of the engine it lies in memory that is overwritten; what goes beyond lies
in an unnamed file, encrypted under a random key of this one job. Dropping the key is the wipe.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, Self

from safelight.vault.private import private_folder
from safelight.vault.spill import Spill
from safelight.worker.memory import READ_ONLY_SEALS, ZEROS, Sheet, private_map, written

PIECE_BYTES = 1 << 20
UNBOUNDED = 1 << 62


class Sink(Protocol):
    """Where bytes can go: a file, a pipe, a Held. write says how many it took, None for none."""

    def write(self, data: memoryview, /) -> int | None: ...


class Budget:
    """How many bytes may be held in memory by all jobs of an engine together, besides what their
    workers look at now: so many jobs at a time. Safe to use from many threads.
    """

    def __init__(self, most_bytes: int, folder: Path, turns: int = 1) -> None:
        """folder is made when something is spilled for the first time."""
        self.folder = folder
        self.turns = threading.Semaphore(turns)
        self._left_bytes = most_bytes
        self._lock = threading.Lock()

    def take(self, size_bytes: int) -> bool:
        """Have so much of it, if there is so much left."""
        with self._lock:
            is_there = size_bytes <= self._left_bytes
            self._left_bytes -= size_bytes if is_there else 0
            return is_there

    def give(self, size_bytes: int) -> None:
        """Have what was taken given back."""
        with self._lock:
            self._left_bytes += size_bytes


class Held:
    """Bytes that are held: written to the end, then read as often as wanted; close it, or use it
    as a context manager. Raises DiskFull, OutputFailed where it spills.
    """

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self.size_bytes = 0
        self._fd = os.memfd_create("held", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        self._map: mmap.mmap | None = None
        self._spill: Spill | None = None
        self._is_whole = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    @property
    def is_spilled(self) -> bool:
        """Whether it lies in a file, encrypted."""
        return self._spill is not None

    def write(self, data: memoryview) -> int:
        """Take in all of these bytes."""
        if self._spill is None and not self._budget.take(len(data)):
            self._spill = self._spilled()
        if self._spill is not None:
            self._spill.write(data)
        else:
            _write_at(self._fd, self.size_bytes, data)
        self.size_bytes += len(data)
        return len(data)

    def write_to(self, sink: Sink) -> None:
        """Everything, a piece at a time, without a copy of it in ordinary memory."""
        for piece in self._pieces():
            pour(piece, sink)

    @contextmanager
    def sealed(self) -> Iterator[int]:
        """A sealed memfd with all of it. What was spilled waits for its turn, is read back, and is
        overwritten afterwards.
        """
        if self._spill is None:
            yield self._seal()
            return
        with self._budget.turns:
            sheet = Sheet(self.size_bytes, "source")
            try:
                with memoryview(sheet.map()) as view:
                    self._read_back(view)
                sheet.seal()
                yield sheet.fd
            finally:
                sheet.close()

    def close(self) -> None:
        """Overwrite what lies in memory, drop the key of what does not. Twice is once."""
        if self._spill is not None:
            self._spill.drop()
        if self._fd >= 0:
            self._budget.give(0 if self._spill is not None else self.size_bytes)
            self._overwrite()

    def _spilled(self) -> Spill:
        """Everything so far, and what comes from now on, out of memory."""
        private_folder(self._budget.folder)
        spill = Spill(self._budget.folder)
        try:
            for piece in self._pieces():
                spill.write(piece)
        except BaseException:
            spill.drop()
            raise
        self._budget.give(self.size_bytes)
        self._overwrite()
        self._fd = os.memfd_create("held", os.MFD_CLOEXEC)
        return spill

    def _pieces(self) -> Iterator[memoryview]:
        if self._spill is not None:
            with buffer() as piece:
                yield from self._decrypted(piece)
            return
        for start in range(0, self.size_bytes, PIECE_BYTES):
            length = min(PIECE_BYTES, self.size_bytes - start)
            with (
                private_map(self._fd, length, start, prot=mmap.PROT_READ) as window,
                memoryview(window) as piece,
            ):
                yield piece

    def _decrypted(self, piece: memoryview) -> Iterator[memoryview]:
        with self._reading() as read_into:
            while count := read_into(piece):
                with piece[:count] as part:
                    yield part

    def _read_back(self, view: memoryview) -> None:
        start = 0
        with self._reading() as read_into:
            while count := read_into(view[start:]):
                start += count

    @contextmanager
    def _reading(self) -> Iterator[Callable[[memoryview], int]]:
        spill = self._spill
        if spill is None:
            raise ValueError("nothing was spilled")
        if not self._is_whole:
            spill.finish()
            self._is_whole = True
        with spill.reader() as reader:
            yield reader.read_into

    def _seal(self) -> int:
        if self._map is None:
            self._map = private_map(self._fd, self.size_bytes)
            fcntl.fcntl(self._fd, fcntl.F_ADD_SEALS, READ_ONLY_SEALS)
        return self._fd

    def _overwrite(self) -> None:
        if self._map is not None:
            for start in range(0, self.size_bytes, PIECE_BYTES):
                end = min(start + PIECE_BYTES, self.size_bytes)
                self._map[start:end] = ZEROS[: end - start]
            self._map.close()
        else:
            for start, end in written(self._fd, os.fstat(self._fd).st_size):
                _write_at(self._fd, start, memoryview(bytes(end - start)))
        os.close(self._fd)
        self._fd, self._map = -1, None


def unbounded() -> Budget:
    """For what is held in memory however large it is."""
    return Budget(UNBOUNDED, Path())


def pour(data: memoryview, sink: Sink) -> None:
    """Write all of it, past the buffer that a stream may have: a copy would stay there.

    Raises OSError, BlockingIOError where the sink takes nothing now.
    """
    raw, flush = getattr(sink, "raw", None), getattr(sink, "flush", None)
    if raw is not None and flush is not None:
        flush()
    below: Sink = sink if raw is None else raw
    while data:
        count = below.write(data)
        if count is None:
            raise BlockingIOError("nothing can be written now")
        data = data[count:]


@contextmanager
def buffer() -> Iterator[memoryview]:
    """A piece of memory of our own for what passes by; overwritten when it has."""
    with mmap.mmap(-1, PIECE_BYTES) as room:
        if hasattr(mmap, "MADV_DONTDUMP"):
            room.madvise(mmap.MADV_DONTDUMP)
        with memoryview(room) as view:
            try:
                yield view
            finally:
                view[:] = ZEROS[:PIECE_BYTES]


def _write_at(fd: int, start: int, data: memoryview) -> None:
    while data:
        count = os.pwrite(fd, data, start)
        data, start = data[count:], start + count
