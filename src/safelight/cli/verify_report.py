"""verify report: is a report what was signed, and by whom?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from safelight.cli.face import SCHEMA, Face
from safelight.cli.options import setting, speaking
from safelight.cli.paging import put
from safelight.cli.printable import printable
from safelight.errors import InputMissing, VerificationFailed
from safelight.vault.private import read_up_to

if TYPE_CHECKING:
    from safelight.proof.reports.signed import Signed

MAX_BYTES = 64_000_000
OTHERWISE = "shows something else, or another version drew it: read what was drawn anew"
OTHER = "--key FINGERPRINT names a key that you trust"


@click.command(name="report", add_help_option=False)
@click.argument("file", metavar="FILE")
@click.option(
    "--key",
    metavar="KEY",
    help="Trust this key besides your own: its whole fingerprint, or a PEM file.",
)
@click.option("-o", "--output", metavar="FILE", help="Draw it anew into FILE, as HTML.")
@setting("state_dir")
@speaking
@click.pass_obj
def command(face: Face, *, file: str, key: str | None, output: str | None) -> int:
    """Check a report that audit wrote: the signature, and that it shows what was signed.

    \b
    Examples:
      safelight verify report posture.html
      safelight verify report art30.json --key their-key.pem
      safelight verify report old.html -o anew.html

    An HTML page is drawn again from its signed form and must come out the same, byte for byte. One
    that another version drew does not; -o draws it anew, and what was signed stands in FILE.
    """
    from safelight.proof.reports.signed import as_html, read

    try:
        with open(Path(file), "rb") as opened:
            data = read_up_to(opened, MAX_BYTES)
    except OSError as error:
        reason = (error.strerror or "error").lower()
        raise InputMissing(f"{file} cannot be read: {reason}") from error
    found = read(data, is_for_anew=output is not None)
    if output is not None:
        put(Path(output), as_html(found).encode())
    whose = _whose(face, found, key)
    page = found.page
    if face.is_json:
        head = {"type": "report-verification", "schema": SCHEMA, "input": file, "kind": page.kind}
        head["shown"] = found.is_shown
        face.document(
            head | {"made": page.made, "key": found.fingerprint, "whose": whose, "ok": bool(whose)}
        )
    else:
        face.out(f"{'report':<10} {printable(page.title)}, made {page.made}")
        face.out(f"{'signature':<10} {face.paint('ok', 'green')}  {_held(found)}")
        if not found.is_shown:
            state = face.paint("other", "yellow")
            face.out(f"{'page':<10} {state}  {printable(file)} {OTHERWISE}")
        state = face.paint("ok", "green") if whose else face.paint("unknown", "yellow")
        words = {"own": "your own", "trusted": "the one that you named"}.get(
            whose, "not known here"
        )
        face.out(f"{'key':<10} {state}  {found.fingerprint}, {words}")
        if not whose:
            face.note(f"hint: {OTHER}")
    return 0 if whose else VerificationFailed.exit_code


def _held(found: Signed) -> str:
    return "nothing in it was changed" if found.is_shown else "what was signed was not changed"


def _whose(face: Face, found: Signed, key: str | None) -> str:
    """own, trusted, or "" for a key that nobody here vouches for. No key is made for it."""
    from safelight.cli.checking import trusted
    from safelight.engine.book import Book
    from safelight.proof.posture.keys import has_keys

    if key is not None and trusted(key) == found.fingerprint:
        return "trusted"
    state_dir = face.settings.state_dir
    if not has_keys(state_dir):
        return ""
    return "own" if Book.of(face.settings).keys.receipts.fingerprint == found.fingerprint else ""
