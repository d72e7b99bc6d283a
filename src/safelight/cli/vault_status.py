"""vault status: how the keys are kept."""

from __future__ import annotations

import click

from safelight.cli.face import Face
from safelight.cli.keepers import opening, tell


@click.command(name="status", add_help_option=False)
@opening
@click.pass_obj
def command(face: Face) -> int:
    """Tell how the keys are kept, and whether they are unlocked; opens nothing.

    \b
    Examples:
      safelight vault status
      safelight vault status --json
    """
    tell(face)
    return 0
