"""verify inclusion: a proof of one receipt's place in a journal, without the journal."""

from __future__ import annotations

import click

from safelight.cli.checking import hint, trusted
from safelight.cli.face import Face
from safelight.cli.keeping import answer, kept, receipt_of
from safelight.cli.options import setting, speaking
from safelight.engine.verifying import FOREIGN
from safelight.errors import VerificationFailed


@click.command(name="inclusion", add_help_option=False)
@click.argument("proof", metavar="PROOF")
@click.argument("file", metavar="FILE")
@click.option(
    "--key",
    metavar="KEY",
    help="Trust this key of the receipt besides your own: its fingerprint, or a PEM file.",
)
@setting("state_dir")
@speaking
@click.pass_obj
def command(face: Face, proof: str, file: str, key: str | None) -> int:
    """Check a proof that the receipt of FILE, an output or a receipt, stands in a journal.

    \b
    Examples:
      safelight verify inclusion photo.tlog-proof photo.jpg
      safelight verify inclusion theirs.tlog-proof theirs.receipt.json --key their-key.pem

    The receipt names the journal, and its signature covers that; the journal itself is not needed.
    """  # fmt: skip
    from safelight.audit.checks import LIMITS, Answer, of_inclusion
    from safelight.audit.inclusion import Inclusion
    from safelight.engine.book import Book

    trust = trusted(key) if key is not None else ""
    try:
        read, receipt = Inclusion.parse(kept(proof)), receipt_of(file)
    except VerificationFailed as error:
        return answer(face, "inclusion", (Answer("proof", "failed", error.message),), LIMITS)
    answers = of_inclusion(read, receipt)
    signer = receipt.envelope.fingerprint
    if signer != trust and signer != Book.of(face.settings).keys.receipts.fingerprint:
        stranger = Answer("key", "failed", f"{signer} signed the receipt and is not trusted here")
        answers = (*answers, stranger)
        hint(face, [FOREIGN])
    return answer(face, "inclusion", answers, LIMITS)
