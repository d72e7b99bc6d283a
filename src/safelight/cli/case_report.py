"""case report: a case as a page to read and print."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

import click

from safelight.cli.custody import beside, case_at, folder, house
from safelight.cli.face import SCHEMA, Face
from safelight.cli.printable import printable
from safelight.errors import OutputExists


@click.command(name="report", add_help_option=False)
@folder
@click.option("-o", "--output", metavar="FILE", help="The page; CASE.html beside the case if not "
              "given.")  # fmt: skip
@click.option("--overwrite", is_flag=True, help="Replace a page that is there.")
@house
@click.pass_obj
def command(face: Face, folder: str, *, output: str | None, overwrite: bool) -> int:
    """Write the case as one HTML page. It has originals, results with both pictures side by side,
    every event, and what an examiner must add.

    \b
    Examples:
      safelight case report 2026-114
      safelight case report 2026-114 -o for-the-file.html --overwrite

    The page holds small pictures, needs nothing from outside, and prints well. It shows originals
    beside results, so also what was covered in a result: mind who gets it.
    """
    from safelight.engine.kept import refuse_kept
    from safelight.proof.cases.report import report
    from safelight.proof.cases.shelf import FolderShelf

    target = beside(folder, ".html", output)
    refuse_kept(target, replaces=True)
    chain = case_at(face, folder).read()
    text = report(chain, FolderShelf(Path(folder)))
    if os.path.lexists(target) and not overwrite:
        raise OutputExists(f"{target} is there already", hint="--overwrite replaces it")
    _write(target, text.encode())
    if face.is_json:
        document = {"type": "case-report", "schema": SCHEMA, "case": chain.id,
                    "events": chain.number, "output": str(target)}  # fmt: skip
        face.document(document)
    elif face.verbosity >= 0:
        face.out(f"{printable(str(target))}: {chain.number} events")
    return 0


def _write(target: Path, data: bytes) -> None:
    """All of it, for its owner alone, or nothing. Raises DiskFull, OutputFailed."""
    from safelight.engine.output import output_error

    temporary = target.with_name(f".{secrets.token_hex(8)}.part")  # fits, whatever the name
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except OSError as error:
        raise output_error(error) from error
    finally:
        with suppress(OSError):
            temporary.unlink()
