"""vault status: how the keys are kept."""

from __future__ import annotations

import click

from safelight.cli.face import Face
from safelight.cli.keepers import opening, tell


@click.command(name="status", add_help_option=False)
@opening
@click.pass_obj
def command(face: Face) -> int:
    """Tell how the keys are kept; opens nothing.

    \b
    Examples:
      safelight vault status
      safelight vault status --json

    And whether they are unlocked, for how long, and what lies beside the vault.
    """
    tell(face)
    return 0
