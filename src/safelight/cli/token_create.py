"""token create: a token for a program."""

from __future__ import annotations

import click

from safelight.cli.face import Face
from safelight.cli.knowing import document, lasting, register_for, scoped, where


@click.command(name="create", add_help_option=False)
@click.argument("name", metavar="NAME")
@scoped
@where
@click.pass_obj
def command(face: Face, name: str, *, scopes: tuple[str, ...], expires: str) -> int:
    """Make a token, and print it this once: only its SHA-256 is kept.

    \b
    Examples:
      safelight token create ci --scope tools --expires 30d
      safelight token create backup --scope auditor > auditor.token

    A server that runs knows it at once. Programs show it as `Authorization: Bearer TOKEN`.
    """
    from safelight.server.identity.record import named, scopes_of

    register = register_for(face)
    fresh = register.add("token", named(name), scopes_of(scopes), for_s=lasting(expires))
    if face.is_json:
        face.document(document(fresh.record, token=fresh.secret))
        return 0
    face.out(fresh.secret)
    face.note(f"it is not shown again; to end it: safelight token revoke {fresh.record.id}")
    return 0
