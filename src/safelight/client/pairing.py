"""Pairing: this machine becomes known to a server, by a code that somebody was shown there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import parse_qs, urlsplit

from pydantic import Field

from safelight.client import calls
from safelight.client.address import Address, parse
from safelight.client.call import once
from safelight.client.connections import Connection
from safelight.client.documents import Answered, checked
from safelight.client.opening import Opening, address_of
from safelight.client.proving import proved
from safelight.client.sync import Client
from safelight.engine.book import Book
from safelight.errors import ParameterInvalid
from safelight.settings import Settings

# What the picture for a camera leads to.
PAGE = "/pair"
CODE = re.compile(r"[A-Za-z0-9 -]{4,64}", re.ASCII)


class _Made(Answered):
    token: Annotated[str, Field(pattern=r"^[!-~]{16,256}$")]
    scopes: tuple[Annotated[str, Field(max_length=64)], ...] = ()
    expires: Annotated[str, Field(max_length=64)] | None = None


@dataclass(frozen=True)
class Invitation:
    """Where to go, the code, and whose fingerprint must answer there; each as it was typed."""

    url: str
    code: str
    fingerprint: str

    @classmethod
    def of(cls, url: str, code: str, fingerprint: str) -> Invitation:
        """url may be the whole of what the square picture holds, with code and fingerprint in it;
        what is given besides goes before that. Raises ParameterInvalid.
        """
        parts = urlsplit(url)
        if parts.path == PAGE and parts.query:
            told = parse_qs(parts.query)
            code = code or told.get("code", [""])[0]
            fingerprint = fingerprint or told.get("fingerprint", [""])[0]
            url = f"{parts.scheme}://{parts.netloc}"
        if not CODE.fullmatch(code):
            raise ParameterInvalid(
                "a code is needed",
                hint="safelight pair, on the server, shows one: --code ABCDE-FGHJK",
            )
        return cls(url, code, fingerprint)


def url_of(text: str) -> str:
    """The url as connections have it. Raises ParameterInvalid, PolicyRefused."""
    return parse(text).url


def redeem(invitation: Invitation, settings: Settings, *, name: str = "") -> Connection:
    """Exchange the code for a token. The code is sent only to who has the fingerprint. The ledger
    learns of it before, where it is another machine, whatever comes of it.

    Raises VerificationFailed, Unavailable, CallerUnknown for a wrong code, PolicyRefused.
    """
    opening = Opening(invitation.url, "", invitation.fingerprint)
    named = address_of(opening, settings)
    if not named.is_near:
        facts = {"what": "connection", "why": "connect", "host": named.host}
        Book.of(settings, "command line").ledger.append(facts)
    address = _apart(proved(named, opening.pin))
    with Client.at(address) as client:
        answer: dict[str, Any] = client.carry(once(calls.pairing(invitation.code, name)))
    made = checked(_Made, answer)
    return Connection(
        address.url,
        made.token,
        address.authority,
        address.is_leaf,
        address.fingerprint,
        made.scopes,
        made.expires or "",
    )


def _apart(address: Address) -> Address:
    """Raises ParameterInvalid for a server that needs no pairing."""
    if address.unix is not None:
        raise ParameterInvalid(
            "a server of this machine needs no pairing", hint="--server local is enough"
        )
    return address
