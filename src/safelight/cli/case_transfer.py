"""case transfer: hand a case over, or confirm to have it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from safelight.cli.custody import case_at, folder, house, long, require_sound, short, somebody, tell
from safelight.cli.face import Face
from safelight.errors import PolicyRefused, UsageError

if TYPE_CHECKING:
    from safelight.proof.cases.chain import Chain
    from safelight.proof.cases.folder import CaseFolder


@click.command(name="transfer", add_help_option=False)
@folder
@click.option("--to", metavar="NAME", callback=short, help="Who gets the case.")
@click.option("--to-role", metavar="ROLE", callback=short, help="In which role.")
@click.option("--witness", metavar="NAME", callback=short, help="Who saw it.")
@click.option("--accept", is_flag=True, help="Confirm to have the case now, with this machine's "
              "key.")  # fmt: skip
@click.option("--why", metavar="REASON", callback=long, help="Why; it is written down.")
@house
@click.pass_obj
def command(face: Face, folder: str, *, to: str | None, to_role: str | None, witness: str | None,
            accept: bool, why: str | None) -> int:  # fmt: skip
    """Hand the case over, or confirm to have it. Who gets it says --accept, here or elsewhere.

    \b
    Examples:
      safelight case transfer 2026-114 --to 'B. Ito' --to-role analyst --why 'for enhancement'
      safelight case transfer 2026-114 --accept

    To another machine, copy the whole folder. Before it was confirmed there, no work is taken; it
    is confirmed only if the case holds as it lies there.
    """
    from safelight.proof.cases.event import facts_of
    from safelight.proof.cases.facts import Moved

    case = case_at(face, folder)
    with case.held() as chain:
        if accept:
            if to or to_role or witness or why:
                raise UsageError("--accept says it all: who gets the case was said by who gave it")
            if not chain.is_handed_over:
                raise PolicyRefused("the case was not handed over to anybody")
            require_sound(face, case)
            given = chain.last_move.event
            role = facts_of(given, Moved).role
            person = case.person(None, given.to, role)
            words = {"why": "", "from": given.from_, "to": given.to}
            chain = case.append(chain, "received", Moved(role=role), who=person, **words)
        else:
            case.refuse_stranger(chain)
            if not to or not why:
                raise UsageError("a hand-over needs --to and --why")
            _keep_proofs(face, case, chain)
            name, _role = chain.custodian
            words = {"why": why, "from": name, "to": to, "witness": witness or ""}
            person = somebody(case, chain, None, None)
            moved = Moved(role=to_role or "")
            chain = case.append(chain, "transferred", moved, who=person, **words)
    tell(face, case, chain, chain.last.event.event)
    return 0


def _keep_proofs(face: Face, case: CaseFolder, chain: Chain) -> None:
    """So that receipts can be checked where our journal is not."""
    from safelight.engine.book import Book
    from safelight.proof.cases.proofs import keep_proofs
    from safelight.proof.cases.shelf import FolderShelf

    keep_proofs(case, chain, FolderShelf(Path(case.folder)), Book.of(face.settings).journal)
