"""trust remove: have this machine trust the local authority no more."""

from __future__ import annotations

import click

from safelight.cli.face import Face
from safelight.cli.shelf import remark
from safelight.cli.trusting import change, changing, found


@click.command(name="remove", add_help_option=False)
@changing
@click.pass_obj
def command(face: Face, *, dry_run: bool) -> int:
    """Take the local authority out of every store that has it.

    \b
    Examples:
      safelight trust remove --dry-run
      safelight trust remove

    The authority itself stays, for devices that were told its fingerprint.
    """
    from safelight.server.tls.choosing import authority_of

    authority = authority_of(face.settings)
    chosen = [store for store in found(face, authority.name) if store.is_in]
    if not chosen:
        remark(face, "no store of this machine has it")
    change(face, "remove", chosen, f"take it out of {len(chosen)} stores?", is_dry=dry_run)
    return 0
