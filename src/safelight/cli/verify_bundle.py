"""verify bundle: many receipts in one file, and whether each holds."""

from __future__ import annotations

from pathlib import Path

import click

from safelight.cli.checking import Check, hint
from safelight.cli.face import Face
from safelight.cli.keeping import answer
from safelight.cli.options import setting, speaking
from safelight.engine.verifying import FOREIGN
from safelight.errors import InputMissing, VerificationFailed


@click.command(name="bundle", add_help_option=False)
@click.argument("file", metavar="FILE")
@click.option("--key", metavar="KEY", help="Trust this key besides your own: its whole "
              "fingerprint, or a PEM file.")  # fmt: skip
@click.option("--authority", metavar="FILE", help="Certificates of time-stamp authorities to "
              "trust, as PEM.")  # fmt: skip
@setting("state_dir")
@setting("data_dir")
@setting("passphrase_file")
@speaking
@click.pass_obj
def command(face: Face, file: str, key: str | None, authority: str | None) -> int:
    """Check a bundle of receipts: who signed its list, that what is in it is what was listed, and
    every receipt, proof, result and time stamp in it. Works offline, on any machine.

    \b
    Examples:
      safelight verify bundle november.zip
      safelight verify bundle theirs.zip --key their-key.pem --json
    """
    from safelight.audit.bundle import Bundle
    from safelight.audit.bundled import LIMITS, examine
    from safelight.vault.private import open_regular

    check = Check(face, key, authority)
    try:
        with open(open_regular(Path(file)), "rb") as opened:
            bundle = Bundle(opened)
            lines = examine(bundle, check.trust(bundle.signer))
    except OSError as error:
        reason = (error.strerror or "error").lower()
        raise InputMissing(f"{file} cannot be read: {reason}") from error
    code = answer(face, "bundle", lines, LIMITS)
    is_foreign = lines[0].state == "unknown"
    hint(face, [FOREIGN] if is_foreign else [])
    return code or (VerificationFailed.exit_code if is_foreign else 0)
