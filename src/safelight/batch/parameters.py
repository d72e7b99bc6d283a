"""Parameters: an operation from what was asked for in words, on a command line or in a query."""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from safelight.errors import ParameterInvalid
from safelight.operation import Operation, wanted

# How a face calls a parameter.
Naming = Callable[[str], str]


def values(operation: type[Operation], asked: dict[str, Any]) -> dict[str, Any]:
    """The parameters that were asked for, taken out of asked; what was not is left to the
    operation's defaults. A text with commas for a list is split, one for a choice is its own word.
    """
    found = {}
    for name in operation.model_fields:
        value = asked.pop(name, None)
        if value is not None and value != ():
            found[name] = _value(operation.model_fields[name], value)
    return found


def build(
    operation: type[Operation], parameters: Mapping[str, Any], naming: Naming = str, hint: str = ""
) -> Operation:
    """The operation with these parameters. Raises ParameterInvalid that names each wrong one."""
    from pydantic import ValidationError

    try:
        return operation.model_validate(parameters)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        wrong = [
            (str(one["loc"][0]) if one["loc"] else "", _words(operation, one)) for one in found
        ]
        field, words = wrong[0]
        raise ParameterInvalid(
            f"{naming(field)}: {words}" if field else words, hint=hint, fields=tuple(wrong)
        ) from error


def plain(annotation: Any) -> Any:
    """The annotation without its `| None`."""
    if get_origin(annotation) in (Union, types.UnionType):
        parts = [part for part in get_args(annotation) if part is not type(None)]
        return parts[0] if len(parts) == 1 else str
    return annotation


def is_list(field: FieldInfo) -> bool:
    return get_origin(plain(field.annotation)) in (tuple, list)


def is_repeated(field: FieldInfo) -> bool:
    """A list of lists: it is asked for once for each."""
    if not is_list(field):
        return False
    inner = get_args(plain(field.annotation))[0]
    inner = get_args(inner)[0] if get_origin(inner) is Annotated else inner
    return get_origin(inner) in (tuple, list)


def _value(field: FieldInfo, asked: Any) -> Any:
    if is_repeated(field):
        return list(asked) if isinstance(asked, tuple) else asked
    if not isinstance(asked, str):
        return asked
    if is_list(field):
        return [part.strip() for part in asked.split(",") if part.strip()]
    kind = plain(field.annotation)
    words = get_args(kind) if get_origin(kind) is Literal else ()
    return next((word for word in words if str(word) == asked), asked)


def _words(operation: type[Operation], found: Any) -> str:
    """What pydantic found, in words: a pattern is told by the field's own sentence."""
    field = str(found["loc"][0]) if found["loc"] else ""
    words = str(found["msg"]).removeprefix("Value error, ").removeprefix("Input ")
    if found["type"] == "string_pattern_mismatch" and field in operation.model_fields:
        words = wanted(operation.model_fields[field])
    return words[:1].lower() + words[1:]
