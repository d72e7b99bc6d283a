"""audit dataflow: who and what touched these pictures, and where they could still flow."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import click

from safelight.cli.face import SCHEMA, Face
from safelight.cli.options import caging, setting, speaking
from safelight.cli.printable import printable
from safelight.errors import InputMissing, OutputExists, OutputFailed, UsageError

EVERY_S = 5.0


@click.command(name="dataflow", add_help_option=False)
@click.argument("folders", nargs=-1, metavar="FOLDER...")
@click.option("-r", "--recursive", is_flag=True, help="Look into folders below folders.")
@click.option("--svg", metavar="FILE", help="Draw the map into FILE: one page, no script, no link.")
@click.option(
    "--show-values",
    is_flag=True,
    help="Show names of people, of computers, and serial numbers; pseudonyms stand for them else.",
)
@setting("existing")
@setting("jobs")
@caging
@speaking
@click.pass_obj
def command(
    face: Face, *, folders: tuple[str, ...], recursive: bool, svg: str | None, show_values: bool
) -> int:
    """Show which devices, programs, people and AI services touched these pictures, and where they
    could still flow.

    \b
    Examples:
      safelight audit dataflow pictures/ -r
      safelight audit dataflow pictures/ -r --svg map.svg
      safelight audit dataflow pictures/ --json --show-values

    Every arrow has its evidence: the file, the tag, the value. Metadata is read in the cage; what
    the system shows (watched folders, mounts, sync clients, listeners) is read here. Nothing is
    opened to the network, and no picture is changed.
    """
    from safelight.engine.engine import Engine
    from safelight.proof.dataflow.gathering import Values
    from safelight.proof.dataflow.machine import Machine
    from safelight.proof.dataflow.survey import Walk, survey
    from safelight.proof.dataflow.table import lines

    if not folders or "" in folders:
        raise InputMissing("no folder was named", hint="safelight audit dataflow pictures/ -r")
    if show_values and face.settings.hide_values:
        raise UsageError("hide_values is on: values are not shown", hint="leave out --show-values")
    usual: Values = "none" if face.settings.hide_values else "public"
    values: Values = "all" if show_values else usual
    target = None if svg is None else _target(face, svg)
    walk = Walk([Path(name) for name in folders], recursive)
    with Engine(face.settings, jobs=face.settings.jobs, door="command line") as engine:
        found = survey(engine, walk, machine=Machine.here(), values=values, progress=_teller(face))
    if target is not None:
        from safelight.proof.dataflow.drawing import svg as drawn

        _write(target, drawn(found))
    if face.is_json:
        face.document({"type": "dataflow", "schema": SCHEMA} | found.document())
        return 0
    for line in lines(found):
        face.out(printable(line))
    return 0


def _teller(face: Face) -> Callable[[int, int], None]:
    """Says now and then how far it is."""
    told = time.monotonic()

    def tell(done: int, total: int) -> None:
        nonlocal told
        if time.monotonic() - told > EVERY_S and not face.is_json:
            told = time.monotonic()
            face.note(f"safelight: {done} of {total} files looked at")

    return tell


def _target(face: Face, typed: str) -> Path:
    """Raises OutputExists, PolicyRefused before any work is done, UsageError for no name."""
    from safelight.engine.kept import refuse_kept

    if not typed:
        raise UsageError("--svg has an empty name", hint="look at where the name came from")
    if os.path.lexists(typed):
        if face.settings.existing != "overwrite":
            raise OutputExists(f"{typed} is there already", hint="--existing overwrite replaces it")
        if not _is_map(Path(typed)):
            raise OutputExists(f"{typed} is there already, and no map", hint="give another name")
    refuse_kept(Path(typed), replaces=True)
    return Path(typed)


def _is_map(place: Path) -> bool:
    """True for what an earlier run drew: nothing else is replaced, and no picture."""
    from safelight.proof.dataflow.drawing import START

    try:
        with place.open("rb") as file:
            return file.read(len(START)) == START.encode()
    except OSError:
        return False


def _write(target: Path, page: str) -> None:
    """All of it under its name, or nothing. Raises OutputFailed."""
    aside = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with aside.open("x", encoding="utf-8", errors="backslashreplace") as file:
            file.write(page)
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, target)
    except OSError as error:
        with suppress(OSError):
            aside.unlink()
        reason = (error.strerror or "error").lower()
        raise OutputFailed(
            f"the drawing cannot be written: {reason}", hint="--svg elsewhere"
        ) from error
