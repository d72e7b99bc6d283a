"""audit licences: under which terms each part and each model is used."""

from __future__ import annotations

import click

from safelight.cli.face import SCHEMA, Face
from safelight.cli.options import setting, speaking
from safelight.cli.paging import require_free, tell, write
from safelight.cli.shelf import store_of


@click.command(name="licences", add_help_option=False)
@click.option(
    "-o", "--output", metavar="FILE", help="Write it: NAME.html or NAME.json, signed, or NAME.md."
)
@setting("state_dir")
@setting("data_dir")
@setting("passphrase_file")
@speaking
@click.pass_obj
def command(face: Face, *, output: str | None) -> int:
    """List the terms of every part and every model, and what commercial use of it asks.

    \b
    Examples:
      safelight audit licences
      safelight audit licences -o licences.html
      safelight audit licences --json
    """
    from safelight.proof.components.sheet import rows, sheet

    require_free(output)
    store = store_of(face)
    if output is not None:
        write(face, sheet(store), output)
    if face.is_json:
        parts = list(rows(store))
        face.document({"type": "licences", "schema": SCHEMA, "written": output, "parts": parts})
    elif output is None:
        tell(face, sheet(store))
    return 0
