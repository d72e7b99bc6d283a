"""Memory that has a name only as a descriptor: made, sealed, looked at, and overwritten.

A picture's bytes never lie in the heap of a long-lived process: they lie in a memfd, which is
overwritten before it is closed.
"""

from __future__ import annotations

import contextlib
import fcntl
import mmap
import os
from collections.abc import Iterator

from safelight.errors import SafelightError

# linux/fcntl.h; Python 3.11 does not name the last one.
F_SEAL_FUTURE_WRITE = 0x0010
SIZE_SEALS = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW
READ_ONLY_SEALS = SIZE_SEALS | F_SEAL_FUTURE_WRITE | fcntl.F_SEAL_SEAL
CHUNK_BYTES = 1 << 20
ZEROS = bytes(CHUNK_BYTES)


def private_map(
    fd: int, size_bytes: int, offset: int = 0, *, prot: int = mmap.PROT_READ | mmap.PROT_WRITE
) -> mmap.mmap:
    """Shared memory of a descriptor, mapped so that no core dump of this process holds it."""
    mapped = mmap.mmap(fd, size_bytes, prot=prot, offset=offset)
    if hasattr(mmap, "MADV_DONTDUMP"):
        mapped.madvise(mmap.MADV_DONTDUMP)
    return mapped


class Sheet:
    """A memfd of a fixed size that its maker can read, overwrite and close. Close may be called
    twice.
    """

    def __init__(self, size_bytes: int, name: str = "safelight") -> None:
        self.size_bytes = size_bytes
        self.fd = os.memfd_create(name, os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        self._map: mmap.mmap | None = None
        self._windows: list[tuple[memoryview, mmap.mmap]] = []
        os.ftruncate(self.fd, size_bytes)

    @classmethod
    def for_writing(cls, size_bytes: int) -> Sheet:
        """Sparse, for a worker to write into: nobody can make it larger or smaller."""
        sheet = cls(size_bytes)
        fcntl.fcntl(sheet.fd, fcntl.F_ADD_SEALS, SIZE_SEALS | fcntl.F_SEAL_SEAL)
        return sheet

    @classmethod
    def holding(cls, data: bytes | memoryview) -> Sheet:
        """Sealed for everyone else to read only; its maker keeps a mapping to overwrite it."""
        sheet = cls(len(data))
        if len(data):
            sheet.map()[:] = data
        sheet.seal()
        return sheet

    def map(self) -> mmap.mmap:
        """The whole of it, writable for its maker; make it before seal."""
        if self._map is None:
            self._map = private_map(self.fd, self.size_bytes)
        return self._map

    def seal(self) -> None:
        """From here on nobody else can write, not even through a mapping; what is mapped stays
        writable.
        """
        fcntl.fcntl(self.fd, fcntl.F_ADD_SEALS, READ_ONLY_SEALS)

    def view(self, size_bytes: int) -> memoryview:
        """The first bytes of it, to read; after close nothing can be read through this view."""
        if not size_bytes:
            return memoryview(b"")
        window = private_map(self.fd, size_bytes, prot=mmap.PROT_READ)
        view = memoryview(window)
        self._windows.append((view, window))
        return view

    def overwrite(self) -> None:
        """Zeros over every byte that was ever written."""
        if self._map is not None:
            for start in range(0, self.size_bytes, CHUNK_BYTES):
                end = min(start + CHUNK_BYTES, self.size_bytes)
                self._map[start:end] = ZEROS[: end - start]
            return
        for start, end in written(self.fd, self.size_bytes):
            for position in range(start, end, CHUNK_BYTES):
                os.pwrite(self.fd, ZEROS[: min(CHUNK_BYTES, end - position)], position)

    def close(self) -> None:
        """Overwrite and free. A slice that someone still holds keeps the memory, but only zeros
        are in it.
        """
        if self.fd < 0:
            return
        self.overwrite()
        for view, window in self._windows:
            with contextlib.suppress(BufferError):
                view.release()
                window.close()
        self._windows.clear()
        if self._map is not None:
            self._map.close()
            self._map = None
        os.close(self.fd)
        self.fd = -1


def written(fd: int, size_bytes: int) -> Iterator[tuple[int, int]]:
    """The parts of a sparse file that hold data, as start and end."""
    end = 0
    while end < size_bytes:
        try:
            start = os.lseek(fd, end, os.SEEK_DATA)
        except OSError:
            return
        end = os.lseek(fd, start, os.SEEK_HOLE)
        yield start, end


def read_only(fd: int, size_bytes: int) -> memoryview:
    """The first bytes of a memfd, mapped; freed when the last view of them is."""
    if not size_bytes:
        return memoryview(b"")
    return memoryview(mmap.mmap(fd, size_bytes, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ))


def is_sealed(fd: int) -> bool:
    """True if nobody can change or cut this memfd any more but who mapped it before."""
    try:
        seals = fcntl.fcntl(fd, fcntl.F_GET_SEALS)
    except OSError:
        return False
    against_writing = seals & (F_SEAL_FUTURE_WRITE | fcntl.F_SEAL_WRITE)
    return bool(against_writing and seals & fcntl.F_SEAL_SHRINK)


def require_sealed(fd: int) -> None:
    if not is_sealed(fd):
        raise SafelightError("the source is not sealed: it could change while it is read")
