"""audit inclusion: that one receipt stands in the journal, for who has no journal."""

from __future__ import annotations

import click

from safelight.cli.face import Face
from safelight.cli.keeping import keep, receipt_of
from safelight.cli.options import setting, speaking
from safelight.errors import InputMissing


@click.command(name="inclusion", add_help_option=False)
@click.argument("file", metavar="FILE")
@click.option("-o", "--output", default="-", metavar="PROOF",
              help="Where to write it; without it: to standard output.")  # fmt: skip
@setting("state_dir")
@speaking
@click.pass_obj
def command(face: Face, file: str, output: str) -> int:
    """Write the proof that the receipt of FILE, an output or a receipt, stands in the journal.

    \b
    Examples:
      safelight audit inclusion photo.jpg -o photo.tlog-proof
      safelight verify inclusion photo.tlog-proof photo.jpg

    It tells nothing of other runs, and is checked without the journal, on any machine. The form is
    C2SP's tlog-proof; other tools that know it can check it.
    """
    from safelight.engine.book import Book

    receipt = receipt_of(file)
    log = Book.of(face.settings).journal.log()
    number = log.checked.numbers.get(receipt.commitment)
    if number is None:
        raise InputMissing(
            f"the receipt of {file} has no entry in this journal",
            hint="safelight verify FILE tells why",
        )
    keep(face, output, log.inclusion(number).to_bytes(), "inclusion", entries=log.head.entries)
    return 0
