"""Options from an operation's fields: type, range and sentence are declared there alone."""

from __future__ import annotations

import types
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import click
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from safelight.errors import ParameterInvalid
from safelight.formats import EXTENSIONS, WRITABLE
from safelight.operation import Operation, wanted


def field_options(operation: type[Operation]) -> list[Any]:
    """One option decorator for each field, in the order of the fields."""
    return [_option(name, field) for name, field in operation.model_fields.items()]


def values(operation: type[Operation], typed: dict[str, Any]) -> dict[str, Any]:
    """The parameters that were typed; what was not typed is left to the operation's defaults."""
    found = {}
    for name in operation.model_fields:
        value = typed.pop(name, None)
        if value is not None and value != ():
            found[name] = _value(operation.model_fields[name], value)
    return found


def _value(field: FieldInfo, typed: Any) -> Any:
    """What was typed as the field takes it: a list is split, a choice is one of its own words."""
    if _is_repeated(field):
        return list(typed)
    if _is_list(field):
        return [part.strip() for part in typed.split(",") if part.strip()]
    kind = _plain(field.annotation)
    words = get_args(kind) if get_origin(kind) is Literal else ()
    return next((word for word in words if str(word) == typed), typed)


def build(operation: type[Operation], parameters: dict[str, Any]) -> Operation:
    """The operation with these parameters. Raises ParameterInvalid that names the flag."""
    from pydantic import ValidationError

    try:
        return operation.model_validate(parameters)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        raise ParameterInvalid(
            _reason(operation, first), hint=f"safelight {operation.name} --help"
        ) from error


def _reason(operation: type[Operation], first: Any) -> str:
    """What pydantic found, in words: a pattern is told by the field's own sentence."""
    field = str(first["loc"][0]) if first["loc"] else ""
    words = str(first["msg"]).removeprefix("Value error, ").removeprefix("Input ")
    if first["type"] == "string_pattern_mismatch" and field in operation.model_fields:
        words = wanted(operation.model_fields[field])
    words = words[:1].lower() + words[1:]
    return f"--{_flag(field)}: {words}" if field else words


def described(field: FieldInfo) -> tuple[str, str, str]:
    """Type or choices, range or blank, and default, in words for a table or a help line."""
    kind = _plain(field.annotation)
    low, high = _bounds(field)
    between = f"{low} to {high}" if low is not None and high is not None else ""
    between = between or (f"from {low}" if low is not None else "")
    between = between or (f"up to {high}" if high is not None else "")
    return _type_words(kind), between, _default_words(field)


def _option(name: str, field: FieldInfo) -> Any:
    kind = _plain(field.annotation)
    shown = [_sentence(field), *_notes(field)]
    *short, flag = flags(name, field)
    names = [*short, f"{flag}/--no-{_flag(name)}" if _is_on(field) else flag, name]
    if kind is bool:
        return click.option(*names, default=None, is_flag=True, help=" ".join(shown))
    words = get_args(kind) if get_origin(kind) is Literal else ()
    if words:
        return click.option(*names, type=_choice(words), help=" ".join(shown))
    metavar = {int: "N", float: "N"}.get(kind, "A,B" if _is_list(field) else "TEXT")
    return click.option(
        *names,
        metavar=extra(field, "metavar") or metavar,
        multiple=_is_repeated(field),
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
    return _plain(field.annotation) is bool and field.default is True


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


def _plain(annotation: Any) -> Any:
    """The annotation without its `| None`."""
    if get_origin(annotation) in (Union, types.UnionType):
        parts = [part for part in get_args(annotation) if part is not type(None)]
        return parts[0] if len(parts) == 1 else str
    return annotation


def _is_list(field: FieldInfo) -> bool:
    return get_origin(_plain(field.annotation)) in (tuple, list)


def _is_repeated(field: FieldInfo) -> bool:
    """A list of lists: the flag is given once for each."""
    if not _is_list(field):
        return False
    inner = get_args(_plain(field.annotation))[0]
    inner = get_args(inner)[0] if get_origin(inner) is Annotated else inner
    return get_origin(inner) in (tuple, list)


def _type_words(kind: Any) -> str:
    if get_origin(kind) is Literal:
        return ", ".join(str(word) for word in get_args(kind))
    if get_origin(kind) in (tuple, list):
        return "list, with commas"
    return {int: "whole number", float: "number", bool: "switch", str: "text"}.get(kind, "text")
