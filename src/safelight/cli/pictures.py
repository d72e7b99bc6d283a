"""The verbs on pictures: one for each operation, its options made from the operation's fields."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import click

from safelight.batch.parameters import values
from safelight.batch.steps import DRAW, looks_before, may_look_first, with_conversion, with_scrub
from safelight.cli.face import Face
from safelight.cli.fields import FormatChoice, build, field_options, flags
from safelight.cli.options import (
    batching,
    caging,
    placing,
    receipting,
    selecting,
    setting,
    speaking,
)
from safelight.cli.running import Wishes, report_of, run_recipe
from safelight.cli.sights import drawing, looking
from safelight.codecs.further import Shelf
from safelight.engine.sealing import opening_of
from safelight.errors import UsageError
from safelight.formats import WRITABLE
from safelight.operation import Operation
from safelight.recipe import Recipe, operation_named
from safelight.settings import Settings

SHARED = ("profile", "keep")


def picture_verb(name: str, cls: type[click.Command] = click.Command) -> click.Command:
    """The command of one operation."""
    operation = operation_named(name)

    def command(**typed: Any) -> int:
        return _run(click.get_current_context().ensure_object(Face), operation, typed)

    for decorate in reversed(_options(operation)):
        command = decorate(command)
    return click.command(name, cls, help=_help(operation), add_help_option=False)(command)


def _options(operation: type[Operation]) -> list[Any]:
    fields = operation.model_fields
    own = [
        option
        for name, option in zip(fields, field_options(operation), strict=True)
        if name not in SHARED
    ]
    if operation.gives_vector:
        return [selecting, *own, batching, caging, speaking]
    if operation.gives_sights:
        own.append(drawing)
    elif may_look_first(operation):
        own.append(looking)
    elif not operation.gives_image:
        from safelight.cli.findings import failing

        return [selecting, *own, failing, setting("hide_values"), batching, caging, speaking]
    wishes = []
    if not {"to", "format"} & set(fields):
        wishes = [
            click.option(
                "--format",
                "to_format",
                type=FormatChoice(WRITABLE),
                help="Format of the result; that of the input if not given.",
            ),
            click.option("--quality", "to_quality", metavar="N", help="1 smallest, 100 best."),
        ]
    return [
        selecting,
        *own,
        *wishes,
        *(setting(key) for key in SHARED if not operation.in_two_cages),
        placing,
        receipting,
        batching,
        caging,
        speaking,
    ]


def _run(face: Face, operation: type[Operation], typed: dict[str, Any]) -> int:
    fail_on = typed.pop("fail_on", None)
    format, quality = typed.pop("to_format", None), typed.pop("to_quality", None)
    is_drawn = typed.pop("draw", False)
    before = looks_before(operation, typed, build)
    parameters = values(operation, typed) | _from_settings(operation, face.settings)
    files: dict[str, Path] = {}
    limits = face.settings.limits()
    shelf = Shelf(Path(), limits.input_bytes, opening_of(face.settings))
    own = build(operation, shelf.with_digests(operation, parameters, files))
    after = (build(operation_named(DRAW), {}),) if is_drawn else ()
    name = after[0].suffix() if after else own.suffix()
    plain = Recipe((*before, own, *after), name, files)
    report = report_of(face, plain, fail_on, verbs=(operation.name,))
    if (format or quality) and not plain.gives_image:
        raise UsageError("nothing is written without --draw: there is no format to choose")
    recipe = with_conversion(plain, format, quality, build)
    recipe = with_scrub(recipe, face.settings)
    return run_recipe(face, recipe, Wishes(**typed), report, may_convert=True)


def _from_settings(operation: type[Operation], settings: Settings) -> dict[str, Any]:
    """A parameter that is a setting too takes its value from there, with its locks."""
    return {key: getattr(settings, key) for key in SHARED if key in operation.model_fields}


def _help(operation: type[Operation]) -> str:
    """The operation's own words, with examples after its first paragraph."""
    first, _, rest = inspect.cleandoc(operation.__doc__ or "").partition("\n\n")
    name, wish = operation.name, _example(operation)
    lines = [f"safelight {name} photo.jpg{wish}"]
    if operation.gives_sights:
        lines.append(f"safelight {name} photo.jpg{wish} --draw -o seen.jpg")
        lines.append(f"safelight {name} pictures/ -r --json{wish}")
    elif operation.gives_image:
        lines.append(f"safelight {name} pictures/ -r -o out/{wish}")
        lines.append(f"safelight {name} -{wish} -o - < photo.jpg > result.jpg")
    else:
        lines.append(f"safelight {name} pictures/ -r --json")
        if not operation.gives_vector:
            lines.append(f"safelight {name} photo.jpg --fail-on place,serial")
    examples = "\n".join(f"  {line}" for line in lines)
    return f"{first}\n\n\b\nExamples:\n{examples}\n\n{rest}"


def _example(operation: type[Operation]) -> str:
    """The first field that has an example, as one would type it."""
    for name, field in operation.model_fields.items():
        if field.examples:
            return f" {flags(name, field)[0]} {field.examples[0]}".rstrip()
    return ""
