"""vault init: wrap the keys."""

from __future__ import annotations

import click

from safelight.cli.face import Face
from safelight.cli.keepers import (
    NOT_KEPT,
    for_time,
    kept_by,
    new_keeper,
    opening,
    seconds_of,
    tell,
    vault_of,
)
from safelight.cli.options import never_asking


@click.command(name="init", add_help_option=False)
@kept_by
@for_time
@never_asking
@opening
@click.pass_obj
def command(face: Face, *, kept_by: str, key_file: str | None, time: str) -> int:
    """Wrap all keys under one master key.

    \b
    Examples:
      safelight vault init
      safelight vault init --kept-by passphrase
      safelight vault init --passphrase-file secret.txt
      safelight vault init --kept-by key-file --key-file /media/stick/safelight.key

    By AES-256-GCM; the plain files are overwritten. The keys stay the same: receipts and the
    journal go on. A passphrase has 14 characters or more and cannot be found again: whoever forgets
    it has lost the keys. Keep an export of the data key in a safe place: safelight vault export-key
    data -o FILE.
    """
    vault, seconds = vault_of(face), seconds_of(time)
    vault.require_none()
    passphrase = face.settings.passphrase_file
    keeper = new_keeper(face, kept_by, key_file, passphrase=passphrase, option="--passphrase-file")
    vault.init(keeper)
    is_kept = vault.unlock(vault.opened_by(keeper), seconds=seconds)
    tell(face, is_asked=False)
    if not is_kept and vault.own_keeper() is None:
        face.warn(NOT_KEPT)
    return 0
