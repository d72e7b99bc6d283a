"""What an attack is, what it aims at, and the few moves that several attacks share.

An attack really tries: it makes the system calls that a hostile decoder would make, and answers
with 0 when it got through or with the errno that stopped it. Each one states the errno that every
layer gives *by itself*, so that a failure for any other reason is not taken for protection. When
one gets through it does no harm, aims only at what was made for it, and undoes what it did.
Nothing is imported, opened or encoded while it runs.
"""

from __future__ import annotations

import ctypes
import errno
from collections.abc import Callable
from dataclasses import dataclass

from safelight.worker.syscalls import Buffer, call, has

AT_FDCWD = -100


@dataclass(frozen=True, slots=True)
class AttackTarget:
    """What the attacks aim at. In a worker it is its own zygote and paths that exist on any Linux;
    the control run makes a listener, a folder and a sacrificial child, so that each attack can
    succeed.

    pid: a process of the same user that may be looked into. address: where it holds bytes that we
    hold at the same place. folder: a writable folder. tcp_port, udp_port: loopback ports with a
    listener. abstract: name of an abstract unix socket. socket_fd: a connected unix socket.
    file_fd: an open file.
    """

    pid: int
    address: int
    folder: bytes = b"/tmp"
    tcp_port: int = 9
    udp_port: int = 9
    abstract: bytes = b"safelight-nobody"
    socket_fd: int = -1
    file_fd: int = -1

    def path(self, name: bytes) -> Buffer:
        """The place of this name in the folder, ready for the kernel."""
        return text(self.folder + b"/" + name)


Run = Callable[[AttackTarget], int]


@dataclass(frozen=True, slots=True)
class Attack:
    """One attack with what each layer answers to it alone; an empty set means that the layer lets
    it through.

    calls names the system calls that it makes, which this processor must have. privileged holds
    what the kernel answers an ordinary user even without a cage; an empty set means that an
    ordinary user gets through, too.
    """

    name: str
    group: str
    line: str
    run: Run
    seccomp: frozenset[int]
    landlock: frozenset[int]
    namespaces: frozenset[int]
    privileged: frozenset[int]
    calls: frozenset[str] = frozenset()

    def expected(
        self, layers: frozenset[str], opened: frozenset[str] = frozenset()
    ) -> frozenset[int]:
        """The errnos that may stop this attack where these layers are on; empty = nothing stops it.

        The filter speaks first, at the door of the kernel; the other two deeper inside, in either
        order. opened: calls that a device's filter lets through, so that only these two speak; what
        is not there for it then counts as kept from it, whatever keeps it.
        """
        if "seccomp" in layers and self.seccomp and not self.calls & opened:
            return self.seccomp
        if "landlock" in layers and self.calls & opened:
            return self.landlock | self.namespaces
        landlock = self.landlock if "landlock" in layers else frozenset()
        return landlock | (self.namespaces if "namespaces" in layers else frozenset())

    def is_contained(
        self,
        untrusted_errno: int,
        layers: frozenset[str],
        opened: frozenset[str] = frozenset(),
    ) -> bool:
        return untrusted_errno in self.expected(layers, opened)


found: list[Attack] = []


def attack(
    *needs: str,
    landlock: int | tuple[int, ...] = (),
    namespaces: int | tuple[int, ...] = (),
    privileged: int | tuple[int, ...] = (),
    seccomp: int | tuple[int, ...] = errno.EPERM,
) -> Callable[[Run], Run]:
    """Enter the function into the list: its name, its module as the group, its docstring as the
    line.

    The rest is what each layer answers, as in Attack; needs are the system calls it must have.
    """

    def enter(run: Run) -> Run:
        if all(has(name) for name in needs):
            found.append(
                Attack(
                    name=run.__name__.replace("_", "-"),
                    group=run.__module__.rpartition(".")[2],
                    line=(run.__doc__ or "").strip(),
                    run=run,
                    seccomp=_set(seccomp),
                    landlock=_set(landlock),
                    namespaces=_set(namespaces),
                    privileged=_set(privileged),
                    calls=frozenset(needs),
                )
            )
        return run

    return enter


def _set(errnos: int | tuple[int, ...]) -> frozenset[int]:
    return frozenset([errnos] if isinstance(errnos, int) else errnos)


def text(words: bytes) -> Buffer:
    """A C string."""
    return ctypes.create_string_buffer(words)


def packed(data: bytes) -> Buffer:
    """Bytes without an end mark."""
    return ctypes.create_string_buffer(data, len(data))


def met(result: int) -> int:
    """0 for a result that is none of an error, else the errno."""
    return -result if result < 0 else 0


def closed(result: int) -> int:
    """As met, for a call that gives a descriptor; a descriptor is closed again."""
    if result < 0:
        return -result
    call("close", result)
    return 0


def reached(result: int, *errnos: int) -> int:
    """As met, for a call with wrong arguments: one of these errnos shows that it was let in."""
    return 0 if -result in errnos else met(result)


def open_path(path: Buffer, flags: int, mode: int = 0) -> int:
    """A descriptor, or minus the errno."""
    return call("openat", AT_FDCWD, path, flags, mode)
