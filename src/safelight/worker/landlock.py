"""Landlock: handle every right that this kernel knows, allow none.

A process may always lock itself in; no privilege is needed. Rules are inherited by fork and only
ever add up. A nested call makes a domain of its own, which is how a worker loses its hold on its
siblings and its zygote.
"""

from __future__ import annotations

import ctypes
import os

from safelight.worker.syscalls import call, checked

_CREATE_VERSION = 1
_PR_SET_NO_NEW_PRIVS = 38

# Rights by the ABI that brought them, as in linux/landlock.h: files, network (TCP bind and
# connect), scopes (abstract unix sockets and signals). ABI 7 and 8 brought no rights; 9 the look-
# up of unix sockets by path.
_FILES = {1: 0x1FFF, 2: 1 << 13, 3: 1 << 14, 5: 1 << 15, 9: 1 << 16}
_NETWORK = {4: 0b11}
_SCOPES = {6: 0b11}
NETWORK_ABI, SCOPES_ABI = 4, 6


class _Ruleset(ctypes.Structure):
    _fields_ = (
        ("files", ctypes.c_uint64),
        ("network", ctypes.c_uint64),
        ("scopes", ctypes.c_uint64),
    )


def abi() -> int:
    """The version that this kernel offers; 0 = none (too old, or switched off at boot)."""
    return max(0, call("landlock_create_ruleset", 0, 0, _CREATE_VERSION))


def rights(version: int) -> tuple[int, int, int]:
    """All that can be forbidden at this ABI: file rights, network rights, scopes, as bit masks."""
    files, network, scopes = (
        sum(bits for since, bits in table.items() if since <= version)
        for table in (_FILES, _NETWORK, _SCOPES)
    )
    return files, network, scopes


def restrict(version: int | None = None) -> int:
    """Forbid this thread and its children everything that Landlock can forbid, for good.

    version takes less than the kernel offers, as an older kernel would. Returns the ABI used; 0 =
    there is no Landlock here and nothing was done. Call it with one thread. Raises OSError when
    the kernel refuses.
    """
    version = abi() if version is None else min(version, abi())
    if version == 0:
        return 0
    no_new_privileges()
    ruleset = _Ruleset(*rights(version))
    # A kernel refuses a struct longer than it knows only if the surplus is not zero.
    size = ctypes.sizeof(ruleset)
    fd = checked("landlock_create_ruleset", ruleset, size, 0)
    try:
        checked("landlock_restrict_self", fd, 0)
    finally:
        os.close(fd)
    return version


def no_new_privileges() -> None:
    """No program started from here on gains rights by its file; every lock asks for this first."""
    checked("prctl", _PR_SET_NO_NEW_PRIVS, 1)
