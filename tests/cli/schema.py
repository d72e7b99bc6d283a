"""A small checker for the published schemas: it knows the keywords that they use, and no other."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "reference" / "schema"
PROBLEM = "urn:safelight:problem:"
TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}


def schemas() -> dict[str, dict[str, Any]]:
    """Every published schema by the type that it describes."""
    return {path.stem: json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))}


def violations(document: Any) -> list[str]:
    """What is wrong with a line of JSON, by the schema of its type."""
    name = str(document.get("type", "")) if isinstance(document, dict) else ""
    name = "problem" if name.startswith(PROBLEM) else name
    schema = schemas().get(name)
    return list(broken(document, schema, name)) if schema else [f"no schema for {name!r}"]


def broken(value: Any, schema: dict[str, Any], where: str) -> Iterator[str]:
    """Each rule of the schema that the value breaks."""
    for keyword, rule in schema.items():
        if keyword in ("$schema", "title", "properties"):
            continue
        if keyword not in RULES:
            yield f"{where}: the keyword {keyword} is not known to this checker"
        elif keyword == "additionalProperties":
            yield from _others(value, schema, where)
        elif not RULES[keyword](value, rule):
            yield f"{where}: {value!r} breaks {keyword} {rule!r}"
    for key, rule in schema.get("properties", {}).items():
        if isinstance(value, dict) and key in value:
            yield from broken(value[key], rule, f"{where}.{key}")
    for number, part in enumerate(value if isinstance(value, list) else ()):
        yield from broken(part, schema.get("items", {}), f"{where}[{number}]")


def _others(value: Any, schema: dict[str, Any], where: str) -> Iterator[str]:
    rule = schema["additionalProperties"]
    for key in set(value) - set(schema.get("properties", {})) if isinstance(value, dict) else ():
        if rule is False:
            yield f"{where}: {key} is not published"
        else:
            yield from broken(value[key], rule, f"{where}.{key}")


def _is_type(value: Any, rule: str | list[str]) -> bool:
    names = [rule] if isinstance(rule, str) else rule
    kinds = tuple(kind for name in names for kind in TYPES[name])
    return isinstance(value, kinds) and not (isinstance(value, bool) and bool not in kinds)


RULES: dict[str, Callable[[Any, Any], bool]] = {
    "type": _is_type,
    "const": lambda value, rule: value == rule,
    "enum": lambda value, rule: value in rule,
    "pattern": lambda value, rule: not isinstance(value, str) or re.search(rule, value) is not None,
    "minimum": lambda value, rule: value >= rule,
    "maximum": lambda value, rule: value <= rule,
    "required": lambda value, rule: not isinstance(value, dict) or set(rule) <= set(value),
    "items": lambda _value, _rule: True,
    "additionalProperties": lambda _value, _rule: True,
}
