"""case verify: whether a case in its folder is as its log says."""

from __future__ import annotations

from pathlib import Path

import click

from safelight.cli.custody import case_at, conclude, folder, here_of, house, keeping, trusting
from safelight.cli.face import Face


@click.command(name="verify", add_help_option=False)
@folder
@trusting
@keeping
@house
@click.pass_obj
def command(face: Face, folder: str, *, keys: tuple[str, ...], kept: tuple[str, ...]) -> int:
    """Check a case in its folder. What is looked at: log, keys, originals, results, receipts,
    journal.

    \b
    Examples:
      safelight case verify 2026-114
      safelight case verify 2026-114 --json

    A sealed bundle is checked with safelight verify case FILE.
    """
    from safelight.proof.cases.checking import examine
    from safelight.proof.cases.shelf import FolderShelf

    case = case_at(face, folder)
    if not case.registry.knows(case.folder):
        case.require()
    lines, chain = examine(FolderShelf(Path(folder)), here_of(face, case, keys=keys, kept=kept))
    return conclude(face, folder, lines, chain)
