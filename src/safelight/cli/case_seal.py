"""case seal: close a case, and write it as one file that verifies elsewhere."""

from __future__ import annotations

from pathlib import Path

import click

from safelight.cli.custody import (
    acting,
    beside,
    case_at,
    folder,
    house,
    require_sound,
    somebody,
    tell,
    why,
)
from safelight.cli.face import Face
from safelight.cli.printable import printable
from safelight.errors import PolicyRefused


@click.command(name="seal", add_help_option=False)
@folder
@click.option("-o", "--output", metavar="FILE", help="The bundle; beside the case if not given.")
@acting
@why
@house
@click.pass_obj
def command(
    face: Face, folder: str, *, output: str | None, who: str | None, role: str | None, why: str
) -> int:
    """Close the case, and write it as one file. It holds log, originals, results, receipts, proofs,
    public keys, a page to read, and a verifier that needs nothing of Safelight.

    \b
    Examples:
      safelight case seal 2026-114 --why 'handed to the court'
      safelight case seal 2026-114 -o /media/court/2026-114.tar --why 'second copy'

    Everything is checked first. What is sealed takes no further work until it is opened, which is
    an event of its own. Sealing a sealed case writes the same bytes again. The bundle is not
    encrypted.
    """
    from safelight.engine.book import Book
    from safelight.engine.kept import refuse_kept
    from safelight.proof.cases.acquire import finish
    from safelight.proof.cases.folder import refuse_away
    from safelight.proof.cases.proofs import keep_proofs
    from safelight.proof.cases.seal import seal, write_bundle
    from safelight.proof.cases.shelf import FolderShelf

    case, shelf = case_at(face, folder), FolderShelf(Path(folder))
    target = beside(folder, ".sealed.tar", output)
    refuse_kept(target, replaces=False)
    with case.held() as chain:
        case.refuse_stranger(chain)
        if chain.seal is None:
            refuse_away(chain)
        finish(case, chain)
        if chain.unfinished:
            raise PolicyRefused(
                "work was begun and not finished", hint="the same case process again finishes it"
            )
        keep_proofs(case, chain, shelf, Book.of(face.settings).journal)
        require_sound(face, case)
        chain = seal(case, chain, somebody(case, chain, who, role), why)
        is_new = write_bundle(case, chain, shelf, target)
    if not face.is_json and face.verbosity >= 0:
        state = "written" if is_new else "was there, the same"
        face.out(f"{printable(str(target))}: {state}")
        for key in chain.keys:
            face.out(f"key  {key}")
    own = case.keys.receipts.fingerprint
    tell(face, case, chain, "sealed", bundle=str(target), key=own, keys=list(chain.keys))
    return 0
