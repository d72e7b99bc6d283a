"""case open: open the seal of a case again."""

from __future__ import annotations

import click

from safelight.cli.custody import acting, case_at, folder, house, somebody, tell, why
from safelight.cli.face import Face
from safelight.errors import PolicyRefused


@click.command(name="open", add_help_option=False)
@folder
@acting
@why
@house
@click.pass_obj
def command(face: Face, folder: str, *, who: str | None, role: str | None, why: str) -> int:
    """Open the seal of a case, so that work can go on. Bundles stay as they are.

    \b
    Examples:
      safelight case open 2026-114 --why 'a second card was found'
    """
    from safelight.proof.cases.facts import Opened
    from safelight.proof.cases.folder import refuse_away

    case = case_at(face, folder)
    with case.held() as chain:
        case.refuse_stranger(chain)
        if chain.seal is None:
            raise PolicyRefused("the case is not sealed")
        refuse_away(chain)
        person = somebody(case, chain, who, role)
        facts = Opened(seal=chain.seal.seal)
        chain = case.append(chain, "opened", facts, who=person, why=why)
    tell(face, case, chain, "opened")
    return 0
