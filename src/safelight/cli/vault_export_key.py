"""vault export-key: one key in the form that other programs read."""

from __future__ import annotations

import os
from pathlib import Path

import click

from safelight.cli.face import SCHEMA, Face
from safelight.cli.keepers import opening, vault_of
from safelight.cli.options import asking
from safelight.errors import Cancelled, OutputExists

NAMES = ("data", "receipts", "journal", "digest", "tls")


@click.command(name="export-key", add_help_option=False)
@click.argument("name", type=click.Choice(NAMES), metavar="NAME")
@click.option("-o", "--output", metavar="FILE", help="A new file, which only you can read; without "
              "it: standard output.")  # fmt: skip
@asking
@opening
@click.pass_obj
def command(face: Face, name: str, output: str | None) -> int:
    """Write out one key, after a question.

    \b
    Examples:
      safelight vault export-key data -o /media/stick/data.json
      safelight vault export-key receipts -o signing.pem --yes

    NAME is data, receipts, journal, digest or tls. The data key is a Tink keyset: any Tink opens
    encrypted files with it, without Safelight. The signing keys are PKCS #8 in PEM, the digest key
    is hexadecimal. What is written out is not encrypted.
    """
    from safelight.vault.export import FORMS, LOSS, exported
    from safelight.vault.private import require_folder, write_private

    if output is not None and os.path.lexists(output):
        raise OutputExists(f"{output} is there already", hint="give -o another name")
    if not face.agreed(f"write out the key {name}? {LOSS[name]}"):
        raise Cancelled("nothing was written out")
    text = exported(vault_of(face), name)
    if output is not None:
        require_folder(Path(output))
        write_private(Path(output), text)
    if face.is_json:
        face.document(
            {
                "type": "key",
                "schema": SCHEMA,
                "name": name,
                "form": FORMS[name],
                "output": output,
                "text": None if output is not None else text.decode(),
            }
        )
    elif output is None:
        face.out(text.decode().rstrip("\n"))
    face.warn(LOSS[name])
    return 0
