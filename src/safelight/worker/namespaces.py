"""A world of its own: namespaces, an empty root, no user, no capability, small limits.

On the road with privilege (root) the new user namespace maps every id as it is, so that warm
imports can still read what root can read; the user is dropped to `nobody` after them. Without
privilege it maps one id: the caller's, seen from inside as `nobody`. Where namespaces are refused
nothing is changed and the cage goes on without.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import resource
import signal
from pathlib import Path

from safelight.worker.syscalls import call, checked

# linux/sched.h; the names are those of /proc/PID/ns.
NAMESPACES = {
    "user": 0x10000000,
    "net": 0x40000000,
    "mnt": 0x00020000,
    "ipc": 0x08000000,
    "uts": 0x04000000,
    "pid": 0x20000000,
    "cgroup": 0x02000000,
}
NOBODY = 65_534
TASKS_APART_SINCE = (5, 14)  # Linux

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_CAPBSET_DROP = 1, 4, 24
_PR_SET_SECUREBITS, _PR_CAP_AMBIENT, _CAP_AMBIENT_CLEAR_ALL = 28, 47, 4
# Root is nobody special, ids change no capabilities, none is ever kept or raised; each locked
# (linux/securebits.h).
_SECUREBITS = 0b1110_1111
_CAPABILITY_VERSION = 0x20080522
_MS_RDONLY, _MS_NOSUID, _MS_NODEV, _MS_NOEXEC = 1, 2, 4, 8
_MS_REC_PRIVATE = 0x4000 | 0x40000
_MNT_DETACH = 2


def unshare_all() -> frozenset[str]:
    """Leave every namespace of the host; the names of those left. Empty = refused, and nothing has
    changed.

    Call it with one thread, before the warm-up. The PID namespace holds from the next fork on.
    """
    names = frozenset(name for name in NAMESPACES if Path("/proc/self/ns", name).exists())
    if not {"user", "net", "mnt", "ipc", "uts", "pid"} <= names or not _works(names):
        return frozenset()
    _enter(names)
    return names


def become_first() -> None:
    """Fork; the child goes on as process 1 of the new PID namespace.

    The old process waits and ends as it ends.
    """
    child = os.fork()
    die_with_parent()
    if child == 0:
        return
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _, status = os.waitpid(child, 0)
    os._exit(os.waitstatus_to_exitcode(status) & 0xFF)


def empty_root() -> None:
    """Turn the root into an empty read-only file system of 4 KiB and let go of the old one.

    Raises OSError.
    """
    flags = _MS_RDONLY | _MS_NOSUID | _MS_NODEV | _MS_NOEXEC
    _mount(b"/", _MS_REC_PRIVATE)
    place = next(name for name in ("/tmp", "/var", "/usr") if Path(name).is_dir())
    _mount(place.encode(), flags, kind=b"tmpfs", options=b"size=4k,nr_inodes=1,mode=555")
    os.chdir(place)
    here = ctypes.create_string_buffer(b".")
    checked("pivot_root", here, here)
    checked("umount2", here, _MNT_DETACH)
    os.chdir("/")


def drop_capabilities() -> bool:
    """Give up the user (root becomes nobody), its groups and every capability, for good.

    Returns False when the user had to stay root because no other id exists here; capabilities are
    gone all the same. Clears the "parent died" signal: call die_with_parent after it. Raises
    OSError.
    """
    capability = 0
    while call("prctl", _PR_CAPBSET_DROP, capability) == 0:
        capability += 1
    call("prctl", _PR_CAP_AMBIENT, _CAP_AMBIENT_CLEAR_ALL)
    call("prctl", _PR_SET_SECUREBITS, _SECUREBITS)
    dropped = _drop_user()
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)
    nothing = (ctypes.c_uint32 * 6)()
    checked("capset", header, nothing)
    return dropped


def set_rlimits(*, max_files: int, memory_bytes: int = 0, cpu_s: int = 0) -> None:
    """No core file, no file bytes, no message queue, no locked memory, few descriptors, for good.

    memory_bytes limits the address space, cpu_s the processor time; 0 leaves them as they are. Ask
    only for what is lower than before; raises OSError otherwise.
    """
    kinds = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_MSGQUEUE: 0,
        resource.RLIMIT_MEMLOCK: 0,
        resource.RLIMIT_NOFILE: max_files,
    }
    if memory_bytes:
        kinds[resource.RLIMIT_AS] = memory_bytes
    for kind, value in kinds.items():
        _limit(kind, value, value)
    if cpu_s:
        # At the first limit a signal that kills unless someone catches it; at the second one that
        # nobody can.
        _limit(resource.RLIMIT_CPU, cpu_s, cpu_s + 1)


def counts_tasks_apart() -> bool:
    """True where the kernel counts processes and threads of a user for each user namespace."""
    first, second = os.uname().release.split(".")[:2]
    return (int(first), int("".join(filter(str.isdigit, second)) or 0)) >= TASKS_APART_SINCE


def limit_tasks(most: int) -> None:
    """No more processes and threads than this, all of this user in this user namespace together.

    Where they are not counted apart, those outside count too: do not ask for it there.
    """
    _limit(resource.RLIMIT_NPROC, most, most)


def _limit(kind: int, soft: int, hard: int) -> None:
    """Never more than before."""
    before = resource.getrlimit(kind)
    if before[0] != resource.RLIM_INFINITY:
        soft = min(soft, before[0])
    if before[1] != resource.RLIM_INFINITY:
        hard = min(hard, before[1])
    resource.setrlimit(kind, (soft, hard))


def undumpable() -> None:
    """No core dump, and no look from outside by the same user. Raises OSError."""
    checked("prctl", _PR_SET_DUMPABLE, 0)


def die_with_parent(parent: int | None = None) -> None:
    """Be killed when the parent thread ends.

    Leaves at once when `parent`, if told, is gone already.
    """
    checked("prctl", _PR_SET_PDEATHSIG, signal.SIGKILL)
    if parent is not None and os.getppid() != parent:
        os._exit(1)


def _works(names: frozenset[str]) -> bool:
    """Try it all in a throw-away child: some systems grant a user namespace and nothing in it."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            _enter(names)
            empty_root()
            status = 0
        finally:
            os._exit(status)
    return os.waitpid(child, 0)[1] == 0


def _enter(names: frozenset[str]) -> None:
    flags = sum(NAMESPACES[name] for name in names)
    uid, gid = os.geteuid(), os.getegid()
    if uid != 0 or not _enter_with_help(flags):
        if uid != 0:
            checked("unshare", flags)
        Path("/proc/self/setgroups").write_bytes(b"deny")
        Path("/proc/self/uid_map").write_bytes(b"%d %d 1" % (NOBODY if uid else 0, uid))
        Path("/proc/self/gid_map").write_bytes(b"%d %d 1" % (NOBODY if uid else 0, gid))


def _enter_with_help(flags: int) -> bool:
    """Unshare while a child stays behind to write the maps: only there may they name many ids."""
    me = os.getpid()
    maps = {kind: _identity(Path(f"/proc/self/{kind}_map").read_text()) for kind in ("uid", "gid")}
    ready, go = os.pipe()
    helper = os.fork()
    if helper == 0:
        status = 1
        try:
            os.close(go)
            if os.read(ready, 1):
                for kind, ids in maps.items():
                    Path(f"/proc/{me}/{kind}_map").write_text(ids)
                status = 0
        finally:
            os._exit(status)
    os.close(ready)
    try:
        checked("unshare", flags)
        os.write(go, b"!")
    finally:
        os.close(go)
        _, ended = os.waitpid(helper, 0)
    return ended == 0


def _identity(id_map: str) -> str:
    """A map that leaves every id that exists here as it is."""
    ranges = [line.split() for line in id_map.splitlines()]
    return "".join(f"{inside} {inside} {count}\n" for inside, _, count in ranges)


def _drop_user() -> bool:
    if os.geteuid() != 0:
        return True
    try:
        with contextlib.suppress(
            PermissionError
        ):  # a map of one id comes with groups locked as they are
            os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.EPERM):
            raise
        return False
    return True


def _mount(target: bytes, flags: int, *, kind: bytes = b"none", options: bytes = b"") -> None:
    words = [ctypes.create_string_buffer(word) for word in (b"none", target, kind, options)]
    checked("mount", words[0], words[1], words[2], flags, words[3])
