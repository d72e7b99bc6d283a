"""Each layer seen by itself: a few attacks made right before a layer goes on and right after.

A layer counts as seen when afterwards every one of its witnesses meets the errno that only this
layer gives, and when something has changed by it: an attack that failed before, too, is no
witness.
"""

from __future__ import annotations

import ctypes
import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from safelight.worker import attacks, landlock, namespaces
from safelight.worker.attacks.attack import AttackTarget, Run, closed, met, open_path, text
from safelight.worker.syscalls import call

_O_DIRECTORY = 0o200000
_F_DUPFD_CLOEXEC = 1030
_FAR_DESCRIPTOR = 900
_ROOT = text(b"/")
_BYTES = ctypes.create_string_buffer(16)

Witness = tuple[Run, int]
Errnos = tuple[int, ...]


def target(folder: bytes = b"/tmp") -> AttackTarget:
    """What a caged process aims at: its parent, and paths that exist on any Linux."""
    return AttackTarget(pid=os.getppid(), address=ctypes.addressof(_BYTES), folder=folder)


def of_namespaces() -> list[Witness]:
    return [
        (_named("tcp-connect"), errno.ENETUNREACH),
        (_named("udp-send"), errno.ENETUNREACH),
        (_named("look-at-file"), errno.ENOENT),
        (_named("read-link"), errno.ENOENT),
    ]


def of_limits() -> list[Witness]:
    return [
        (_write_bytes, errno.EFBIG),
        (_many_descriptors, errno.EINVAL),
        (_named("lock-memory"), errno.EPERM),
    ]


def of_landlock(version: int, bystander: int) -> list[Witness]:
    """As far as this ABI goes.

    bystander: a process of the same user that is not behind the layer.
    """
    found: list[Witness] = [(_list_root, errno.EACCES)]
    if version >= landlock.NETWORK_ABI:
        found.append((_named("tcp-listen"), errno.EACCES))
    if version >= landlock.SCOPES_ABI:
        found.append((lambda _: met(call("kill", bystander, 0)), errno.EPERM))
    return found


def of_zygote_filter() -> list[Witness]:
    names = ("netlink", "socket-pair", "vsock", "write-and-run", "shared-memory", "watch-folder")
    return [(_named(name), errno.EPERM) for name in names]


def of_worker_filter() -> list[Witness]:
    """What the zygote's filter lets through and a worker's does not."""
    return [(_named(name), errno.EPERM) for name in ("memory-file", "hold-process")]


def ask(witnesses: list[Witness]) -> Errnos:
    """The errno that each witness meets now."""
    aim = target()
    return tuple(run(aim) for run, _ in witnesses)


def is_seen(witnesses: list[Witness], before: Errnos, after: Errnos) -> bool:
    """Every witness meets what the layer gives, and at least one met something else before."""
    return after == tuple(expected for _, expected in witnesses) and before != after


def seen_around(witnesses: list[Witness], put_on: Callable[[], object]) -> bool:
    """Put a layer on between two rounds of its witnesses; is it seen?"""
    before = ask(witnesses)
    put_on()
    return is_seen(witnesses, before, ask(witnesses))


@contextmanager
def bystander() -> Iterator[int]:
    """A process of the same user that is forked now, waits, and leaves at the end."""
    far, near = os.pipe()
    me = os.getpid()
    child = os.fork()
    if child == 0:
        namespaces.die_with_parent(me)
        os.close(near)
        os.read(far, 1)
        os._exit(0)
    os.close(far)
    try:
        yield child
    finally:
        # It ends by the end of the pipe: a signal would not reach it any more.
        os.close(near)
        os.waitpid(child, 0)


def _named(name: str) -> Run:
    return next(one.run for one in attacks.load() if one.name == name)


def _write_bytes(target: AttackTarget) -> int:
    fd = call("memfd_create", text(b"witness"), 0)
    result = call("write", fd, _BYTES, 1)
    if fd >= 0:
        call("close", fd)
    return met(result)


def _many_descriptors(target: AttackTarget) -> int:
    return closed(call("fcntl", 0, _F_DUPFD_CLOEXEC, _FAR_DESCRIPTOR))


def _list_root(target: AttackTarget) -> int:
    return closed(open_path(_ROOT, _O_DIRECTORY))
