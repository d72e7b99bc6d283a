"""Options from an operation's fields: type, range and sentence are declared there alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, get_args, get_origin

import click
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from safelight.batch import parameters
from safelight.batch.parameters import is_list, is_repeated, plain
from safelight.formats import EXTENSIONS, WRITABLE
from safelight.operation import Operation


def field_options(operation: type[Operation]) -> list[Any]:
    """One option decorator for each field, in the order of the fields."""
    return [_option(name, field) for name, field in operation.model_fields.items()]


def build(operation: type[Operation], given: Mapping[str, Any]) -> Operation:
    """The operation with these parameters. Raises ParameterInvalid that names the flag."""
    naming, hint = (lambda name: f"--{_flag(name)}"), f"safelight {operation.name} --help"
    return parameters.build(operation, given, naming, hint)


def described(field: FieldInfo) -> tuple[str, str, str]:
    """Type or choices, range or blank, and default, in words for a table or a help line."""
    kind = plain(field.annotation)
    low, high = _bounds(field)
    between = f"{low} to {high}" if low is not None and high is not None else ""
    between = between or (f"from {low}" if low is not None else "")
    between = between or (f"up to {high}" if high is not None else "")
    return _type_words(kind), between, _default_words(field)


def _option(name: str, field: FieldInfo) -> Any:
    kind = plain(field.annotation)
    shown = [_sentence(field), *_notes(field)]
    *short, flag = flags(name, field)
    names = [*short, f"{flag}/--no-{_flag(name)}" if _is_on(field) else flag, name]
    if kind is bool:
        return click.option(*names, default=None, is_flag=True, help=" ".join(shown))
    words = get_args(kind) if get_origin(kind) is Literal else ()
    if words:
        return click.option(*names, type=_choice(words), help=" ".join(shown))
    metavar = {int: "N", float: "N"}.get(kind, "A,B" if is_list(field) else "TEXT")
    return click.option(
        *names,
        metavar=extra(field, "metavar") or metavar,
        multiple=is_repeated(field),
        help=" ".join(shown),
    )


class FormatChoice(click.Choice[str]):
    """A format by its name or by the usual ending of its files: jpg is jpeg."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        names = {ending: name for name, ending in EXTENSIONS.items()}
        return super().convert(names.get(str(value).lower(), value), param, ctx)


def _choice(words: tuple[Any, ...]) -> click.Choice[str]:
    names = [str(word) for word in words]
    return FormatChoice(names) if set(names) == set(WRITABLE) else click.Choice(names)


def flags(name: str, field: FieldInfo) -> list[str]:
    """How the field is typed: its short flag, if the operation gives one, and its long one."""
    short = extra(field, "short")
    return [short, f"--{_flag(name)}"] if short else [f"--{_flag(name)}"]


def extra(field: FieldInfo, key: str) -> str:
    extra = field.json_schema_extra
    return str(extra[key]) if isinstance(extra, dict) and key in extra else ""


def _flag(name: str) -> str:
    return name.replace("_", "-")


def _is_on(field: FieldInfo) -> bool:
    return plain(field.annotation) is bool and field.default is True


def _sentence(field: FieldInfo) -> str:
    text = (field.description or "").strip().rstrip(".")
    return f"{text[:1].upper()}{text[1:]}."


def _notes(field: FieldInfo) -> list[str]:
    _, between, default = described(field)
    parts = [between, f"default {default}" if default not in ("", "none", "off") else ""]
    words = ", ".join(part for part in parts if part)
    return [f"[{words}]"] if words else []


def _default_words(field: FieldInfo) -> str:
    default = field.default
    if default is PydanticUndefined:
        return "" if field.default_factory else "needed"
    if isinstance(default, bool):
        return "on" if default else "off"
    if default is None or default in ("", (), []):
        return "none"
    return ", ".join(map(str, default)) if isinstance(default, tuple | list) else str(default)


def _bounds(field: FieldInfo) -> tuple[Any, Any]:
    low = high = None
    for mark in field.metadata:
        low = next((getattr(mark, key) for key in ("ge", "gt") if hasattr(mark, key)), low)
        high = next((getattr(mark, key) for key in ("le", "lt") if hasattr(mark, key)), high)
    return low, high


def _type_words(kind: Any) -> str:
    if get_origin(kind) is Literal:
        return ", ".join(str(word) for word in get_args(kind))
    if get_origin(kind) in (tuple, list):
        return "list, with commas"
    return {int: "whole number", float: "number", bool: "switch", str: "text"}.get(kind, "text")
