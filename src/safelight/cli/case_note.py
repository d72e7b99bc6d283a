"""case note: a remark in the log of a case."""

from __future__ import annotations

import click

from safelight.cli.custody import acting, case_at, folder, house, long, short, somebody, tell
from safelight.cli.face import Face


@click.command(name="note", add_help_option=False)
@folder
@click.argument("text", metavar="TEXT", callback=long)
@click.option("--about", metavar="ITEM", default="", callback=lambda c, p, v: short(c, p, v or None)
              or "", help="An original or a result that it is about, as E0001.")  # fmt: skip
@acting
@house
@click.pass_obj
def command(
    face: Face, folder: str, *, text: str, about: str, who: str | None, role: str | None
) -> int:
    """Write a remark into the log of the case. Nothing in the log is ever changed again.

    \b
    Examples:
      safelight case note 2026-114 'the clock of the camera was 4 minutes fast'
      safelight case note 2026-114 'shown to the owner' --about E0002 --who 'B. Ito' --role clerk
    """
    from safelight.errors import InputMissing
    from safelight.proof.cases.facts import Noted

    case = case_at(face, folder)
    with case.held() as chain:
        case.refuse_stranger(chain)
        if about and about not in chain.originals and about not in chain.results:
            raise InputMissing(f"there is no {about} in this case", hint="safelight case show CASE")
        person = somebody(case, chain, who, role)
        chain = case.append(chain, "noted", Noted(about=about), who=person, why=text)
    tell(face, case, chain, "noted")
    return 0
