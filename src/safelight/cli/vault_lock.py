"""vault lock: no command uses the keys any more."""

from __future__ import annotations

import click

from safelight.cli.face import Face
from safelight.cli.keepers import opening, tell, vault_of


@click.command(name="lock", add_help_option=False)
@opening
@click.pass_obj
def command(face: Face) -> int:
    """Take the keys back until the next unlock.

    \b
    Examples:
      safelight vault lock

    Commands that run already keep what they opened until they end. Where a key store or a key file
    opens the vault, Safelight asks them no more; other programs of this user still could.
    """
    was_unlocked = vault_of(face).lock()
    if not was_unlocked:
        face.note("nothing was kept unlocked")
    tell(face, is_asked=False)
    return 0
