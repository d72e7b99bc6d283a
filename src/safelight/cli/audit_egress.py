"""audit egress: what can leave this computer, tried."""

from __future__ import annotations

import click

from safelight.cli.face import SCHEMA, Face
from safelight.cli.measuring import measured, measuring, write_down
from safelight.cli.printable import printable
from safelight.errors import VerificationFailed

UNMEASURED = (
    "models pull opens connections, and --server and connect, to the server that you name; "
    "this line is not a measurement, --prove makes one"
)


@click.command(name="egress", add_help_option=False)
@click.option("--prove", "is_measured", is_flag=True, help="Try every way out, and show it closed.")
@measuring
@click.pass_obj
def command(face: Face, *, is_measured: bool) -> int:
    """Show what can leave this computer.

    \b
    Examples:
      safelight audit egress --prove
      safelight audit egress --prove --json
    """
    from safelight.proof.egress import egress as measure

    if not is_measured:
        if face.is_json:
            face.document({"type": "egress", "schema": SCHEMA, "measured": False})
        else:
            face.out(UNMEASURED)
        return 0
    level = face.settings.require_level
    found = measured(face, lambda host, _engine: measure(host, required_level=level))
    write_down(face, found.row.attempted, found.row.contained, found.cage.level)
    if face.is_json:
        head = {"type": "egress", "schema": SCHEMA, "measured": True}
        face.document(head | found.document())
    else:
        for line in found.lines():
            face.out(printable(line))
    return 0 if found.is_closed else VerificationFailed.exit_code
