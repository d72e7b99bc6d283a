"""Parameters: what stands in path, query and headers of a request."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from safelight.server.description.schemas import Schema, inline, without_null
from safelight.server.endpoint import Endpoint

PATH_WORDS = {
    "id": "the identifier that an answer gave",
    "name": "the name",
    "code": "the code of a problem",
    "kind": "the kind of report",
    "recipe": "the name of a recipe that the server was started with",
}
WORKED_HEADERS = {
    "Prefer": "wait=N waits at most N seconds for the result (30 if nothing is said); "
    "respond-async waits for nothing: the answer is 202",
}
# What a header may say, where not any text will do.
PATTERNS = {"Prefer": "^(respond-async|wait=[0-9]{1,4})$"}
# How a list of numbers is written in a query.
COMMAS = r"^-?[0-9]+(,-?[0-9]+)*$"


def parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    """In the order path, query, headers."""
    return [*_path(endpoint), *_query(endpoint), *_headers(endpoint)]


def template(endpoint: Endpoint) -> str:
    """The path as OpenAPI writes it, without Starlette's convertors."""
    return re.sub(r"\{(\w+)(:\w+)?\}", r"{\1}", endpoint.full_path)


def _path(endpoint: Endpoint) -> Iterator[dict[str, Any]]:
    for name in re.findall(r"\{(\w+)(?::\w+)?\}", endpoint.full_path):
        yield {
            "name": name,
            "in": "path",
            "required": True,
            "description": PATH_WORDS.get(name, name),
            "schema": {"type": "string", "minLength": 1},
        }


def _query(endpoint: Endpoint) -> Iterator[dict[str, Any]]:
    if endpoint.options is None:
        return
    whole = inline(endpoint.options)
    needed = set(whole.get("required", ())) if endpoint.body != "picture" else set()
    for name, field in whole.get("properties", {}).items():
        schema = without_null(field)
        described = {"name": name, "in": "query", "required": name in needed}
        described["description"] = schema.pop("description", name)
        yield {**described, **_written(schema)}


def _written(schema: Schema) -> dict[str, Any]:
    """How the value is written: a list with commas, a list of lists by repeating the name."""
    if "$ref" in schema or schema.get("type") == "object":
        return {"content": {"application/json": {"schema": schema}}}
    if schema.get("type") != "array":
        return {"schema": schema}
    items = schema.get("items", {})
    if isinstance(items, dict) and items.get("type") == "array":
        inner = {**schema, "items": {"type": "string", "pattern": COMMAS}}
        return {"style": "form", "explode": True, "schema": inner}
    return {"style": "form", "explode": False, "schema": schema}


def _headers(endpoint: Endpoint) -> Iterator[dict[str, Any]]:
    worked = WORKED_HEADERS if endpoint.body == "picture" else {}
    for name, sentence in {**worked, **endpoint.headers}.items():
        yield {
            "name": name,
            "in": "header",
            "required": False,
            "description": sentence,
            "schema": {"type": "string", **_pattern(name)},
        }


def _pattern(header: str) -> Schema:
    return {"pattern": PATTERNS[header]} if header in PATTERNS else {}
