"""Hosts: from which place a model may come, and to which others that one may hand it on."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from urllib.parse import urljoin, urlsplit

from safelight.errors import PolicyRefused

HTTPS = 443
NOT_HTTPS = "models come by https alone"


@dataclass(frozen=True, slots=True)
class Address:
    """Where one request goes: host and port, and what is asked for there."""

    host: str
    port: int
    target: str

    @classmethod
    def of(cls, url: str) -> Address:
        """Raises PolicyRefused for what is no plain https address."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port or HTTPS
        except ValueError as error:
            raise PolicyRefused("the address of the file is no address") from error
        if parts.scheme != "https":
            raise PolicyRefused(f"the address of the file is not https: {NOT_HTTPS}")
        is_plain = url.isascii() and url.isprintable() and " " not in url
        if not host or "@" in parts.netloc or not is_plain:
            raise PolicyRefused("the address of the file is not a plain one")
        target = parts.path or "/"
        return cls(host, port, f"{target}?{parts.query}" if parts.query else target)


@cache
def _table() -> dict[str, frozenset[str]]:
    text = resources.files("safelight.models").joinpath("hosts.toml").read_text()
    return {host: frozenset(entry["to"]) for host, entry in tomllib.loads(text).items()}


def allowed(host: str) -> frozenset[str]:
    """The hosts that a file of this one may come from: itself, and those of the table."""
    return _table().get(host, frozenset()) | {host}


def followed(origin: str, url: str, location: str | None) -> str:
    """The address that an answer of url leads to; origin is the host that the catalogue names.

    Raises PolicyRefused where it is none, not https, or at a host that the table does not have, or
    at another port.
    """
    if not location:
        raise PolicyRefused("the host hands the file on without saying where to")
    try:
        onward = urljoin(url, location)
    except ValueError as error:
        raise PolicyRefused("the address that the file is handed on to is no address") from error
    address = Address.of(onward)
    if address.host not in allowed(origin):
        raise PolicyRefused(
            f"{origin} hands the file on to {address.host}, which the catalogue does not allow",
            hint="nothing was asked of that host; tell us if its maker has moved",
        )
    if address.port != Address.of(url).port:
        raise PolicyRefused("the host hands the file on to another port than its own")
    return onward
