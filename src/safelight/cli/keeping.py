"""Keeping: small files that a user keeps to check the journal by, and answers about them."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from safelight.cli.checking import PAINTS
from safelight.cli.face import SCHEMA, Face, unwritten
from safelight.cli.paging import put
from safelight.cli.printable import printable
from safelight.errors import InputMissing, VerificationFailed

if TYPE_CHECKING:
    from safelight.audit.checks import Answer
    from safelight.audit.receipt import Receipt

MAX_KEPT_BYTES = 65_536


def keep(face: Face, place: str, data: bytes, what: str, *, entries: int) -> None:
    """Write the file whole, or to standard output for -, and tell of it.

    Raises OutputExists where one is there: what was kept is evidence. Raises DiskFull,
    OutputFailed.
    """
    if place == "-":
        try:
            sys.stdout.write(data.decode())
            sys.stdout.flush()
        except OSError as error:
            raise unwritten(error) from error
        return
    put(Path(place), data)
    if face.is_json:
        document = {"type": "kept", "schema": SCHEMA, "what": what, "file": place}
        face.document(document | {"entries": entries})
    else:
        face.out(f"{printable(place)}: {what}, {entries} entries")


def kept(place: str) -> bytes:
    """The bytes of a small file. Raises InputMissing, VerificationFailed."""
    try:
        with Path(place).open("rb") as file:
            data = file.read(MAX_KEPT_BYTES + 1)
    except OSError as error:
        reason = (error.strerror or "error").lower()
        raise InputMissing(f"{place} cannot be read: {reason}") from error
    if len(data) > MAX_KEPT_BYTES:
        raise VerificationFailed(f"{place} is no file that was kept: it is too large")
    return data


def note(place: str) -> str:
    """A signed checkpoint that was kept, its line ends as they were before a mail changed them.
    Raises like kept.
    """
    try:
        return kept(place).decode().replace("\r\n", "\n").strip() + "\n"
    except UnicodeDecodeError as error:
        raise VerificationFailed(f"{place} is no checkpoint") from error


def receipt_of(name: str) -> Receipt:
    """The receipt beside this output, or in this file. Raises InputMissing, VerificationFailed."""
    from safelight.audit.dsse import MAX_ENVELOPE_BYTES
    from safelight.audit.receipt import Receipt, is_receipt_path, path_for
    from safelight.vault.private import open_regular

    place = Path(name) if is_receipt_path(Path(name)) else path_for(Path(name))
    try:
        with open(open_regular(place), "rb") as file:
            return Receipt.parse(file.read(MAX_ENVELOPE_BYTES + 1))
    except OSError as error:
        reason = (error.strerror or "error").lower()
        raise InputMissing(f"the receipt of {name} cannot be read: {reason}") from error


def answer(face: Face, what: str, answers: Sequence[Answer], limits: Iterable[str]) -> int:
    """Tell each answer and what none of them can tell; the exit code."""
    failed = any(one.state == "failed" for one in answers)
    if face.is_json:
        lines = [
            {"name": one.name, "state": one.state, "sentence": one.sentence} for one in answers
        ]
        document = {"type": "log-verification", "schema": SCHEMA, "what": what, "failed": failed}
        face.document(document | {"lines": lines, "limits": list(limits)})
    elif face.verbosity < 0:
        for one in answers:
            if one.state == "failed":
                face.failure("", f"{one.name}: {one.sentence}", "")
    else:
        for one in answers:
            state = face.paint(f"{one.state:<8}", PAINTS[one.state])
            face.out(f"{one.name:<10} {state} {printable(one.sentence)}")
        face.out()
        face.out("What this cannot show:")
        for limit in limits:
            face.out(f"  - {limit}")
    return VerificationFailed.exit_code if failed else 0
