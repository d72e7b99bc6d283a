"""connect: pair this machine with a server, so that --server may name it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from safelight.cli.elsewhere import require_client
from safelight.cli.face import SCHEMA, Face
from safelight.cli.options import setting, speaking
from safelight.cli.printable import printable
from safelight.errors import InputMissing, UsageError

if TYPE_CHECKING:
    from safelight.client.connections import Connection


@click.command(name="connect", add_help_option=False)
@click.argument("url", required=False, metavar="[URL]")
@click.option("--code", metavar="CODE", default="", help="What `safelight pair` showed there.")
@click.option(
    "--fingerprint", metavar="HEX", default="", help="The server's, as it showed it with the code."
)
@click.option("--name", metavar="TEXT", default="", help="How the server lists this machine.")
@click.option("--forget", is_flag=True, help="Forget the server and the token for it.")
@setting("state_dir")
@speaking
@click.pass_obj
def connect(
    face: Face, /, url: str | None, code: str, fingerprint: str, name: str, forget: bool
) -> int:
    """Pair this machine with a server, list such servers, or forget one.

    URL is the server's address, or all that the square picture beside the code holds. The code goes
    to no server but the one with the fingerprint; the token that comes back is kept in the state
    folder, for its owner alone. Without a URL the servers are listed.

    \b
    Examples:
      safelight connect https://studio.local:8443 --code ABCDE-FGHJK --fingerprint 4f2a…
      safelight upscale pictures/ -r -o large/ --server https://studio.local:8443
      safelight connect https://studio.local:8443 --forget
    """
    require_client()
    if url is None:
        if code or fingerprint or name or forget:
            raise UsageError("which server?", hint="safelight connect URL --code CODE")
        return _list(face)
    if forget:
        return _forget(face, url)
    return _pair(face, url, (code, fingerprint, name))


def _pair(face: Face, url: str, typed: tuple[str, str, str]) -> int:
    from safelight.client import connections, pairing

    code, fingerprint, name = typed
    settings = face.settings
    invitation = pairing.Invitation.of(url, code, fingerprint)
    connection = pairing.redeem(invitation, settings, name=name)
    connections.keep(settings.state_dir, connection)
    _tell(face, connection)
    if not face.is_json:
        face.note(f"safelight: --server {connection.url} now works there")
    return 0


def _list(face: Face) -> int:
    from safelight.client import connections

    found = list(connections.all_of(face.settings.state_dir))
    for one in found:
        _tell(face, one)
    if not found and not face.is_json:
        face.note("safelight: this machine is paired with no server")
    return 0


def _forget(face: Face, url: str) -> int:
    from safelight.client import connections, pairing

    known = pairing.url_of(url)
    if not connections.forget(face.settings.state_dir, known):
        raise InputMissing("this machine is not paired with it", hint="safelight connect lists all")
    if face.is_json:
        face.document({"type": "connection", "schema": SCHEMA, "url": known, "state": "forgotten"})
    else:
        face.note("safelight: forgotten here; safelight pair revoke, there, ends the token")
    return 0


def _tell(face: Face, connection: Connection) -> None:
    if face.is_json:
        facts = {
            "url": connection.url,
            "scopes": list(connection.scopes),
            "expires": connection.expires or None,
            "fingerprint": connection.fingerprint or None,
        }
        face.document({"type": "connection", "schema": SCHEMA, **facts, "state": "paired"})
        return
    until = f", until {connection.expires}" if connection.expires else ""
    face.out(printable(f"{connection.url}  {', '.join(connection.scopes)}{until}"))
