"""token revoke: end tokens."""

from __future__ import annotations

import click

from safelight.cli.face import Face
from safelight.cli.knowing import revoke, where


@click.command(name="revoke", add_help_option=False)
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@where
@click.pass_obj
def command(face: Face, ids: tuple[str, ...]) -> int:
    """End tokens, by the ids that `token list` shows. A server that runs knows it at once.

    \b
    Examples:
      safelight token revoke k3v9m2pa

    To end the token of this machine's own programs, revoke it while no server runs: the next start
    makes another.
    """
    revoke(face, ids, "token", "local")
    return 0
