"""receipt show: what was signed about a picture, and whether it holds."""

from __future__ import annotations

import json
from pathlib import Path

import click

from safelight.cli.checking import Check, document, hint, print_lines
from safelight.cli.face import Face
from safelight.cli.options import setting, speaking
from safelight.cli.printable import printable


@click.command(name="show", add_help_option=False)
@click.argument("file", metavar="FILE")
@setting("state_dir")
@setting("data_dir")
@setting("passphrase_file")
@speaking
@click.pass_obj
def command(face: Face, file: str) -> int:
    """Show what was signed about FILE, an output or a receipt, and whether it holds.

    \b
    Examples:
      safelight receipt show photo.scrubbed.jpg
      safelight receipt show photo.scrubbed.jpg --json
    """
    from safelight.audit.words import describe

    check = Check(face)
    found = check.verified(Path(file))
    if face.is_json:
        statement = json.loads(found.receipt.payload) if found.receipt is not None else None
        face.document(document(file, found, check.doubt(found)) | {"statement": statement})
        return check.exit_code(found)
    if found.receipt is not None:
        for label, text in describe(found.receipt):
            face.out(f"{label:<12} {printable(text)}")
        face.out()
    print_lines(face, found, with_limits=found.receipt is None)
    hint(face, [check.doubt(found)])
    return check.exit_code(found)
