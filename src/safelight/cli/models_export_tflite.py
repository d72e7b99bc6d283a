"""models export-tflite: the models of this program for phones."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from safelight.cli.face import SCHEMA, Face
from safelight.cli.options import speaking
from safelight.cli.shelf import remark
from safelight.engine.model_facts import named
from safelight.errors import OutputExists, PolicyRefused
from safelight.proof.reports.plain import size

if TYPE_CHECKING:
    from collections.abc import Sequence

    from safelight.models.entry import Entry
    from safelight.models.mobile.exporting import Exported
    from safelight.models.store import Store

TILES = (16, 1_024)


@click.command(name="export-tflite", add_help_option=False)
@click.argument("names", nargs=-1, metavar="[MODEL]...")
@click.option("-o", "--output", required=True, metavar="FOLDER", help="Where the files go.")
@click.option(
    "--tile",
    type=click.IntRange(*TILES),
    default=None,
    metavar="PIXELS",
    help="Side of what a model that works in tiles takes at once, without the pixels around it:"
    f" less needs less memory. [{TILES[0]} to {TILES[1]}; as its entry says]",
)
@speaking
@click.pass_obj
def export_tflite(face: Face, names: tuple[str, ...], output: str, tile: int | None) -> int:
    """Write models of this program as TFLite files for phones; all, if none is named.

    \b
    Examples:
      safelight models export-tflite -o phone/
      safelight models export-tflite upscale-x2 --tile 128 -o phone/

    Each takes and gives fp32 pictures of one size with the channels last. Its answer is held
    against that of the ONNX file before it is written. Beside it, NAME.json says what an app must
    know, and NAME.toml is its entry: with both in the folder of your models it works here, too.
    """
    from safelight.models.mobile.exporting import exported
    from safelight.models.store import Store

    store, folder = Store(), Path(output)
    entries = chosen(store, names)
    for entry in entries:
        _refuse_existing(folder, entry)
    for entry in entries:
        with store.open(entry) as loaded:
            made = exported(entry, loaded.view(), tile=tile or 0)
        _write(folder, made)
        _tell(face, made)
    remark(
        face, f"in {folder}: each with what an app must know of it (.json) and its entry (.toml)"
    )
    return 0


def chosen(store: Store, names: Sequence[str]) -> list[Entry]:
    """The models in full precision that are meant: where a name has less, its exact twin.

    Raises ModelMissing, PolicyRefused for one that is not of this package.
    """
    ours = store.built_in()
    found = [named(store, name) for name in names] or list(ours)
    exact = {entry.name: entry for entry in (store.twin(one) or one for one in found)}
    for entry in exact.values():
        if entry not in ours:
            raise PolicyRefused(
                f"{entry.name} did not come with this program: its maker may offer it as TFLite",
                hint="safelight models list",
            )
    return list(exact.values())


def _paths(folder: Path, entry: Entry) -> list[Path]:
    """The files made from a model; the model itself last, so that none is there undescribed."""
    return [folder / (entry.name + suffix) for suffix in (".json", ".toml", ".tflite")]


def _refuse_existing(folder: Path, entry: Entry) -> None:
    for path in _paths(folder, entry):
        if os.path.lexists(path):
            raise OutputExists(f"{path} is there already", hint="give -o another folder")


def _write(folder: Path, made: Exported) -> None:
    from safelight.models.writing import write_whole

    told = json.dumps(_document(made), indent=1).encode() + b"\n"
    pieces = (told, made.toml, made.data)
    for path, piece in zip(_paths(folder, made.origin), pieces, strict=True):
        write_whole(path, piece, where="the folder of TFLite files")


def _document(made: Exported) -> dict[str, Any]:
    return {"type": "mobile", "schema": SCHEMA, **made.document}


def _tell(face: Face, made: Exported) -> None:
    if face.is_json:
        face.document(_document(made))
        return
    sides = " x ".join(map(str, made.takes[1:]))
    face.out(
        f"{made.entry.file:<30} {size(len(made.data)):>9}  takes {sides:<14} "
        f" differs from ONNX by {made.difference:.1g} of its range at most"
    )
