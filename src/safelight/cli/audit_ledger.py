"""audit ledger: every connection that was allowed."""

from __future__ import annotations

import click

from safelight.cli.face import SCHEMA, Face
from safelight.cli.measuring import ledger
from safelight.cli.options import setting, speaking
from safelight.cli.printable import printable


@click.command(name="ledger", add_help_option=False)
@setting("state_dir")
@speaking
@click.pass_obj
def command(face: Face) -> int:
    """List every connection that was allowed, and the results of self-tests.

    \b
    Examples:
      safelight audit ledger
      safelight audit ledger --json

    Each line is signed and holds the digest of the one before, and how many there were is signed
    too: a line that was changed, taken out or cut off ends this with exit code 5.
    """
    found = ledger(face).read()
    for entry in found:
        facts = {key: value for key, value in entry.items() if key != "schema"}
        if face.is_json:
            face.document({"type": "ledger", "schema": SCHEMA, **facts})
        else:
            time, what = facts.pop("time"), facts.pop("what")
            words = "  ".join(f"{key} {value}" for key, value in sorted(facts.items()))
            face.out(printable(f"{time}  {what:<10}  {words}"))
    if not face.is_json and not any(entry["what"] == "connection" for entry in found):
        face.out("no connection was opened")
    return 0
