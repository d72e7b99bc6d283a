"""Words: what a schema allows, as people read it (HTML)."""

from __future__ import annotations

import json
from html import escape
from typing import Any

from safelight.server.description.schemas import PLACE
from safelight.server.description.sheet import code, link

TYPES = {
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "string": "text",
    "null": "nothing",
    "object": "object",
}
BOUNDS = (
    ("minimum", "from {}"),
    ("exclusiveMinimum", "above {}"),
    ("maximum", "to {}"),
    ("exclusiveMaximum", "below {}"),
    ("minLength", "at least {} characters"),
    ("maxLength", "at most {} characters"),
    ("minItems", "at least {}"),
    ("maxItems", "at most {}"),
)


def kind_of(schema: dict[str, Any]) -> str:
    """One line of HTML."""
    if "$ref" in schema:
        name = str(schema["$ref"]).removeprefix(PLACE)
        return link(f"#schema-{name}", name)
    if "const" in schema or "enum" in schema:
        values = schema.get("enum", [schema.get("const")])
        return ", ".join(code(_shown(value)) for value in values)
    several = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf")
    if several:
        return " or ".join(dict.fromkeys(kind_of(one) for one in several))
    if schema.get("type") == "array":
        return _list_of(schema)
    if "type" not in schema:
        return escape(schema.get("description", "bytes"))
    parts = [TYPES.get(schema["type"], schema["type"]), *_bounds(schema)]
    if schema.get("properties"):
        parts.append(f"with {', '.join(code(name) for name in schema['properties'])}")
    if "pattern" in schema:
        parts.append(f"like {code(schema['pattern'])}")
    return ", ".join(parts)


def used(response: dict[str, Any]) -> list[str]:
    """The codes of the problems that an answer may be."""
    for content in response.get("content", {}).values():
        codes = content["schema"].get("properties", {}).get("code", {}).get("enum")
        if codes is not None:
            return list(codes)
    return []


def _list_of(schema: dict[str, Any]) -> str:
    inner = schema.get("items") or {}
    if "prefixItems" in schema:
        return f"list of {len(schema['prefixItems'])}: " + ", ".join(
            dict.fromkeys(kind_of(one) for one in schema["prefixItems"])
        )
    of = f" of {kind_of(inner)}" if inner else ""
    return ", ".join([f"list{of}", *_bounds(schema)])


def _bounds(schema: dict[str, Any]) -> list[str]:
    return [
        words.format(_shown(schema[key]))
        for key, words in BOUNDS
        if key in schema and not (key == "minLength" and schema[key] == 1)
    ]


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
