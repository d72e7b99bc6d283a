"""Ways out: sockets of every family, and what else carries bytes to someone else."""

from __future__ import annotations

import ctypes
import struct
from errno import (
    EACCES,
    ECONNREFUSED,
    ENETUNREACH,
    ENOENT,
    EPERM,
)

from safelight.worker.attacks.attack import AttackTarget, attack, closed, met, packed
from safelight.worker.syscalls import Buffer, call

AF_UNIX, AF_INET, AF_NETLINK, AF_PACKET, AF_VSOCK = 1, 2, 16, 17, 40
STREAM, DATAGRAM, RAW, SEQUENCED = 1, 2, 3, 5
IPPROTO_ICMP, IPPROTO_MPTCP = 1, 262
SOL_SOCKET, SCM_RIGHTS = 1, 1
MSG_DONTWAIT = 0x40
LOOPBACK = bytes((127, 0, 0, 1))
# A question for the address of the host "a", as a resolver sends it.
QUESTION = struct.pack(">6H", 7, 0x0100, 1, 0, 0, 0) + b"\x01a\0" + struct.pack(">2H", 1, 1)

_INET = struct.Struct("=H2s4s8x")
_HEADER = struct.Struct("=Q4xIQQQQi4x")


def _inet(port: int) -> Buffer:
    return packed(_INET.pack(AF_INET, port.to_bytes(2, "big"), LOOPBACK))


def _unix(name: bytes) -> Buffer:
    return packed(AF_UNIX.to_bytes(2, "little") + name)


def _connected(family: int, address: Buffer, *, protocol: int = 0) -> int:
    """Open a socket and connect it."""
    fd = call("socket", family, STREAM, protocol)
    # Where no socket is given, connecting is tried all the same: it must be refused for itself.
    result = call("connect", fd, address, len(address))
    if fd < 0:
        return -fd
    call("close", fd)
    return met(result)


@attack("socket", "connect", landlock=EACCES, namespaces=ENETUNREACH)
def tcp_connect(target: AttackTarget) -> int:
    """connect to a TCP port"""
    return _connected(AF_INET, _inet(target.tcp_port))


@attack("socket", "bind", "listen", landlock=EACCES)
def tcp_listen(target: AttackTarget) -> int:
    """listen on a TCP port"""
    fd = call("socket", AF_INET, STREAM, 0)
    address = _inet(0)
    result = call("bind", fd, address, len(address))
    if fd < 0:
        return -fd
    if result == 0:
        result = call("listen", fd, 1)
    call("close", fd)
    return met(result)


@attack("socket", "connect", namespaces=ENETUNREACH)
def mptcp_connect(target: AttackTarget) -> int:
    """connect by multipath TCP, which some TCP rules do not see"""
    return _connected(AF_INET, _inet(target.tcp_port), protocol=IPPROTO_MPTCP)


@attack("socket", "sendto", namespaces=ENETUNREACH)
def udp_send(target: AttackTarget) -> int:
    """send a UDP packet"""
    fd = call("socket", AF_INET, DATAGRAM, 0)
    address = _inet(target.udp_port)
    data = packed(b"pixels")
    result = call("sendto", fd, data, 6, MSG_DONTWAIT, address, len(address))
    if fd < 0:
        return -fd
    call("close", fd)
    return met(result)


@attack("socket", "connect", namespaces=ENETUNREACH)
def name_look_up(target: AttackTarget) -> int:
    """ask a resolver for a host name"""
    fd = call("socket", AF_INET, DATAGRAM, 0)
    address = _inet(target.udp_port)
    result = call("connect", fd, address, len(address))
    if fd < 0:
        return -fd
    if result == 0:
        question = packed(QUESTION)
        result = call("write", fd, question, len(QUESTION))
    call("close", fd)
    return met(result)


@attack("socket", "connect", namespaces=ENOENT)
def unix_path(target: AttackTarget) -> int:
    """connect to a unix socket by its path"""
    return _connected(AF_UNIX, _unix(target.folder + b"/socket\0"))


@attack("socket", "connect", landlock=EPERM, namespaces=ECONNREFUSED)
def unix_abstract(target: AttackTarget) -> int:
    """connect to an abstract unix socket"""
    return _connected(AF_UNIX, _unix(b"\0" + target.abstract))


@attack("socketpair")
def socket_pair(target: AttackTarget) -> int:
    """make a new channel"""
    pair = (ctypes.c_int * 2)()
    result = call("socketpair", AF_UNIX, STREAM, 0, pair)
    if result == 0:
        call("close", pair[0])
        call("close", pair[1])
    return met(result)


@attack("sendmsg")
def pass_descriptor(target: AttackTarget) -> int:
    """hand an open descriptor to someone else"""
    rights = packed(struct.pack("=Qiii4x", 20, SOL_SOCKET, SCM_RIGHTS, target.socket_fd))
    data = packed(b"!")
    piece = packed(struct.pack("=QQ", ctypes.addressof(data), 1))
    header = packed(
        _HEADER.pack(0, 0, ctypes.addressof(piece), 1, ctypes.addressof(rights), len(rights), 0)
    )
    return met(call("sendmsg", target.socket_fd, header, MSG_DONTWAIT))


@attack("socket")
def netlink(target: AttackTarget) -> int:
    """talk to the kernel about routes and links"""
    return closed(call("socket", AF_NETLINK, RAW, 0))


@attack("socket", namespaces=EPERM, privileged=EPERM)
def raw_socket(target: AttackTarget) -> int:
    """send hand-made internet packets"""
    return closed(call("socket", AF_INET, RAW, IPPROTO_ICMP))


@attack("socket", namespaces=EPERM, privileged=EPERM)
def packet_socket(target: AttackTarget) -> int:
    """listen to every packet of the machine"""
    return closed(call("socket", AF_PACKET, RAW, 0))


@attack("socket")
def vsock(target: AttackTarget) -> int:
    """reach out to the hypervisor"""
    return closed(call("socket", AF_VSOCK, STREAM, 0))


@attack("io_uring_setup")
def io_uring(target: AttackTarget) -> int:
    """have the kernel do the calls for it, past a filter"""
    parameters = (ctypes.c_uint32 * 30)()
    return closed(call("io_uring_setup", 1, parameters))
