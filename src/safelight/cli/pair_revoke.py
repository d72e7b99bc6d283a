"""pair revoke: end what a device may do."""

from __future__ import annotations

import click

from safelight.cli.face import Face
from safelight.cli.knowing import revoke, where


@click.command(name="revoke", add_help_option=False)
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@where
@click.pass_obj
def command(face: Face, ids: tuple[str, ...]) -> int:
    """Know devices no more, or take codes back, by the ids that `pair list` shows.

    \b
    Examples:
      safelight pair revoke k3v9m2pa
    """
    revoke(face, ids, "device", "session", "pairing", "link")
    return 0
