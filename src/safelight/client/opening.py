"""Opening: from what a program or a person named to the address of a server."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

from safelight.client import connections
from safelight.client.address import LOCAL, Address, fingerprint_of, local, parse, token_in
from safelight.errors import ParameterInvalid, PolicyRefused
from safelight.settings import Settings, load


@dataclass(frozen=True)
class Opening:
    """What was named: url None or "local" is the server that runs here. Each of token, token_file
    and fingerprint goes before what was stored for the url.
    """

    url: str | None
    token: str | None
    fingerprint: str | None
    token_file: Path | None = None

    @property
    def pin(self) -> str:
        """The fingerprint, nothing where none was named. Raises ParameterInvalid."""
        return fingerprint_of(self.fingerprint) if self.fingerprint else ""


def address_of(opening: Opening, settings: Settings | None = None) -> Address:
    """Raises Unavailable where no server runs here, ParameterInvalid, PolicyRefused also where the
    settings let nothing leave this machine.
    """
    settings = settings or load({}, os.environ, Path.cwd())
    token = opening.token
    if opening.token_file is not None:
        if token is not None:
            raise ParameterInvalid("a token and a file with one exclude each other")
        token = token_in(opening.token_file)
    if opening.url in (None, "", LOCAL):
        found = local(settings)
        return replace(found, token=token) if token is not None else found
    address = parse(opening.url or "")
    if settings.network == "none" and not address.is_near:
        raise PolicyRefused(
            "the settings let nothing leave this machine", hint="safelight config show --origin"
        )
    if opening.pin and not address.url.startswith("https:"):
        raise ParameterInvalid("a fingerprint goes with https", hint="https://HOST:PORT")
    return _with_known(address, opening, token, settings)


def _with_known(
    address: Address, opening: Opening, token: str | None, settings: Settings
) -> Address:
    known = connections.found(settings.state_dir, address.url) if address.unix is None else None
    if known is not None and opening.pin in ("", known.fingerprint):
        address = known.address
    return replace(address, token=token) if token is not None else address
