"""audit consistency: that the journal grew from a checkpoint, for who has no journal."""

from __future__ import annotations

import click

from safelight.cli.face import Face
from safelight.cli.keeping import keep, note
from safelight.cli.options import setting, speaking


@click.command(name="consistency", add_help_option=False)
@click.argument("checkpoint", metavar="CHECKPOINT")
@click.option("-o", "--output", default="-", metavar="PROOF",
              help="Where to write it; without it: to standard output.")  # fmt: skip
@setting("state_dir")
@speaking
@click.pass_obj
def command(face: Face, checkpoint: str, output: str) -> int:
    """Write the proof that the journal grew from CHECKPOINT, which somebody kept, and that nothing
    before it has changed.

    \b
    Examples:
      safelight audit consistency monday.checkpoint -o growth.json
      safelight verify consistency growth.json --since monday.checkpoint --key their-journal.pem

    It holds two signed checkpoints and a few hashes, and tells nothing of any run.
    """
    from safelight.engine.book import Book

    log = Book.of(face.settings).journal.log()
    proof = log.consistency(note(checkpoint))
    keep(face, output, proof.to_bytes(), "consistency", entries=log.head.entries)
    return 0
