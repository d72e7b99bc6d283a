"""The sockets of the server: bound before anything else, by the supervisor, who keeps them.

No other file of the server names a family of the internet. Without more it listens on the loopback
alone; on a local network, on the private addresses of this machine; anywhere else only where the
user named the address, and never without TLS and tokens.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import ipaddress
import os
import socket
import stat
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from safelight.errors import InputMissing, PolicyRefused, Unavailable, UsageError
from safelight.server.options import ServeOptions
from safelight.server.starting import Listener

BACKLOG = 512
TRIES = 16
LOOPBACK = ("127.0.0.1", "::1")
# Private ones (RFC 1918, 4193). A link-local address needs the name of a link beside it.
LOCAL_NETWORKS = tuple(
    ipaddress.ip_network(one)
    for one in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
)
SIOCGIFADDR = 0x8915
_REQUEST = struct.Struct("=16s24x")
UNIX_PATH_BYTES = 107

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True)
class Bound:
    """A socket that listens, and what the front end is told of it."""

    socket: socket.socket
    told: Listener


def hosts(options: ServeOptions) -> tuple[str, ...]:
    """The addresses to listen on, the first one first. Raises PolicyRefused, UsageError."""
    asked = "127.0.0.1" if options.host == "localhost" else options.host
    try:
        address = ipaddress.ip_address(asked)
    except ValueError as error:
        raise UsageError(
            "--host takes an address of this machine, not a name", hint="--host 127.0.0.1"
        ) from error
    if address.is_loopback:
        if asked not in LOOPBACK:
            return (asked,)
        usual = tuple(sorted(LOOPBACK, key=lambda one: one != asked))
        return (*private_addresses(), *usual) if options.is_lan else usual
    if not options.is_lan:
        raise PolicyRefused(
            "other machines may reach that address: it needs TLS and tokens",
            hint="safelight serve --lan, which has both",
        )
    return asked, *(() if address.is_unspecified else LOOPBACK)


def private_addresses() -> tuple[str, ...]:
    """This machine's own on local networks. Raises InputMissing where it has none."""
    found = [one for one in sorted(_addresses(), key=_order) if _is_of_a_local_network(one)]
    if not found:
        raise InputMissing(
            "this machine has no address on a local network", hint="--host ADDRESS names one"
        )
    return tuple(dict.fromkeys(str(one) for one in found))


def _order(address: Address) -> tuple[int, int]:
    return address.version, int(address)


def _is_of_a_local_network(address: Address) -> bool:
    return any(address in network for network in LOCAL_NETWORKS)


def _addresses() -> Iterator[Address]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
        for _, name in socket.if_nameindex():
            with contextlib.suppress(OSError):
                answer = fcntl.ioctl(asker, SIOCGIFADDR, _REQUEST.pack(name.encode()))
                yield ipaddress.IPv4Address(answer[20:24])
    with contextlib.suppress(OSError):
        for line in Path("/proc/net/if_inet6").read_text().splitlines():
            yield ipaddress.IPv6Address(bytes.fromhex(line.split()[0]))


def listen(options: ServeOptions) -> list[Bound]:
    """Every socket of the server, all TCP ones on one port. Raises a SafelightError."""
    addresses, is_tls = hosts(options), options.is_lan or options.certificate is not None
    with contextlib.ExitStack() as undone:
        found = _on_one_port(addresses, options.port, is_tls=is_tls)
        for one in found:
            undone.callback(one.socket.close)
        if options.unix is not None:
            found.append(_unix(Path(options.unix)))
        undone.pop_all()
    return found


def _on_one_port(addresses: tuple[str, ...], port: int, *, is_tls: bool) -> list[Bound]:
    """The system picks a port for the first; the others may find it taken, and then it picks
    another.
    """
    for _ in range(TRIES):
        found: list[Bound] = []
        try:
            chosen = port
            for address in addresses:
                if ":" in address and not socket.has_ipv6:
                    continue
                try:
                    found.append(_tcp(address, chosen, is_tls=is_tls))
                except OSError as error:
                    if found and error.errno in NO_FAMILY:
                        continue
                    raise
                chosen = found[0].told.port
            return found
        except OSError as error:
            for one in found:
                one.socket.close()
            if port or not found:
                raise _refused(error, port) from error
    raise Unavailable("no port is free on all addresses", hint="--port N names one")


HINTS = {
    errno.EADDRNOTAVAIL: "--host takes an address of this machine; ip address lists them",
    errno.EACCES: "--port takes one above 1023 without asking anybody's leave",
}
# A machine without the other version of the protocol: it is done without.
NO_FAMILY = (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL)


def _refused(error: OSError, port: int) -> Unavailable:
    reason = (error.strerror or "no reason given").lower()
    usual = "safelight status shows a server that runs; --port 0 picks a free port"
    hint = HINTS.get(error.errno or 0, usual)
    return Unavailable(f"nothing can listen on port {port}: {reason}", hint=hint)


def _tcp(address: str, port: int, *, is_tls: bool) -> Bound:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind((address, port))
        made.listen(BACKLOG)
        made.setblocking(False)
    except OSError:
        made.close()
        raise
    is_local = ipaddress.ip_address(address).is_loopback
    told = Listener(made.fileno(), "tcp", address, made.getsockname()[1], is_tls, is_local)
    return Bound(made, told)


def _unix(path: Path) -> Bound:
    """Only this user may connect. Another server's socket is not taken away; one that a server
    left when it was killed is.
    """
    if len(os.fsencode(path)) > UNIX_PATH_BYTES:
        raise UsageError("the path of --unix is too long for a socket", hint="a shorter one")
    if _is_left_over(path):
        path.unlink()
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        made.bind(os.fspath(path))
        made.listen(BACKLOG)
        made.setblocking(False)
    except OSError as error:
        made.close()
        reason = (error.strerror or "no reason given").lower()
        raise Unavailable(
            f"nothing can listen at the path of --unix: {reason}", hint="another path"
        ) from error
    finally:
        os.umask(before)
    return Bound(made, Listener(made.fileno(), "unix"))


def _is_left_over(path: Path) -> bool:
    try:
        if not stat.S_ISSOCK(path.lstat().st_mode):
            return False
        bound = Path("/proc/net/unix").read_text(errors="surrogateescape").splitlines()
    except OSError:
        return False
    return all(not line.endswith(f" {path}") for line in bound)


def url(bound: list[Bound]) -> str:
    """The address to tell the user: that of the first socket."""
    first = bound[0].told
    host = f"[{first.host}]" if ":" in first.host else first.host
    if ipaddress.ip_address(first.host).is_unspecified:
        host = "127.0.0.1"
    return f"{'https' if first.is_tls else 'http'}://{host}:{first.port}"


class Inherited(socket.socket):
    """A listener as the front end holds it: it listens already, and no call of a locked process
    has one listen.
    """

    def listen(self, backlog: int = BACKLOG, /) -> None:
        """Nothing is left to do."""


def inherited(told: Listener) -> Inherited:
    """The socket that came under this number."""
    return Inherited(fileno=told.fd)
