"""Schemas: pydantic models as the components of the description."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

Schema = dict[str, Any]
Mode = Literal["validation", "serialization"]
Keyed = Mapping[tuple[type[BaseModel], Mode], Schema]
PLACE = "#/components/schemas/"
# What fields say for other faces than this one.
PRIVATE = frozenset({"short", "metavar", "receipt", "later", "called"})


def components(models: Iterable[tuple[type[BaseModel], Mode]]) -> tuple[Keyed, dict[str, Schema]]:
    """A reference for each model, and what they refer to, by name."""
    asked = sorted(dict.fromkeys(models), key=lambda one: (one[0].__name__, one[1]))
    found, whole = models_json_schema(asked, ref_template=PLACE + "{model}")
    references = {one: found[one] for one in asked}
    named: dict[str, Schema] = whole.get("$defs", {})
    return references, {name: plain(named[name]) for name in sorted(named)}


def inline(model: type[BaseModel]) -> Schema:
    """The schema of what is asked for, complete by itself apart from its own $defs."""
    schema: Schema = plain(model.model_json_schema(mode="validation"))
    return schema


def plain(schema: Any, *, is_map: bool = False) -> Any:
    """Without the titles that only repeat names, and without what is for other faces. is_map: the
    keys are names of fields, not words of JSON Schema.
    """
    if isinstance(schema, list):
        return [plain(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if is_map:
        return {key: plain(value) for key, value in schema.items()}
    return {
        key: _sentences(value)
        if key == "description"
        else plain(value, is_map=key in ("properties", "$defs"))
        for key, value in schema.items()
        if key not in PRIVATE and not (key == "title" and isinstance(value, str))
    }


def without_null(schema: Schema) -> Schema:
    """As a parameter of a query: what is left out there is null."""
    kinds = [kind for kind in schema.get("anyOf", ()) if kind.get("type") != "null"]
    rest = {key: value for key, value in schema.items() if key != "anyOf"}
    if rest.get("default", 0) is None:
        del rest["default"]
    if not kinds:
        return rest
    return {**kinds[0], **rest} if len(kinds) == 1 else {"anyOf": kinds, **rest}


def _sentences(text: Any) -> Any:
    return " ".join(text.split()) if isinstance(text, str) else text
