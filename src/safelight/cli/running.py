"""Run a recipe over what was named: plan, ask, work, report. Every verb on pictures ends here."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from safelight.cli.face import Face, unwritten
from safelight.cli.options import (
    batching,
    caging,
    placing,
    receipting,
    selecting,
    setting,
    speaking,
    stacked,
)
from safelight.errors import UsageError

if TYPE_CHECKING:
    from safelight.batch.events import Summary
    from safelight.batch.naming import Placement
    from safelight.batch.plan import PlannedItem, Selection
    from safelight.batch.run import Batch
    from safelight.batch.runs import Runs
    from safelight.cli.report import Report
    from safelight.recipe import Recipe
    from safelight.settings import Settings

STANDARD = "-"


@dataclass(frozen=True)
class Wishes:
    """What was typed about a run, besides the recipe and the settings."""

    inputs: tuple[str, ...] = ()
    recursive: bool = False
    files_from: str | None = None
    files_from0: str | None = None
    output: str | None = None
    name_template: str | None = None
    in_place: bool = False
    backup_dir: str | None = None
    dry_run: bool = False
    fail_fast: bool = False

    def selection(self) -> Selection:
        from safelight.batch.plan import Selection

        _refuse_empty({"--files-from": self.files_from, "--files-from0": self.files_from0})
        lists = [Path(name) if name else None for name in (self.files_from, self.files_from0)]
        return Selection(self.inputs, self.recursive, *lists)

    def placement(self, face: Face) -> Placement:
        """Where outputs go. Raises UsageError for wishes that exclude each other."""
        from safelight.batch.naming import Placement

        _refuse_empty({"-o": self.output, "--backup-dir": self.backup_dir})
        if self.backup_dir and not self.in_place:
            raise UsageError("--backup-dir goes with --in-place")
        if self.in_place and (self.output or self.name_template):
            raise UsageError("--in-place excludes -o and --name")
        existing: Any = face.settings.existing
        backup = Path(self.backup_dir) if self.backup_dir else None
        output = self.output or ("-" if self.inputs == ("-",) else None)
        return Placement(output, self.name_template, existing, self.in_place, backup)


def _refuse_empty(typed: Mapping[str, str | None]) -> None:
    """Raises UsageError for a place without a name: an unset variable must not change where things
    go.
    """
    for flag, value in typed.items():
        if value == "":
            raise UsageError(f"{flag} has an empty name", hint="look at where the name came from")


def run_recipe(
    face: Face, recipe: Recipe, wishes: Wishes, report: Report, *, may_convert: bool = False
) -> int:
    """Do the whole run and give its exit code. may_convert: the name of -o chooses the format."""
    from safelight.batch.plan import make_plan
    from safelight.cli.steps import fitted, refuse_idle_quality
    from safelight.engine.source import looking

    placement = wishes.placement(face)
    if not recipe.gives_image:
        _refuse_outputs(wishes)
    if placement.is_standard and recipe.gives_image:
        _refuse_screen(face)
    items = make_plan(wishes.selection(), placement, recipe, look=looking(face.settings))
    recipe = fitted(recipe, items, placement, may_convert=may_convert)
    if may_convert:
        refuse_idle_quality(recipe, items)
    if placement.is_standard and len(items) > 1:
        raise UsageError("standard output takes one picture", hint="give -o a folder")
    if wishes.dry_run:
        from safelight.cli.planning import show_plan

        return show_plan(face, recipe, items, placement)
    return work(face, recipe, items, placement, report=report, wishes=wishes)


def work(
    face: Face,
    recipe: Recipe,
    items: list[PlannedItem],
    placement: Placement,
    *,
    report: Report,
    wishes: Wishes,
) -> int:
    """Run a plan and report on it."""
    from safelight.batch.run import Batch, Manner
    from safelight.cli.stopping import stopping

    _ask(face, recipe, placement, len(items))
    settings = face.settings
    manner = Manner(
        jobs=settings.jobs,
        existing=placement.existing,
        in_place=placement.in_place,
        backup_dir=placement.backup_dir,
        fail_fast=wishes.fail_fast,
        standard_output=cast(Any, sys.stdout.buffer) if placement.is_standard else None,
    )
    jobs = min(settings.jobs, max(1, len(items)))
    engine = _engine(settings, recipe, jobs)
    with stopping(quiet=face.verbosity < 0 or face.is_json) as stopper, engine:
        batch = Batch(engine, recipe, items, manner=manner, listener=report)
        report.batch = stopper.batch = batch
        report.is_picture_out = placement.is_standard and recipe.gives_image
        with closing(report):
            summary = _run(batch, to_standard_output=placement.is_standard)
    return report.conclude(summary)


def _engine(settings: Settings, recipe: Recipe, jobs: int) -> Runs:
    """That of this machine, or the server in its place. Raises RuntimeMissing, Unavailable."""
    if settings.server:
        from safelight.cli.elsewhere import remote_engine

        return remote_engine(settings)
    from safelight.engine.engine import Engine

    engine = Engine(settings, jobs=jobs, door="command line")
    if recipe.needs:
        engine.devices.require()
    return engine


def _ask(face: Face, recipe: Recipe, placement: Placement, files: int) -> None:
    """Have what cannot be taken back agreed to. Raises UsageError where it is not."""
    drops = any(getattr(step, "drop_marks", None) is not None for step in recipe.steps)
    for is_wished, question, flag in (
        (placement.in_place, f"replace {files} file(s) by the result", "--in-place"),
        (drops, f"leave the mark of origin out of {files} file(s)", "--drop-marks"),
    ):
        if is_wished and not face.agreed(question):
            raise UsageError("nothing was done", hint=f"--yes, or leave {flag} away")


def _run(batch: Batch, *, to_standard_output: bool) -> Summary:
    try:
        return batch.run()
    except BrokenPipeError:
        raise
    except OSError as error:
        if to_standard_output:
            raise unwritten(error) from error
        raise


def report_of(
    face: Face, recipe: Recipe, fail_on: str | None = None, *, verbs: Sequence[str] | None = None
) -> Report:
    """What fits the recipe: what was seen, a table, the findings, or the vectors. verbs: what the
    table says was done.
    """
    from safelight.cli.findings import Findings
    from safelight.cli.report import Report
    from safelight.cli.vectors import Vectors

    if any(step.gives_sights for step in recipe.steps):
        from safelight.cli.sights import Sights

        return Sights(face, verbs or recipe.verbs, recipe)
    if recipe.gives_image:
        return Report(face, recipe.verbs)
    if recipe.steps[-1].gives_vector:
        return Vectors(face, recipe.verbs)
    return Findings(face, recipe.verbs, fail_on)


def _refuse_outputs(wishes: Wishes) -> None:
    if wishes.output or wishes.name_template or wishes.in_place:
        raise UsageError(
            "this recipe ends in findings or a vector: there is no picture to write",
            hint="leave -o, --name and --in-place away; --json > FILE keeps what it finds; detect,"
            " pose and classify write one with --draw",
        )


def _refuse_screen(face: Face) -> None:
    if sys.stdout.isatty():
        raise UsageError("a picture is not written to a terminal", hint="-o FILE, or > FILE")
    if face.is_json:
        raise UsageError("--json and -o - both want standard output", hint="-o FILE")


run_options = stacked(selecting, placing, receipting, batching, caging, speaking)


@click.command(name="run", add_help_option=False)
@click.argument("recipe_file", metavar="RECIPE")
@run_options
@setting("profile")
@setting("keep")
@click.pass_obj
def run(face: Face, /, recipe_file: str, **typed: Any) -> int:
    """Run a recipe over pictures, each decoded once and with one receipt.

    RECIPE is a TOML or JSON file of steps, or a plan that --dry-run --json wrote.

    \b
    Examples:
      safelight run web.toml photo.jpg
      safelight run web.toml pictures/ -r -o out/ -j 4
      safelight run web.toml pictures/ -o out/ -n --json > plan.jsonl
      safelight run plan.jsonl
    """
    from safelight.batch.steps import with_scrub
    from safelight.cli.planning import is_plan, run_plan
    from safelight.cli.steps import loaded

    wishes = Wishes(**typed)
    if is_plan(Path(recipe_file)):
        return run_plan(face, Path(recipe_file), wishes)
    recipe = with_scrub(loaded(Path(recipe_file), face.settings), face.settings)
    return run_recipe(face, recipe, wishes, report_of(face, recipe))
