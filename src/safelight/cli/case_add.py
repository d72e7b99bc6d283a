"""case add: copy files into a case as originals."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from safelight.cli.custody import acting, case_at, folder, house, line, somebody, tell, why
from safelight.cli.face import Face

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

    case = case_at(face, folder)
    with case.held() as chain:
        refuse_closed(chain)
        case.refuse_stranger(chain)
        finish(case, chain)
        person, items = somebody(case, chain, who, role), []
        for path in _paths(files, recursive=recursive):
            chain, facts, is_new = acquire(case, chain, path, who=person, why=why)
            items.append(_document(facts, is_new=is_new))
            if not face.is_json and face.verbosity >= 0:
                state = "acquired" if is_new else "was there"
                face.out(line(facts.item, state, facts.file.sha256, facts.name))
    tell(face, case, chain, "acquired", items=items)
    return 0


def _paths(files: tuple[str, ...], *, recursive: bool) -> Iterator[Path]:
    """Each file once named, and with recursive all below each folder, in order; no link below one
    is followed.
    """
    for name in files:
        path = Path(name)
        if not (recursive and path.is_dir()):
            yield path
            continue
        for place, folders, names in os.walk(path):
            folders.sort()
            found = (Path(place) / one for one in sorted(names))
            yield from (one for one in found if one.is_file() and not one.is_symlink())


def _document(facts: Acquired, *, is_new: bool) -> dict[str, Any]:
    return {"item": facts.item, "name": facts.name, "new": is_new, "file": facts.file.place,
            "bytes": facts.file.bytes, "sha256": facts.file.sha256,
            "sha3_256": facts.file.sha3_256}  # fmt: skip
