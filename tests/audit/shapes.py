"""The fields of receipts as the stand-alone verifiers know them, written from the models.

`name:kind`, of kind text where none is named. After the name: ? may be left out, + may be left out
and is of the second form alone, ! may be left out in the second form alone. A kind in brackets is a
list of it, one in braces an object of such values.
"""

from __future__ import annotations

import textwrap
import types
import typing
from typing import Any, Union

from pydantic.fields import FieldInfo

from safelight.audit.blocks import CODE
from safelight.audit.fact import Count, Digest, Fact, Pseudonym, Time
from safelight.audit.statement import Predicate

PATTERNS = {r"^[0-9a-f]{32}$": "id", r"^([0-9a-f]{64})?$": "perhaps", CODE: "code"}
KINDS: dict[Any, str] = {Digest: "digest", Count: "count", Time: "time", Pseudonym: "pseudonym"}


def shapes() -> dict[str, str]:
    """Every kind of object in a receipt with its fields, by name."""
    found: dict[str, str] = {}
    _add(Predicate, found)
    return dict(sorted(found.items()))


def as_text() -> str:
    """The table as it stands in the verifiers: a kind begins at the margin."""
    blocks = [
        textwrap.wrap(f"{name}: {fields}", 98, subsequent_indent="  ", break_long_words=False)
        for name, fields in shapes().items()
    ]
    return "".join(f"{line}\n" for block in blocks for line in block)


def _add(model: type[Fact], found: dict[str, str]) -> str:
    name = model.__name__.removesuffix("Fact").lower()
    if name not in found:
        found[name] = ""
        fields = sorted(model.model_fields.items())
        hints = typing.get_type_hints(model, include_extras=True)
        found[name] = " ".join(
            f"{key}{_mark(field)}:{_kind(hints[key], found)}".removesuffix(":text")
            for key, field in fields
        )
    return name


def _mark(field: FieldInfo) -> str:
    extra = field.json_schema_extra
    marks = extra if isinstance(extra, dict) else {}
    if marks.get("since") == 2:
        return "+"
    if marks.get("needed_in") == 1:
        return "!"
    return "?" if field.default is None else ""


def _kind(hint: Any, found: dict[str, str]) -> str:
    if hint in KINDS:
        return KINDS[hint]
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (Union, types.UnionType):
        return _kind(next(one for one in inner if one is not type(None)), found)
    if origin is typing.Literal:
        return "count" if isinstance(inner[0], int) else "text"
    if origin is tuple:
        return f"[{_kind(inner[0], found)}]"
    if origin is dict:
        return "any" if _is_json(inner[1]) else f"{{{_kind(inner[1], found)}}}"
    if origin is typing.Annotated:
        return _annotated(inner, found)
    if isinstance(hint, type) and issubclass(hint, Fact):
        return _add(hint, found)
    return {int: "count", float: "number", bool: "yes"}.get(hint, "text")


def _is_json(hint: Any) -> bool:
    return "JsonValue" in str(hint)


def _annotated(inner: tuple[Any, ...], found: dict[str, str]) -> str:
    for field in inner[1:]:
        for rule in getattr(field, "metadata", ()):
            if getattr(rule, "pattern", None) in PATTERNS:
                return PATTERNS[rule.pattern]
            if getattr(rule, "le", None) == 3:
                return "level"
    return _kind(inner[0], found)


if __name__ == "__main__":
    import sys

    sys.stdout.write(as_text())
