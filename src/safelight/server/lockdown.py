"""The lock of the front end: after it has its sockets and its code, and before it takes a call.

    network namespace   an empty one, where the kernel grants it; sockets that listen go on
    capabilities        none, and none to be gained
    Landlock            reads its code and what its room shows; writes nothing, signals nobody
    limits              no core dump, no file larger than a body may be
    the sieve           the system calls that are left

Each is inherited by every thread. A layer that the kernel does not have is left out and said; the
sieve must hold, or there is no server.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
from collections.abc import Iterable, Sequence
from enum import IntFlag
from pathlib import Path

from safelight.errors import LevelTooLow
from safelight.limits import MAX_INPUT_BYTES
from safelight.server import sieve
from safelight.worker import landlock, launch, namespaces, seccomp
from safelight.worker.syscalls import call, checked

_PR_SET_DUMPABLE, _PR_CAPBSET_DROP, _PR_CAP_AMBIENT, _CLEAR_ALL = 4, 24, 47, 4
_CAPABILITY_VERSION = 0x20080522


class Held(IntFlag):
    """What holds the front end."""

    SIEVE = 1
    LANDLOCK = 2
    NETWORK = 4

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(str(one.name).lower() for one in Held if one in self)


NOTHING = Held(0)


def lock(readable: Iterable[str | Path] = (), *, without: Held = NOTHING) -> Held:
    """Lock this process in for good; call it with one thread, once its event loop is there.

    readable are the folders and files that it may still read besides its code; a folder of code
    that has one of them in it is not read any more, for others may lie there, too. without leaves
    layers out, for controls. Raises LevelTooLow where the sieve cannot be put on.
    """
    shown = [Path(place).resolve() for place in readable]
    held = NOTHING
    if Held.NETWORK not in without and _leave_network():
        held |= Held.NETWORK
    _drop_capabilities()
    namespaces.undumpable()
    _limit()
    code = [place for place in launch.folders() if not _has_one(Path(place), shown)]
    places = (*code, *map(str, shown))
    if Held.LANDLOCK not in without and landlock.restrict(readable=places):
        held |= Held.LANDLOCK
    if Held.SIEVE not in without:
        try:
            seccomp.install(sieve.program())
        except OSError as error:
            raise LevelTooLow(
                "the kernel has no filter of system calls: the server could call out",
                hint="a kernel with CONFIG_SECCOMP_FILTER",
            ) from error
        held |= Held.SIEVE
    return held


def _has_one(folder: Path, places: Sequence[Path]) -> bool:
    return any(place.is_relative_to(folder.resolve()) for place in places)


def _leave_network() -> bool:
    """Into an empty network namespace; a user who is not root needs a user namespace for it, in
    which he is who he was.
    """
    flag = namespaces.NAMESPACES["net"]
    if call("unshare", flag) == 0:
        return True
    uid, gid = os.geteuid(), os.getegid()
    # The maps of an undumpable process belong to root.
    checked("prctl", _PR_SET_DUMPABLE, 1)
    try:
        if call("unshare", flag | namespaces.NAMESPACES["user"]) != 0:
            return False
        with contextlib.suppress(OSError):
            Path("/proc/self/setgroups").write_bytes(b"deny")
            Path("/proc/self/uid_map").write_bytes(b"%d %d 1" % (uid, uid))
            Path("/proc/self/gid_map").write_bytes(b"%d %d 1" % (gid, gid))
        return True
    finally:
        namespaces.undumpable()


def _drop_capabilities() -> None:
    """The user stays: what lies in its state folder must be read."""
    capability = 0
    while call("prctl", _PR_CAPBSET_DROP, capability) == 0:
        capability += 1
    call("prctl", _PR_CAP_AMBIENT, _CLEAR_ALL)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)
    checked("capset", header, (ctypes.c_uint32 * 6)())


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (MAX_INPUT_BYTES, MAX_INPUT_BYTES))
