"""vault unlock: let commands use the keys for some time."""

from __future__ import annotations

import click

from safelight.cli.face import Face
from safelight.cli.keepers import NOT_KEPT, for_time, master_of, opening, seconds_of, tell, vault_of
from safelight.cli.options import never_asking
from safelight.errors import SomethingMissing


@click.command(name="unlock", add_help_option=False)
@for_time
@never_asking
@opening
@click.pass_obj
def command(face: Face, *, time: str) -> int:
    """Let commands use the keys for some time.

    \b
    Examples:
      safelight vault unlock
      safelight vault unlock --for 20m

    No command needs the passphrase then. The master key lies in the memory of the kernel
    meanwhile, never on a disk. Any program of this user can ask for it as long as it is there.
    """
    vault, seconds = vault_of(face), seconds_of(time)
    is_kept = vault.unlock(master_of(face, vault), seconds=seconds)
    if not is_kept and vault.own_keeper() is None:
        raise SomethingMissing(
            NOT_KEPT, hint="SAFELIGHT_PASSPHRASE_FILE names one for all commands"
        )
    tell(face, is_asked=False)
    return 0
