"""A plan: what a run would write, one line each; with --json a file that `run` takes."""

from __future__ import annotations

import base64
import binascii
import json
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from safelight.batch.clashes import refuse_clashes
from safelight.batch.events import SCHEMA, Item
from safelight.batch.naming import Placement
from safelight.batch.plan import Look, PlannedItem, Selection, make_plan
from safelight.batch.run import failed_item, skipped_item
from safelight.batch.tally import exit_code
from safelight.cli.face import Face
from safelight.cli.printable import printable
from safelight.engine.source import looking
from safelight.errors import InputMissing, UsageError
from safelight.recipe import Recipe
from safelight.vault.private import open_regular, read_up_to

if TYPE_CHECKING:
    from safelight.cli.running import Wishes

PLAN_SUFFIX = ".jsonl"
MAX_PLAN_BYTES = 64_000_000


def show_plan(face: Face, recipe: Recipe, planned: list[PlannedItem], placement: Placement) -> int:
    """Print the plan and give the exit code that the inputs allow for."""
    items = [_item(one) for one in planned]
    if face.is_json:
        face.document(_header(recipe, items, placement))
        for item in items:
            face.document(item.document())
        return exit_code(items)
    for item in items:
        if item.status == "planned":
            face.out(f"  {printable(item.input)} → {printable(item.output or 'standard output')}")
        elif item.status == "skipped":
            why = item.error or item.code
            face.out(f"  {printable(item.input)}: skipped ({why})")
        else:
            face.failure(item.input, item.error, item.hint)
    writes = sum(item.status == "planned" for item in items)
    models = ", ".join(_models(recipe)) or "none"
    files = f"{len(items)} file{'' if len(items) == 1 else 's'}"
    face.out(f"  {files} · {writes} to do · models: {models} · network: none")
    return exit_code(items)


def run_plan(face: Face, path: Path, wishes: Wishes) -> int:
    """Do what a plan says. Its inputs are looked at again: they may have changed."""
    from safelight.batch.steps import with_scrub
    from safelight.cli.running import report_of, work

    if wishes.inputs or wishes.output or wishes.in_place:
        raise UsageError("a plan names its own inputs and outputs", hint=f"safelight run {path}")
    header, lines = _read(path)
    recipe = Recipe.from_steps(header["steps"], str(header.get("name", "")))
    recipe = with_scrub(replace(recipe, files=_pictures(header)), face.settings)
    existing = face.flags.get("existing") or header.get("existing", face.settings.existing)
    if existing not in ("verify", "skip", "rename", "overwrite", "fail"):
        raise UsageError("the plan has an unknown wish for existing outputs")
    placement = Placement(
        existing=existing,
        in_place=header.get("in_place") is True,
        backup_dir=Path(header["backup_dir"]) if header.get("backup_dir") else None,
    )
    look = looking(face.settings)
    items = [
        _again(number, line, placement, recipe, look=look)
        for number, line in enumerate(lines, 1)
        if line.get("status") == "planned"
    ]
    refuse_clashes(items, recipe)
    report = report_of(face, recipe)
    return work(face, recipe, items, placement, report=report, wishes=wishes)


def _item(one: PlannedItem) -> Item:
    if one.problem is not None:
        return failed_item(one, one.problem)
    output = str(one.target) if one.target is not None else None
    if one.skip:
        return skipped_item(one)
    return Item(one.index, one.shown, "planned", output=output, warning=one.warning)


def _header(recipe: Recipe, items: list[Item], placement: Placement) -> dict[str, Any]:
    steps = [{"op": step.name, **step.model_dump(mode="json")} for step in recipe.steps]
    return {
        "type": "plan",
        "schema": SCHEMA,
        "items": len(items),
        "recipe": recipe.digest,
        "name": recipe.name,
        "steps": steps,
        "pictures": [
            {"sha256": digest, "path": str(path)} for digest, path in recipe.files.items()
        ],
        "models": _models(recipe),
        "network": "none",
        "existing": placement.existing,
        "in_place": placement.in_place,
        "backup_dir": str(placement.backup_dir) if placement.backup_dir else None,
    }


def _models(recipe: Recipe) -> list[str]:
    """As the steps ask for them, each once; a run tells which models really ran."""
    return list(dict.fromkeys(need.name for need in recipe.needs))


def is_plan(path: Path) -> bool:
    """True if the first JSON object in the file says that it is a plan, whatever its name."""
    if path.suffix == PLAN_SUFFIX:
        return True
    try:
        with open(open_regular(path), "rb") as file:
            text = read_up_to(file, MAX_PLAN_BYTES).lstrip().decode(errors="replace")
        document, _ = json.JSONDecoder().raw_decode(text)
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(document, dict) and document.get("type") == "plan"


def _read(path: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    try:
        with path.open("rb") as file:
            data = read_up_to(file, MAX_PLAN_BYTES)
    except OSError as error:
        reason = (error.strerror or "input/output error").lower()
        raise InputMissing(f"the plan {path} cannot be read: {reason}") from error
    try:
        documents = [json.loads(line) for line in data.splitlines() if line.strip()]
    except (ValueError, RecursionError) as error:
        raise UsageError(f"the plan is no JSON, line by line: {error}") from error
    are_objects = bool(documents) and all(isinstance(document, dict) for document in documents)
    if (
        not are_objects
        or documents[0].get("type") != "plan"
        or documents[0].get("schema") != SCHEMA
    ):
        raise UsageError("this file is no plan", hint="--dry-run --json writes one")
    return documents[0], documents[1:]


def _again(
    number: int, line: Mapping[str, Any], placement: Placement, recipe: Recipe, *, look: Look
) -> PlannedItem:
    source, target = _name(line, "input"), _name(line, "output")
    if source is None:
        raise UsageError(f"line {number + 1} of the plan names no input")
    there = placement if placement.in_place else replace(placement, output=target)
    return replace(make_plan(Selection((source,)), there, recipe, look=look)[0], index=number)


def _name(line: Mapping[str, Any], key: str) -> str | None:
    try:
        if f"{key}_b64" in line:
            return os.fsdecode(base64.b64decode(line[f"{key}_b64"], validate=True))
    except (binascii.Error, TypeError, ValueError) as error:
        raise UsageError(f"the plan's {key}_b64 is broken") from error
    name = line.get(key)
    return name if isinstance(name, str) and name else None


def _pictures(header: Mapping[str, Any]) -> dict[str, Path]:
    """Where further pictures lie, by the SHA-256 that the engine compares."""
    found = header.get("pictures", [])
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise UsageError("the plan's pictures are no list of objects")
    paths = {str(one.get("sha256")): _name(one, "path") for one in found}
    return {digest: Path(path) for digest, path in paths.items() if path is not None}
