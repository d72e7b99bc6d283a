"""token list: which tokens there are."""

from __future__ import annotations

import click

from safelight.cli.face import Face
from safelight.cli.knowing import tell, where


@click.command(name="list", add_help_option=False)
@where
@click.pass_obj
def command(face: Face) -> int:
    """List tokens by their visible part, with what each may do and when it ends.

    \b
    Examples:
      safelight token list
      safelight token list --json

    The one called `this machine` is that of your own programs here; the server makes it.
    """
    tell(face, "token", "local")
    return 0
