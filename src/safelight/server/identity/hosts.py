"""Hosts: by which names the server goes, and pages of which sites may ask it.

A page of a foreign site can make a browser send requests to this machine: under its own name,
once that name is made to point here, or across sites. The first is told by Host, the second by
Origin and Sec-Fetch-Site. An address can be made to point nowhere else, so the address at which a
request came in is always a right name for it.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable

from starlette.requests import Request

from safelight.errors import HostForeign, OriginForeign, UsageError

LOOPBACK_NAMES = frozenset({"localhost"})
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# What Sec-Fetch-Site says of pages of this very server, and of what the user typed or clicked.
OWN_SITE = frozenset({"same-origin", "none"})
MAX_HOST = 300
_HOST = re.compile(r"(?:\[([0-9a-fA-F:.]+)\]|([^:\[\]/@?#\s]+))(?::([0-9]{1,5}))?")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Hosts:
    """names: those besides the loopback ones; origins: sites whose pages may ask."""

    def __init__(self, names: Iterable[str] = (), origins: Iterable[str] = ()) -> None:
        given = {bare(name) for name in names}
        self._addresses = {found for name in given if (found := address_of(name))}
        self._names = LOOPBACK_NAMES | {name for name in given if not address_of(name)}
        self._origins = frozenset(origin.lower().rstrip("/") for origin in origins)

    def check_host(self, request: Request) -> None:
        """Raises HostForeign; UsageError for a header that is none."""
        untrusted_hosts = request.headers.getlist("host")
        found = _HOST.fullmatch(untrusted_hosts[0][:MAX_HOST]) if untrusted_hosts else None
        if found is None or len(untrusted_hosts) != 1:
            raise UsageError("a request has one header Host", hint="Host: localhost")
        name = bare(found[1] or found[2])
        address = address_of(name)
        if address is None:
            is_ours = name in self._names
        else:
            is_ours = (
                address.is_loopback
                or address in self._addresses
                or address == address_of(_server_of(request))
            )
        if not is_ours:
            raise HostForeign()

    def check_origin(self, request: Request, *, takes_shares: bool = False) -> None:
        """For what changes something: raises OriginForeign where a page of another site asks.
        takes_shares: here the system hands over what a person shared, so no page needs to ask.
        """
        if request.method in SAFE_METHODS or self.is_own_page(request):
            return
        if not (takes_shares and is_by_nobody(request)):
            raise OriginForeign()

    def is_own_page(self, request: Request) -> bool:
        """False where a browser says that a page of another site asks."""
        origin = request.headers.get("origin", "").lower()
        if origin in self._origins:
            return True
        if (request.headers.get("sec-fetch-site") or "none") not in OWN_SITE:
            return False
        own = f"{request.scope.get('scheme', 'http')}://{request.headers.get('host', '')}".lower()
        return origin in ("", own)


def is_by_nobody(request: Request) -> bool:
    """Whether no page asks, but the browser itself: what another app shared comes like this."""
    headers = request.headers
    return headers.get("origin") == "null" and headers.get("sec-fetch-site") == "none"


def bare(name: str) -> str:
    """Without brackets, the end of a whole name and capitals."""
    return name.strip().strip("[]").removesuffix(".").lower()


def address_of(name: str) -> Address | None:
    """The address, where it is one and no name; without its zone, and as IPv4 where it is that."""
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped or address


def _server_of(request: Request) -> str:
    server = request.scope.get("server")
    return str(server[0]) if server else ""


def is_local(request: Request) -> bool:
    """Whether it came over loopback or the unix socket, which has no address."""
    if request.client is None:
        return True
    address = address_of(request.client.host)
    return address is not None and address.is_loopback
