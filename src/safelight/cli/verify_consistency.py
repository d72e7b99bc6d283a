"""verify consistency: a proof that a journal grew, without the journal."""

from __future__ import annotations

import click

from safelight.cli.checking import hint, trusted
from safelight.cli.face import Face
from safelight.cli.keeping import answer, kept, note
from safelight.cli.options import setting, speaking
from safelight.engine.verifying import FOREIGN
from safelight.errors import VerificationFailed


@click.command(name="consistency", add_help_option=False)
@click.argument("proof", metavar="PROOF")
@click.option("--since", metavar="CHECKPOINT", help="The checkpoint that you kept.")
@click.option(
    "--key",
    metavar="KEY",
    help="Trust this key of a journal besides your own: its fingerprint, or a PEM file.",
)
@setting("state_dir")
@speaking
@click.pass_obj
def command(face: Face, proof: str, since: str | None, key: str | None) -> int:
    """Check a proof that a journal grew from a checkpoint, and that nothing before has changed.

    \b
    Examples:
      safelight verify consistency growth.json --since monday.checkpoint
      safelight verify consistency growth.json --since monday.checkpoint --key their-journal.pem
    """  # fmt: skip
    from safelight.audit.checks import LIMITS, Answer, of_consistency
    from safelight.audit.consistency import Consistency
    from safelight.engine.book import Book

    trust = trusted(key) if key is not None else ""
    try:
        read = Consistency.parse(kept(proof))
    except VerificationFailed as error:
        return answer(face, "consistency", (Answer("proof", "failed", error.message),), LIMITS)
    answers = of_consistency(read, note(since) if since is not None else None)
    signer = read.fingerprint
    if signer != trust and signer != Book.of(face.settings).keys.journal.fingerprint:
        sentence = f"{signer} signed the checkpoints and is not trusted here"
        answers = (*answers, Answer("key", "failed", sentence))
        hint(face, [FOREIGN])
    return answer(face, "consistency", answers, LIMITS)
