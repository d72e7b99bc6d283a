"""vault change-passphrase: another passphrase, or another keeper."""

from __future__ import annotations

from pathlib import Path

import click

from safelight.cli.face import Face
from safelight.cli.keepers import kept_by, master_of, new_keeper, opening, tell, vault_of
from safelight.cli.options import never_asking


@click.command(name="change-passphrase", add_help_option=False)
@kept_by
@click.option("--new-passphrase-file", metavar="FILE", help="Take the new one from its first line.")
@never_asking
@opening
@click.pass_obj
def command(
    face: Face, *, kept_by: str, key_file: str | None, new_passphrase_file: str | None
) -> int:
    """Give the vault another passphrase or keeper.

    \b
    Examples:
      safelight vault change-passphrase
      safelight vault change-passphrase --passphrase-file old.txt --new-passphrase-file new.txt
      safelight vault change-passphrase --kept-by key-store

    The keys stay the same. An old copy of the folder of keys, as in a backup, still opens with the
    old one.
    """
    vault = vault_of(face)
    master = master_of(face, vault)
    fresh = Path(new_passphrase_file) if new_passphrase_file else None
    option = "--new-passphrase-file"
    keeper = new_keeper(face, kept_by, key_file, passphrase=fresh, option=option)
    vault.keep_by(keeper, master)
    tell(face, is_asked=False)
    return 0
