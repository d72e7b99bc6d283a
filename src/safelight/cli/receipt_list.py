"""receipt list: which receipts lie in folders, and what each is about."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from safelight.cli.face import SCHEMA, Face
from safelight.cli.options import setting, speaking
from safelight.cli.printable import printable
from safelight.errors import InputMissing, VerificationFailed


@click.command(name="list", add_help_option=False)
@click.argument("folders", nargs=-1, metavar="[FOLDER]...")
@click.option("-r", "--recursive", is_flag=True, help="Look into folders below folders.")
@setting("state_dir")
@speaking
@click.pass_obj
def command(face: Face, folders: tuple[str, ...], *, recursive: bool) -> int:
    """List the receipts beside the outputs in each FOLDER; without one, in this folder, and those
    of results that have no file. Signatures are not checked here: safelight verify does that.

    \b
    Examples:
      safelight receipt list
      safelight receipt list out/ -r --json
    """
    from safelight.audit.receipt import FOLDER

    roots = [Path(name) for name in folders]
    if missing := next((root for root in roots if not root.is_dir()), None):
        raise InputMissing(f"there is no folder {missing}")
    shelf = [] if folders else [face.settings.state_dir / "receipts"]
    places = [root / FOLDER for root in roots or [Path()]]
    if recursive:
        places = [found for root in roots or [Path()] for found in _below(root)]
    count = 0
    for place in (place for folder in (*places, *shelf) for place in _receipts(folder)):
        count += 1
        _tell(face, place)
    if not face.is_json and not count:
        face.out("no receipt")
    return 0


def _below(root: Path) -> list[Path]:
    from safelight.audit.receipt import FOLDER

    return sorted(path for path in root.rglob(FOLDER) if path.is_dir() and not path.is_symlink())


def _receipts(folder: Path) -> Iterator[Path]:
    from safelight.audit.receipt import is_receipt_path

    try:
        yield from sorted(path for path in folder.iterdir() if is_receipt_path(path))
    except OSError:
        return


def _tell(face: Face, place: Path) -> None:
    from safelight.audit.dsse import MAX_ENVELOPE_BYTES
    from safelight.audit.receipt import Receipt, output_for
    from safelight.vault.private import open_regular

    output = output_for(place)
    line: dict[str, Any] = {
        "type": "receipt",
        "schema": SCHEMA,
        "file": str(place),
        "output": str(output) if output is not None and output.is_file() else None,
    }
    try:
        with open(open_regular(place), "rb") as file:
            facts = Receipt.parse(file.read(MAX_ENVELOPE_BYTES + 1)).predicate
    except (OSError, VerificationFailed):
        line |= {"readable": False, "id": None, "created": None, "verbs": [], "bytes": None}
    else:
        size = sum(result.bytes for result in facts.outputs)
        line |= {"readable": True, "id": facts.id, "created": facts.created}
        line |= {"verbs": list(facts.operation.verbs), "bytes": size}
    if face.is_json:
        face.document(line)
    elif line["readable"]:
        name = printable(str(output or place))
        face.out(f"{line['created']}  {line['id'][:8]}  {', '.join(line['verbs'])}  {name}")
    else:
        face.out(f"{'unreadable':<20}  {'-' * 8}  {printable(str(place))}")
