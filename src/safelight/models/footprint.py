"""Footprint: the memory that one answer of a model takes. This runs in the cage."""

from __future__ import annotations

import ctypes
from typing import Any

from safelight.models.entry import Entry
from safelight.models.runtimes import open_session
from safelight.models.session import shape_of

# A picture for what takes any size.
SIDE = 256
# malloc.h of the C library.
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, NEVER = -1, -3, 1 << 30


def took(entry: Entry, data: memoryview, *, threads: int) -> int:
    """The bytes that one answer takes, in the size that the entry says.

    Raises as open_session and its sessions do.
    """
    import numpy as np

    _keep_all()
    before = _footprint()
    session = open_session(entry, data, threads=threads)
    facts = entry.input
    side = facts.tile + 2 * facts.halo or SIDE
    sides = (side, side, facts.channels) if facts.layout == "NHWC" else (facts.channels, side, side)
    tensor = np.full(shape_of(facts) or (1, *sides), facts.range[1] / 2, np.float32)
    session.answers(tensor)
    return max(0, _footprint() - before)


class _Mallinfo(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in (
        *("arena", "ordblks", "smblks", "hblks", "hblkhd"),
        *("usmblks", "fsmblks", "uordblks", "fordblks", "keepcost"),
    )]  # fmt: skip


def _keep_all() -> None:
    """What is freed from now on stays in the process: so its peak can be seen afterwards."""
    library: Any = ctypes.CDLL(None)
    if hasattr(library, "mallopt"):
        library.mallopt(M_MMAP_THRESHOLD, NEVER)
        library.mallopt(M_TRIM_THRESHOLD, NEVER)


def _footprint() -> int:
    """The bytes that this process has taken. No cage tells the kernel's own figure."""
    library: Any = ctypes.CDLL(None)
    if not hasattr(library, "mallinfo2"):
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1_024
    library.mallinfo2.restype = _Mallinfo
    known = library.mallinfo2()
    return int(known.arena + known.hblkhd)
