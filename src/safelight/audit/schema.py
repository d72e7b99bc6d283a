"""Schema: the published JSON Schema of each form of receipt, written from the models."""

from __future__ import annotations

from typing import Any

from safelight.audit.statement import KEYED, PLAIN, PREDICATES, STATEMENT, Form, Predicate

DRAFT = "https://json-schema.org/draft/2020-12/schema"
DIGEST = {"type": "string", "pattern": "^[0-9a-f]{64}$"}


def schema(form: Form) -> dict[str, Any]:
    """The schema of a receipt's payload, an in-toto statement, in this form."""
    made: dict[str, Any] = Predicate.model_json_schema(ref_template="#/$defs/{model}")
    kinds = made.pop("$defs")
    made["properties"]["schema_version"] = {"const": form}
    kinds["Predicate"] = made
    return {
        "$schema": DRAFT,
        "title": f"What a receipt of Safelight says, form {form}",
        "description": "The payload of the envelope (DSSE) in NAME.receipt.json. A field that has"
        " nothing to say is left out.",
        "type": "object",
        "properties": {
            "_type": {"const": STATEMENT},
            "predicateType": {"const": next(n for n, one in PREDICATES.items() if one == form)},
            "subject": {"type": "array", "minItems": 1, "items": _subject()},
            "predicate": {"$ref": "#/$defs/Predicate"},
        },
        "required": ["_type", "predicateType", "subject", "predicate"],
        "additionalProperties": False,
        "$defs": _reached({name: _object(kind, form) for name, kind in sorted(kinds.items())}),
    }


def _subject() -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            "name": {"enum": ["input", "output"]},
            "digest": {
                "type": "object",
                "properties": {PLAIN: DIGEST, KEYED: DIGEST},
                "minProperties": 1,
                "maxProperties": 1,
                "additionalProperties": False,
            },
        },
        "required": ["digest", "name"],
        "additionalProperties": False,
    }


def _object(kind: dict[str, Any], form: Form) -> dict[str, Any]:
    """One kind of object: without what this form has not, each field as it is where it stands."""
    if "properties" not in kind:
        return kind
    fields = {
        name: field
        for name, field in kind["properties"].items()
        if form > 1 or field.get("since") != 2
    }
    needed = {
        name
        for name, field in fields.items()
        if not _may_be_nothing(field) or (form == 1 and field.get("needed_in") == 1)
    }
    text = " ".join(kind.get("description", "").split())
    return {
        **({"description": text} if text else {}),
        "type": "object",
        "properties": {name: _said(field) for name, field in sorted(fields.items())},
        "required": sorted(needed),
        "additionalProperties": False,
    }


def _may_be_nothing(field: dict[str, Any]) -> bool:
    return {"type": "null"} in field.get("anyOf", ())


def _said(field: Any) -> Any:
    """The same without titles, defaults and marks; nothing is never written down as null."""
    if isinstance(field, list):
        return [_said(one) for one in field]
    if not isinstance(field, dict):
        return field
    kept = {
        name: value
        for name, value in field.items()
        if name not in ("title", "default", "since", "needed_in")
    }
    if _may_be_nothing(kept):
        (one,) = (one for one in kept.pop("anyOf") if one != {"type": "null"})
        kept |= one
    return {name: _said(value) for name, value in kept.items()}


def _reached(kinds: dict[str, Any]) -> dict[str, Any]:
    """The kinds that a predicate of this form comes to."""
    found, waiting = {}, ["Predicate"]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = kinds[name]
            waiting += _named(kinds[name])
    return dict(sorted(found.items()))


def _named(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"].rpartition("/")[2]] if isinstance(value.get("$ref"), str) else []
        return own + [name for inner in value.values() for name in _named(inner)]
    return [name for inner in value for name in _named(inner)] if isinstance(value, list) else []
