"""Landlock: handle every right that this kernel knows, allow none.

A process may always lock itself in; no privilege is needed. Rules are inherited by fork and only
ever add up. A nested call makes a domain of its own, which is how a worker loses its hold on its
siblings and its zygote.
"""

from __future__ import annotations

import ctypes
import errno
import os
import stat
import struct
from collections.abc import Iterable

from safelight.worker.reach import NOTHING, Reach
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
# What a rule may give back beneath a path: run as a program, write, read; read a folder; speak to a
# device (from ABI 5 on).
_EXECUTE, _WRITE, _READ, _READ_FOLDER, _SPEAK = 1 << 0, 1 << 1, 1 << 2, 1 << 3, 1 << 15
_PROGRAMS = _EXECUTE | _READ | _READ_FOLDER
_PATH_BENEATH = 1
_RULE = struct.Struct("=Qi")


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


def restrict(
    version: int | None = None, reach: Reach = NOTHING, *, readable: Iterable[str] = ()
) -> int:
    """Forbid this thread and its children everything that Landlock can forbid, for good, but a
    device's reach and what may be read: files, or folders with all that is below.

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
    given_back = (
        (reach.nodes, _WRITE | _READ | _SPEAK),
        (reach.folders, _PROGRAMS),
        (readable, _READ | _READ_FOLDER),
    )
    try:
        for places, given in given_back:
            for place in places:
                _leave_open(fd, place, given & ruleset.files)
        checked("landlock_restrict_self", fd, 0)
    finally:
        os.close(fd)
    return version


def _leave_open(ruleset: int, place: str, given: int) -> None:
    """A rule for one path; one that is gone meanwhile needs none."""
    try:
        fd = os.open(place, os.O_PATH | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.EACCES):
            return
        raise
    try:
        if not stat.S_ISDIR(os.fstat(fd).st_mode):
            given &= ~_READ_FOLDER
        rule = ctypes.create_string_buffer(_RULE.pack(given, fd), _RULE.size)
        checked("landlock_add_rule", ruleset, _PATH_BENEATH, rule, 0)
    finally:
        os.close(fd)


def no_new_privileges() -> None:
    """No program started from here on gains rights by its file; every lock asks for this first."""
    checked("prctl", _PR_SET_NO_NEW_PRIVS, 1)
