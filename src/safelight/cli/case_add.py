"""case add: copy files into a case as originals."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from safelight.cli.custody import acting, case_at, folder, house, line, somebody, tell, why
from safelight.cli.face import Face
from safelight.cli.outcomes import Outcomes
from safelight.cli.printable import printable

if TYPE_CHECKING:
    from safelight.proof.cases.facts import Acquired


@click.command(name="add", add_help_option=False)
@folder
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("-r", "--recursive", is_flag=True, help="Take all files below folders, hidden ones "
              "too.")  # fmt: skip
@acting
@why
@house
@click.pass_obj
def command(face: Face, folder: str, *, files: tuple[str, ...], recursive: bool,
            who: str | None, role: str | None, why: str) -> int:  # fmt: skip
    """Copy files into the case as originals. Each is verified by SHA-256 and SHA3-256.

    \b
    Examples:
      safelight case add 2026-114 /media/card/DSC_0001.JPG --why 'seized with the camera'
      safelight case add 2026-114 export/ -r --who 'A. Weber' --role examiner --why 'as handed in'

    The files themselves are only read; the copies are read-only. What is an original already, byte
    for byte, is not taken in again: so a run that was cut off is finished by the same command.
    """
    from safelight.proof.cases.acquire import acquire, finish
    from safelight.proof.cases.folder import refuse_closed

    case, outcomes = case_at(face, folder), Outcomes(face)
    with case.held() as chain:
        refuse_closed(chain)
        case.refuse_stranger(chain)
        finish(case, chain)
        person, items = somebody(case, chain, who, role), []
        for path in _paths(face, files, outcomes, recursive=recursive):
            with outcomes.of(str(path)):
                chain, facts, is_new = acquire(case, chain, path, who=person, why=why)
                items.append(_document(facts, is_new=is_new))
                if not face.is_json and face.verbosity >= 0:
                    state = "acquired" if is_new else "was there"
                    face.out(line(facts.item, state, facts.file.sha256, facts.name))
    tell(face, case, chain, "acquired", items=items)
    return outcomes.exit_code


def _paths(
    face: Face, files: tuple[str, ...], outcomes: Outcomes, *, recursive: bool
) -> Iterator[Path]:
    """Each file once named, and with recursive all below each folder, in order. No link below one
    is followed: that, and a folder that cannot be listed, is told.
    """

    from safelight.engine.source import unreadable

    def unlisted(error: OSError) -> None:
        outcomes.failed(str(error.filename), unreadable(error))

    for name in files:
        path = Path(name)
        if not (recursive and path.is_dir()):
            yield path
            continue
        for place, folders, names in os.walk(path, onerror=unlisted):
            folders.sort()
            for one in (Path(place) / each for each in sorted(names + folders)):
                if one.is_symlink() or not (one.is_file() or one.is_dir()):
                    what = "a link" if one.is_symlink() else "no regular file"
                    face.warn(f"{printable(str(one), 200)}: passed over, it is {what}")
                elif one.is_file():
                    yield one


def _document(facts: Acquired, *, is_new: bool) -> dict[str, Any]:
    return {"item": facts.item, "name": facts.name, "new": is_new, "file": facts.file.place,
            "bytes": facts.file.bytes, "sha256": facts.file.sha256,
            "sha3_256": facts.file.sha3_256}  # fmt: skip
