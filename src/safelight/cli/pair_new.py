"""pair new: a code for one device."""

from __future__ import annotations

from urllib.parse import urlsplit

import click

from safelight.cli.face import Face
from safelight.cli.inviting import invite
from safelight.cli.knowing import lasting, register_for, scoped, where
from safelight.errors import ParameterInvalid, Unavailable


@click.command(name="new", add_help_option=False)
@click.option("--name", default="device", metavar="NAME", help="How lists call it; the device may "
              "choose another.")  # fmt: skip
@scoped
@where
@click.pass_obj
def command(face: Face, *, name: str, scopes: tuple[str, ...], expires: str) -> int:
    """Show a code that lets one device in, once, within five minutes.

    \b
    Examples:
      safelight pair --name "Anna's phone"
      safelight pair --scope tools --scope auditor --expires 30d

    A phone reads the picture; on a laptop, type what is shown: safelight connect URL --code CODE
    --fingerprint FINGERPRINT. Compare the fingerprint: who answers under another one is not this
    server.
    """
    from safelight.server.identity.record import named, scopes_of
    from safelight.server.identity.wishes import NewCode
    from safelight.server.running import found

    running = found(face.settings.state_dir)
    if running is None:
        raise Unavailable(
            "no server runs here that a device could use", hint="safelight serve --lan"
        )
    for_s = lasting(expires)
    if for_s is None:
        raise ParameterInvalid("a device's access ends at some time", hint="--expires 3650d")
    if not any(_is_for_others(address) for address in (running.url, *running.addresses)):
        face.warn("this server serves this machine alone: safelight serve --lan lets others in")
    wish = NewCode(name=named(name), scopes=scopes_of(scopes), expires_in_s=for_s)
    invite(face, register_for(face), wish, url=running.url, fingerprint=running.fingerprint or "")
    return 0


def _is_for_others(address: str) -> bool:
    from safelight.server.identity.hosts import address_of

    found = address_of(urlsplit(address).hostname or "")
    return found is None or not found.is_loopback
