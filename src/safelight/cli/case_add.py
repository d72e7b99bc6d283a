"""case add: copy files into a case as originals."""

from __future__ import annotations

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
@acting
@why
@house
@click.pass_obj
def command(
    face: Face, folder: str, *, files: tuple[str, ...], who: str | None, role: str | None, why: str
) -> int:
    """Copy files into the case as originals: verified by SHA-256 and SHA3-256, then read-only.

    \b
    Examples:
      safelight case add 2026-114 /media/card/DSC_0001.JPG --why 'seized with the camera'
      safelight case add 2026-114 export/*.png --who 'A. Weber' --role examiner --why 'as handed in'

    The files themselves are only read. What is an original already, byte for byte, is not taken in
    again: so a run that was cut off is finished by the same command.
    """
    from safelight.proof.cases.acquire import acquire, finish
    from safelight.proof.cases.folder import refuse_closed

    case = case_at(face, folder)
    with case.held() as chain:
        refuse_closed(chain)
        case.refuse_stranger(chain)
        finish(case, chain)
        person, items = somebody(case, chain, who, role), []
        for name in files:
            chain, facts, is_new = acquire(case, chain, Path(name), who=person, why=why)
            items.append(_document(facts, is_new=is_new))
            if not face.is_json and face.verbosity >= 0:
                state = "acquired" if is_new else "was there"
                face.out(line(facts.item, state, facts.file.sha256, facts.name))
    tell(face, case, chain, "acquired", items=items)
    return 0


def _document(facts: Acquired, *, is_new: bool) -> dict[str, Any]:
    return {"item": facts.item, "name": facts.name, "new": is_new, "file": facts.file.place,
            "bytes": facts.file.bytes, "sha256": facts.file.sha256,
            "sha3_256": facts.file.sha3_256}  # fmt: skip
