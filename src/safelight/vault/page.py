"""Page: memory for unwrapped keys that nothing but this process can read, where Linux lets us.

memfd_secret takes the page out of the kernel's own map: neither another process of this user nor
/proc/self/mem nor a core dump sees it. Where the system has none, it is ordinary memory, locked
against swapping where that is allowed; `kind` says which. No child process inherits it.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import sys
import weakref
from collections.abc import Mapping

PAGE_BYTES = mmap.PAGESIZE
MEMFD_SECRET = 447
SECRET, LOCKED, ORDINARY = "secret memory", "locked memory", "ordinary memory"
_FAILED = ctypes.c_void_p(-1).value


class Page:
    """Some secrets by name, until `close` or the end of this object overwrites them."""

    def __init__(self, secrets: Mapping[str, bytes | bytearray]) -> None:
        """Copies the secrets, which stay the caller's to overwrite. Raises ValueError for more than
        a page.
        """
        if sum(map(len, secrets.values())) > PAGE_BYTES:
            raise ValueError("too many secrets for one page")
        address, self.kind, memory = _mapped()
        self._owner = os.getpid()
        self._memory, self._places, end = memory, dict[str, slice](), 0
        for name, secret in secrets.items():
            self._places[name] = slice(end, end + len(secret))
            memory[self._places[name]] = secret
            end += len(secret)
        self._end = weakref.finalize(self, _free, self._owner, address, memory)

    def __contains__(self, name: object) -> bool:
        return name in self._places

    @property
    def is_ours(self) -> bool:
        """False in a process that was forked off: the page is not there to be touched."""
        return self._owner == os.getpid()

    def copy(self, name: str) -> bytearray:
        """One secret, for the caller to overwrite after use. Raises KeyError."""
        return bytearray(self._memory[self._places[name]])

    def close(self) -> None:
        """Overwrite and give back the page; it must not be used after that."""
        self._end()


def _mapped() -> tuple[int | None, str, memoryview]:
    """An empty page: its address if it must be given back by hand, what it is, its bytes."""
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        libc.mmap.restype = ctypes.c_void_p
        libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
        fd = libc.syscall(MEMFD_SECRET, os.O_CLOEXEC)
        if fd >= 0:
            try:
                os.ftruncate(fd, PAGE_BYTES)
                flags = mmap.PROT_READ | mmap.PROT_WRITE
                address = libc.mmap(None, PAGE_BYTES, flags, mmap.MAP_SHARED, fd, 0)
            finally:
                os.close(fd)
            if address != _FAILED:
                whole = ctypes.c_void_p(address)
                libc.madvise(whole, ctypes.c_size_t(PAGE_BYTES), mmap.MADV_DONTFORK)
                found = (ctypes.c_ubyte * PAGE_BYTES).from_address(address)
                return address, SECRET, memoryview(found).cast("B")
    return None, *_ordinary()


def _ordinary() -> tuple[str, memoryview]:
    page, kind = mmap.mmap(-1, PAGE_BYTES), ORDINARY
    for advice in ("MADV_DONTFORK", "MADV_DONTDUMP"):
        if hasattr(mmap, advice):
            page.madvise(getattr(mmap, advice))
    if os.name == "posix":
        start = ctypes.addressof(ctypes.c_ubyte.from_buffer(page))
        size = ctypes.c_size_t(PAGE_BYTES)
        if ctypes.CDLL(None).mlock(ctypes.c_void_p(start), size) == 0:
            kind = LOCKED
    return kind, memoryview(page)


def _free(owner: int, address: int | None, memory: memoryview) -> None:
    if owner != os.getpid():
        return
    memory[:] = bytes(PAGE_BYTES)
    memory.release()
    if address is not None:
        ctypes.CDLL(None).munmap(ctypes.c_void_p(address), ctypes.c_size_t(PAGE_BYTES))
