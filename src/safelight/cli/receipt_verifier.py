"""receipt verifier: the two programs that check receipts where there is no Safelight."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import click

from safelight.cli.face import Face
from safelight.cli.gathering import VERIFIERS
from safelight.cli.handing import hand_over
from safelight.cli.options import setting, speaking

KEY_NAME = "receipts-key.pem"


@click.command(name="verifier", add_help_option=False)
@click.option("-o", "--output", default=".", metavar="FOLDER",
              help="Where to write them; this folder if not given.")  # fmt: skip
@click.option("--force", is_flag=True, help="Replace files that are there.")
@setting("state_dir")
@speaking
@click.pass_obj
def command(face: Face, output: str, *, force: bool) -> int:
    """Write what somebody else needs to check your receipts: a program of one file in Python, the
    same in JavaScript, and your public key. Give the key, or its fingerprint, by another way than
    the receipts.

    \b
    Examples:
      safelight receipt verifier -o for-the-lawyer/
      python3 for-the-lawyer/verify_receipt.py photo.jpg.receipt.json photo.jpg \\
        --key for-the-lawyer/receipts-key.pem
    """
    from safelight.engine.book import Book
    from safelight.engine.output import output_error

    folder = Path(output)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise output_error(error) from error
    key = Book.of(face.settings).keys.receipts
    for name in VERIFIERS:
        hand_over(face, str(folder / name), verifier(name), what="verifier", force=force)
    hand_over(face, str(folder / KEY_NAME), key.public_pem, what="public key", force=force)
    if not face.is_json:
        face.note(f"fingerprint: {key.fingerprint}")
    return 0


def verifier(name: str) -> bytes:
    """One of the programs."""
    return (resources.files("safelight.audit") / "alone" / name).read_bytes()
