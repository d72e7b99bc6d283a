"""models list: what is here and what could be, what each is for, and what it costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from safelight.cli.face import Face
from safelight.cli.options import setting, speaking
from safelight.cli.printable import printable
from safelight.cli.shelf import (
    FREE,
    PINS,
    WHERE,
    document,
    notes,
    pace,
    remark,
    store_of,
    timings_of,
)
from safelight.engine.model_facts import COMMERCIAL
from safelight.errors import UsageError
from safelight.proof.reports.plain import size

if TYPE_CHECKING:
    from collections.abc import Sequence

    from safelight.engine.timings import Timing
    from safelight.models.entry import Entry
    from safelight.models.store import Store

PURPOSES = {
    "classify": "say what is in a picture",
    "cutout": "take what is shown off its background",
    "dejpeg": "mend what JPEG did (restore)",
    "denoise": "take noise away (restore)",
    "detect": "find faces, people or things",
    "embed": "find look-alikes and near duplicates",
    "pose": "find the points of a body or a face",
    "read": "read words for a model that sees pictures (classify --labels)",
    "upscale": "enlarge",
}


@click.command(name="list", add_help_option=False)
@click.option("--available", is_flag=True, help="Show those that can be pulled, too.")
@click.option("--task", metavar="TASK", help="Show only those for this task.")
@setting("state_dir")
@setting("data_dir")
@speaking
@click.pass_obj
def listing(face: Face, *, available: bool, task: str | None) -> int:
    """List models by what they are for; first those that are used where none is named.

    \b
    Examples:
      safelight models list
      safelight models list --available --task cutout

    The speed is what a trial on this computer took: safelight models measure.
    """
    store, timings = store_of(face), timings_of(face)
    entries = [*store.entries(), *(store.available() if available else ())]
    found = sorted(entries, key=lambda entry: (entry.task, not entry.aliases))
    found = [entry for entry in found if task in (None, entry.task)]
    if task is not None and task not in PURPOSES and not found:
        raise UsageError(f"--task is one of {', '.join(PURPOSES)}, not {task!r}")
    if face.is_json:
        for entry in found:
            face.document(document(entry, store, timings.get(entry.sha256)))
        return 0
    for number, entry in enumerate(found):
        if number == 0 or found[number - 1].task != entry.task:
            purpose = PURPOSES.get(entry.task, "")
            face.out(face.paint(f"{entry.task}{': ' if purpose else ''}{purpose}", "bold"))
        _tell(face, entry, store, timings.get(entry.sha256))
    _end(face, store, found, has_all=available)
    if any(store.origin(one.name) and one.sha256 not in timings for one in found):
        remark(face, "how fast they are here: safelight models measure --all")
    return 0


def _tell(face: Face, entry: Entry, store: Store, timing: Timing | None) -> None:
    origin = store.origin(entry.name)
    where = WHERE[origin] if origin else "not here"
    facts = (
        f"{entry.name:<30} {where:<9} {size(entry.total_bytes):>9}  {entry.precision:<7} "
        f"{pace(timing):<26}  {printable(entry.licence, 40)} ({FREE[entry.licence_class]})"
    )
    face.out(f"  {facts}")
    words = entry.title + notes(entry)
    if entry.pin not in ("built-in", "own"):
        words += f"; pin: {PINS[entry.pin]}; commercial use: {COMMERCIAL[entry.licence_class]}"
    face.out(f"      {printable(words, 200)}")
    if entry.caveat:
        face.out(f"      note: {printable(entry.caveat)}")
    if entry.name in {one.name for one in store.outdated()}:
        face.out(f"      another version is pinned now: safelight models pull {entry.name}")


def _end(face: Face, store: Store, found: Sequence[Entry], *, has_all: bool) -> None:
    used = store.shelf.used_bytes() if store.shelf is not None else 0
    if used:
        face.out(f"{size(used)} on disk for models that came from outside")
    offered = [] if has_all else [e for e in store.available() if e.licence_class != "excluded"]
    if offered:
        remark(face, f"{len(offered)} more can be pulled: safelight models list --available")
    if not found:
        remark(face, "no model fits; safelight models list --available shows all")
