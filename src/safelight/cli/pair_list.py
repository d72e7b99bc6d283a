"""pair list: which devices there are."""

from __future__ import annotations

import click

from safelight.cli.face import Face
from safelight.cli.knowing import tell, where


@click.command(name="list", add_help_option=False)
@where
@click.pass_obj
def command(face: Face) -> int:
    """List devices, browsers that opened a link, and codes that nobody has used yet.

    \b
    Examples:
      safelight pair list
      safelight pair list --json
    """
    tell(face, "device", "session", "pairing", "link")
    return 0
