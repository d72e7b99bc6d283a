"""receipt and verify: what was signed about a picture, and if it still holds."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from safelight.cli.face import SCHEMA, Face
from safelight.cli.options import setting, speaking
from safelight.cli.printable import printable
from safelight.errors import InputMissing, VerificationFailed

if TYPE_CHECKING:
    from safelight.audit.verify import Verification

PAINTS = {"ok": "green", "failed": "red", "unknown": "yellow"}


@click.group(name="receipt", add_help_option=False)
@click.help_option("--help", help="Show this page.")
def receipt() -> None:
    """Show what a receipt says."""


@receipt.command(name="show", add_help_option=False)
@click.argument("file", metavar="FILE")
@setting("state_dir")
@setting("data_dir")
@speaking
@click.pass_obj
def show(face: Face, file: str) -> int:
    """Show what was signed about FILE, an output or a receipt, and whether it holds.

    \b
    Examples:
      safelight receipt show photo.scrubbed.jpg
      safelight receipt show photo.scrubbed.jpg --json
    """
    from safelight.audit.words import describe

    found = _verifier(face)(Path(file))
    if face.is_json:
        statement = json.loads(found.receipt.payload) if found.receipt is not None else None
        face.document(_document(file, found) | {"statement": statement})
        return _exit_code(found)
    if found.receipt is not None:
        for label, text in describe(found.receipt):
            face.out(f"{label:<12} {printable(text)}")
        face.out()
    _print(face, found, with_limits=found.receipt is None)
    return _exit_code(found)


@click.command(name="verify", add_help_option=False)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@setting("state_dir")
@setting("data_dir")
@speaking
@click.pass_obj
def verify(face: Face, files: tuple[str, ...]) -> int:
    """Check outputs or receipts: signature, chain, output, models, schema. Works offline.

    \b
    Examples:
      safelight verify photo.scrubbed.jpg
      safelight verify out/*.jpg --json
    """
    codes, verify_one = [], _verifier(face)
    for name in files:
        found = verify_one(Path(name))
        codes.append(_exit_code(found))
        if face.is_json:
            face.document(_document(name, found))
            continue
        if len(files) > 1:
            face.out(face.paint(printable(name), "bold"))
        _print(face, found, with_limits=name == files[-1])
    return max(codes)


def _verifier(face: Face) -> Callable[[Path], Verification]:
    from safelight.audit.verify import verify_output
    from safelight.engine.book import Book
    from safelight.models.store import Store

    book = Book(face.settings.state_dir)
    store = Store(face.settings.data_dir / "models")

    def verify_one(path: Path) -> Verification:
        try:
            return verify_output(path, journal=book.journal, store=store)
        except OSError as error:
            reason = (error.strerror or "error").lower()
            raise InputMissing(f"{path} cannot be read: {reason}") from error

    return verify_one


def _exit_code(found: Verification) -> int:
    return VerificationFailed.exit_code if found.is_failed else 0


def _print(face: Face, found: Verification, *, with_limits: bool = True) -> None:
    for line in found.lines:
        state = face.paint(f"{line.state:<8}", PAINTS[line.state])
        face.out(f"{line.name:<10} {state} {printable(line.sentence)}")
    if with_limits:
        face.out()
        face.out("What this cannot prove:")
        for sentence in found.limits:
            face.out(f"  - {printable(sentence)}")


def _document(name: str, found: Verification) -> dict[str, Any]:
    return {
        "type": "verification",
        "schema": SCHEMA,
        "input": name,
        "failed": found.is_failed,
        "receipt": found.receipt.id if found.receipt is not None else None,
        "entry": found.number,
        "lines": [
            {"name": line.name, "state": line.state, "sentence": line.sentence}
            for line in found.lines
        ],
        "limits": list(found.limits),
    }
