"""recipe: check, show, list and start recipes."""

from __future__ import annotations

import json
from pathlib import Path

import click

from safelight.cli.face import SCHEMA, Face
from safelight.cli.options import speaking
from safelight.cli.printable import printable
from safelight.errors import InputMissing, SafelightError


@click.group(name="recipe", add_help_option=False)
@click.help_option("--help", help="Show this page.")
def recipe() -> None:
    """Validate, show, list and start recipes."""


@recipe.command(name="validate", add_help_option=False)
@click.argument("files", nargs=-1, required=True, metavar="RECIPE...")
@speaking
@click.pass_obj
def validate(face: Face, files: tuple[str, ...]) -> int:
    """Check recipes without running them.

    \b
    Examples:
      safelight recipe validate web.toml
    """
    from safelight.cli.steps import loaded

    for name in files:
        found = loaded(Path(name), face.settings)
        if face.is_json:
            face.document({"type": "recipe", "schema": SCHEMA, "input": name, "valid": True,
                           "digest": found.digest, "verbs": list(found.verbs)})  # fmt: skip
        else:
            face.out(f"{printable(name)}: valid, {' → '.join(found.verbs)}, {found.digest[:16]}")
    return 0


@recipe.command(name="show", add_help_option=False)
@click.argument("file", metavar="RECIPE")
@speaking
@click.pass_obj
def show(face: Face, file: str) -> int:
    """Show a recipe with every parameter resolved, its digest and its models.

    \b
    Examples:
      safelight recipe show web.toml
    """
    from safelight.cli.steps import loaded

    found = loaded(Path(file), face.settings)
    steps = [{"op": step.name, **step.model_dump(mode="json")} for step in found.steps]
    models = [f"{need.task} x{need.scale}: {need.name}" for need in found.needs]
    if face.is_json:
        face.document(
            {
                "type": "recipe",
                "schema": SCHEMA,
                "name": found.name,
                "digest": found.digest,
                "steps": steps,
                "models": models,
            }
        )
        return 0
    face.out(f"name:   {printable(found.name)}")
    face.out(f"digest: {found.digest}")
    face.out(f"models: {', '.join(models) or 'none'}")
    for number, step in enumerate(steps, 1):
        parameters = [f"{key} = {toml_value(value)}" for key, value in step.items() if key != "op"]
        face.out(f"{number}. {step['op']}" + "".join(f"\n     {line}" for line in parameters))
    return 0


@recipe.command(name="list", add_help_option=False)
@click.argument("folder", required=False, metavar="[FOLDER]")
@speaking
@click.pass_obj
def listing(face: Face, folder: str | None) -> int:
    """List the operations that a recipe is made of, or the recipes in a folder.

    \b
    Examples:
      safelight recipe list
      safelight recipe list recipes/
    """
    if folder is not None:
        return _list_folder(face, Path(folder))
    from safelight.cli.fields import described
    from safelight.recipe import operations

    for name, operation in operations().items():
        sentence = (operation.__doc__ or "").strip().splitlines()[0]
        if face.is_json:
            face.document({"type": "operation", "schema": SCHEMA, "name": name, "does": sentence,
                           "version": operation.version,
                           "parameters": list(operation.model_fields)})  # fmt: skip
            continue
        face.out(f"{face.paint(name, 'bold')}: {sentence}")
        for field_name, field in operation.model_fields.items():
            kind, between, default = described(field)
            notes = ", ".join(part for part in (kind, between, f"default {default}") if part)
            face.out(f"    {field_name:<12} {field.description or ''} ({notes})")
    return 0


@recipe.command(name="new", add_help_option=False)
@click.argument("verbs", nargs=-1, required=True, metavar="OPERATION...")
@speaking
@click.pass_obj
def new(face: Face, verbs: tuple[str, ...]) -> int:
    """Print a recipe to start from, with every parameter and its default.

    \b
    Examples:
      safelight recipe new scrub upscale resize > web.toml
    """
    from safelight.recipe import operation_named

    blocks = []
    for name in verbs:
        operation = operation_named(name)
        lines = ["[[steps]]", f'op = "{name}"']
        for field_name, field in operation.model_fields.items():
            default = None if field.is_required() else field.get_default(call_default_factory=True)
            shown = "" if default is None else toml_value(_plain(default))
            lines.append(f"# {field_name} = {shown}".ljust(28) + f"  # {field.description or ''}")
        blocks.append("\n".join(lines))
    text = "\n\n".join(blocks)
    if face.is_json:
        face.document({"type": "template", "schema": SCHEMA, "toml": f"{text}\n"})
    else:
        face.out(text)
    return 0


def toml_value(value: object) -> str:
    """A value as TOML writes it: for texts, numbers, lists and switches as JSON does."""
    return "none" if value is None else json.dumps(value, ensure_ascii=True)


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def _list_folder(face: Face, folder: Path) -> int:
    from safelight.cli.steps import loaded

    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix in (".toml", ".json"))
    except OSError as error:
        raise InputMissing(
            f"the folder cannot be read: {(error.strerror or '').lower()}"
        ) from error
    for path in paths:
        try:
            found = loaded(path, face.settings)
        except SafelightError:
            continue
        if face.is_json:
            face.document({"type": "recipe", "schema": SCHEMA, "input": str(path), "valid": True,
                           "digest": found.digest, "verbs": list(found.verbs)})  # fmt: skip
        else:
            face.out(f"{printable(str(path))}: {' → '.join(found.verbs)}")
    return 0
