"""Ways out of the front end, each really tried: they must be refused, and each by an errno that its
lock gives.

Called from inside a handler, so what answers is the very process that takes pictures in. The
attacks are those on a worker's cage, but for what a front end has to do, and those through a
socket that listens, which a worker does not have.
"""

from __future__ import annotations

import ctypes
import errno
import os
import socket
import struct
from dataclasses import replace

from safelight.proof import control
from safelight.server.sieve import MSG_FASTOPEN
from safelight.worker import attacks
from safelight.worker.attacks.attack import Attack, AttackTarget, met, packed, reached
from safelight.worker.attacks.network import DATAGRAM, MSG_DONTWAIT, STREAM
from safelight.worker.job import Attempt
from safelight.worker.syscalls import Buffer, call

AF_UNIX, AF_INET6 = 1, 10
LOOPBACK4, LOOPBACK6 = bytes((127, 0, 0, 1)), bytes(15) + b"\1"
# What a front end does all the time: it looks at sizes, makes memory, hands descriptors on.
ALLOWED = frozenset({"look-at-file", "look-at-file-old", "memory-file", "pass-descriptor"})
# Landlock answers these: their calls exist for the front end's own code.
BY_LANDLOCK = frozenset({"read-file", "list-folder", "read-environment"})
# What goes to an address, and what an empty network answers to it.
REACHING = frozenset({"tcp-connect", "tcp6-connect", "udp-send", "udp6-send"})
BY_EMPTINESS = frozenset({errno.ENETUNREACH, errno.EADDRNOTAVAIL})
_OWN = ctypes.create_string_buffer(b"sixteen bytes ..")


def _inet(port: int) -> Buffer:
    return packed(struct.pack("=H2s4s8x", 2, port.to_bytes(2, "big"), LOOPBACK4))


def _inet6(port: int) -> Buffer:
    return packed(struct.pack("=H2s4x16s4x", AF_INET6, port.to_bytes(2, "big"), LOOPBACK6))


def _tcp6_connect(target: AttackTarget) -> int:
    """connect to a TCP port over IPv6"""
    fd = call("socket", AF_INET6, STREAM, 0)
    address = _inet6(target.tcp_port)
    result = call("connect", fd, address, len(address))
    if fd < 0:
        return -fd
    call("close", fd)
    # Nobody listens there in the control either: a refusal by the far end shows that it got out.
    return reached(result, errno.ECONNREFUSED)


def _udp6_send(target: AttackTarget) -> int:
    """send a UDP packet over IPv6"""
    fd = call("socket", AF_INET6, DATAGRAM, 0)
    address, data = _inet6(target.udp_port), packed(b"pixels")
    result = call("sendto", fd, data, 6, MSG_DONTWAIT, address, len(address))
    if fd < 0:
        return -fd
    call("close", fd)
    return met(result)


def _fast_open(target: AttackTarget) -> int:
    """turn a socket that listened round and have it connect by what it sends"""
    address, data = _inet(target.tcp_port), packed(b"pixels")
    flags = MSG_FASTOPEN | MSG_DONTWAIT
    result = call("sendto", target.socket_fd, data, 6, flags, address, len(address))
    return reached(result, errno.EINPROGRESS)


def _fast_open_message(target: AttackTarget) -> int:
    """the same by a message, whose address no filter can see"""
    return met(call("sendmsg", target.socket_fd, _message(target.tcp_port), MSG_FASTOPEN))


def _many_messages(target: AttackTarget) -> int:
    """the same by several messages at once"""
    many = packed(bytes(_message(target.tcp_port)) + bytes(8))
    return met(call("sendmmsg", target.socket_fd, many, 1, MSG_FASTOPEN))


# The parts of a message that the last two send: kept, since it holds their addresses.
_ADDRESS = _inet(0)
_DATA = packed(b"pixels")
_PIECE = packed(struct.pack("=QQ", ctypes.addressof(_DATA), 6))


def _message(port: int) -> Buffer:
    ctypes.memmove(ctypes.addressof(_ADDRESS) + 2, port.to_bytes(2, "big"), 2)
    places = (ctypes.addressof(_ADDRESS), len(_ADDRESS), ctypes.addressof(_PIECE), 1)
    return packed(struct.pack("=QI4xQQQQi4x", *places, 0, 0, 0))


def _added(run: attacks.attack.Run, name: str, *calls: str) -> Attack:
    refused = frozenset({errno.EPERM})
    line = (run.__doc__ or "").strip()
    nothing: frozenset[int] = frozenset()
    return Attack(name, "network", line, run, refused, nothing, nothing, nothing, frozenset(calls))


BY_SENDING = (
    _added(_fast_open, "fast-open", "sendto"),
    _added(_fast_open_message, "fast-open-message", "sendmsg"),
    _added(_many_messages, "many-messages", "sendmmsg"),
)
ADDED = (
    _added(_tcp6_connect, "tcp6-connect", "socket", "connect"),
    _added(_udp6_send, "udp6-send", "socket", "sendto"),
    *BY_SENDING,
)
ATTACKS = (*ADDED, *(one for one in attacks.load() if one.name not in ALLOWED))


def attempts() -> tuple[Attempt, ...]:
    """Every attack, made now by this process; contained only by the errno that its lock gives.

    They aim at the process that started this one. Where no lock is on, which is so in a control
    alone, each is made in a child and aims at what was made for it.
    """
    if is_locked():
        target = AttackTarget(pid=os.getppid(), address=ctypes.addressof(_OWN))
        return tuple(_judged(one, one.run(target)) for one in ATTACKS)
    with control.prey() as prey:
        return tuple(_judged(one, _isolated(one, prey)) for one in ATTACKS)


def reaching() -> tuple[Attempt, ...]:
    """Those that go to an address, made now by this process, which has no sieve; contained only by
    the errno that an empty network gives. They aim at this machine itself.
    """
    target = AttackTarget(pid=os.getpid(), address=ctypes.addressof(_OWN))
    made = ((one, one.run(target)) for one in ATTACKS if one.name in REACHING)
    return tuple(Attempt(one.name, one.group, met, met in BY_EMPTINESS) for one, met in made)


def _judged(attack: Attack, errno: int) -> Attempt:
    return Attempt(attack.name, attack.group, errno, errno in expected(attack))


def _isolated(attack: Attack, prey: AttackTarget) -> int:
    if attack not in BY_SENDING:
        return control.isolated(attack, prey)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.shutdown(socket.SHUT_RDWR)
        return control.isolated(attack, replace(prey, socket_fd=listener.fileno()))


def lines() -> dict[str, str]:
    """What each attempt tries, in words, by its name."""
    return {one.name: one.line for one in ATTACKS}


def expected(attack: Attack) -> frozenset[int]:
    """The errnos by which the lock answers it."""
    return frozenset({errno.EACCES}) if attack.name in BY_LANDLOCK else attack.seccomp


def is_locked() -> bool:
    """Whether the sieve is on, seen by what it refuses everybody: a socket of the machine's own."""
    result = call("socket", AF_UNIX, STREAM, 0)
    if result >= 0:
        call("close", result)
    return result == -errno.EPERM
