"""trust install: have this machine trust the local authority."""

from __future__ import annotations

from pathlib import Path

import click

from safelight.cli.face import Face
from safelight.cli.shelf import remark
from safelight.cli.trusting import change, changing, found
from safelight.errors import SomethingMissing


@click.command(name="install", add_help_option=False)
@changing
@click.pass_obj
def command(face: Face, *, dry_run: bool) -> int:
    """Have this machine and its browsers trust certificates of the local authority.

    \b
    Examples:
      safelight trust install --dry-run
      safelight trust install

    The authority can vouch for local names and private addresses only; every program that heeds its
    certificate refuses it for anything else. Its key stays with your other keys. Each command is
    shown before it is run; those for the system's store need root.
    """
    from safelight.server.tls.choosing import authority_of
    from safelight.server.tls.stores import missing_tool

    authority = authority_of(face.settings)
    known = found(face, authority.name)
    chosen = [store for store in known if not store.is_in]
    if tool := missing_tool(Path.home()):
        face.warn(f"browsers have stores of their own, which only {tool} changes")
    if not known:
        raise SomethingMissing(
            "this system has no store that is known here", hint="safelight trust show"
        )
    if not chosen:
        remark(face, "it is trusted already, everywhere")
    else:
        remark(face, f"{authority.name}, SHA-256 {authority.fingerprint}")
    change(face, "install", chosen, f"trust it in {len(chosen)} stores?", is_dry=dry_run)
    return 0
