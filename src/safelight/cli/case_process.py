"""case process: run a recipe over copies of originals."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from safelight.cli.custody import acting, case_at, folder, line, somebody, tell, why
from safelight.cli.face import Face
from safelight.cli.options import caging, setting, speaking
from safelight.cli.outcomes import Outcomes

if TYPE_CHECKING:
    from safelight.proof.cases.chain import Result


@click.command(name="process", add_help_option=False)
@folder
@click.argument("recipe_file", metavar="RECIPE")
@click.argument("items", nargs=-1, metavar="[ITEM]...")
@click.option("--illustrative", is_flag=True, help="Admit what a model makes of a picture, as an "
              "illustration: it is written on the result.")  # fmt: skip
@acting
@why
@setting("profile")
@setting("keep")
@caging
@speaking
@click.pass_obj
def command(face: Face, folder: str, *, recipe_file: str, items: tuple[str, ...],
            illustrative: bool, who: str | None, role: str | None, why: str) -> int:  # fmt: skip
    """Run RECIPE over copies of originals. All of them, or the items that are named.

    \b
    Examples:
      safelight case process 2026-114 plate.toml E0001 --why 'the plate, three times as large'
      safelight case process 2026-114 sharper.toml --illustrative --why 'for the hearing'

    A case admits what can be repeated: operations that touch no pixel, move it, or mix it by fixed
    arithmetic. What a model makes of a picture is an illustration at most (--illustrative says so
    on the picture); what is made up is refused with exit code 6.
    """
    from safelight.batch.steps import with_scrub
    from safelight.cli.steps import loaded
    from safelight.proof.cases.acquire import finish
    from safelight.proof.cases.folder import refuse_closed
    from safelight.proof.cases.process import Act, Task, engine_for, process, settle

    recipe = with_scrub(loaded(Path(recipe_file), face.settings), face.settings)
    case, found, outcomes = case_at(face, folder), [], Outcomes(face)
    with case.held() as chain:
        refuse_closed(chain)
        case.refuse_stranger(chain)
        person = somebody(case, chain, who, role)
        with engine_for(face.settings, chain, who=person, why=why) as engine:
            task = Task.of(recipe, engine, is_illustrative=illustrative)
            finish(case, chain)
            chain = settle(case, chain, engine)
            for item in items or tuple(chain.originals):
                with outcomes.of(item):
                    act = Act(item, person, why)
                    chain, result, is_new = process(case, chain, engine, task, act=act)
                    found.append(_document(result, is_new=is_new))
                    if not face.is_json and face.verbosity >= 0:
                        state = "done" if is_new else "was there"
                        face.out(line(found[-1]["result"], state, item, found[-1]["file"]))
                    continue
                chain = case.read()  # with the event that says why it failed
    tell(face, case, chain, "processed", work=found)
    return outcomes.exit_code


def _document(result: Result, *, is_new: bool) -> dict[str, Any]:
    from safelight.proof.cases.facts import Processed

    began, outcome = result.began, result.outcome
    told = {"result": began.result, "item": began.item, "new": is_new, "effect": began.effect,
            "illustrative": began.is_illustrative,
            "recipe_sha256": began.recipe_sha256}  # fmt: skip
    if isinstance(outcome, Processed):
        told |= {"file": outcome.file.place, "sha256": outcome.file.sha256,
                 "receipt": outcome.receipt.id}  # fmt: skip
    return told
