"""Bodies: what a request carries and what an answer does."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from pydantic import BaseModel

from safelight.errors import SafelightError
from safelight.server.description.problem import MEDIA_TYPE, Problem
from safelight.server.description.schemas import Keyed, Mode, Schema
from safelight.server.description.worked import WorkedAnswer
from safelight.server.endpoint import Endpoint

BYTES: Schema = {"description": "the bytes of a picture, in any format that is read"}
RESULT: Schema = {"description": "the bytes of the result"}
PICTURES = "image/*"
# What a result may be: documents and films are scrubbed, too.
RESULTS = (PICTURES, "video/*", "application/pdf", "application/dicom")
RECEIPT_HEADERS = {
    "Safelight-Receipt": "the identifier of the receipt",
    "Repr-Digest": "sha-256=:BASE64: of the result (RFC 9530)",
    "Server-Timing": "milliseconds that parts of the work took",
}
LATER_HEADERS = {
    "Location": "where the job is",
    "Retry-After": "seconds after which to look again",
}
CARRIED = (
    "A header Content-Digest: sha-256=:BASE64: (RFC 9530) is compared with what came; a coding is"
    " not taken."
)
WORDS = {
    "nothing": "done",
    "picture": "the result: as bytes, as what is known of it, or both, as Accept asks",
    "events": "events as they happen, as a stream",
    "text": "text",
    "json": "a JSON value",
    "page": "a page to read",
    "file": "the file, of the kind that Content-Type says",
    "report": "the report: signed as JSON or HTML, or as Markdown to go on writing in",
}


def request_body(endpoint: Endpoint, references: Keyed) -> dict[str, Any] | None:
    """What a request carries; None for nothing."""
    match endpoint.body:
        case "nothing":
            return None
        case "picture":
            content: dict[str, Any] = {
                PICTURES: {"schema": BYTES},
                "application/octet-stream": {"schema": BYTES},
                "multipart/form-data": _multipart(endpoint, references),
            }
        case "bytes":
            content = {"application/octet-stream": {"schema": {}}}
        case model:
            content = {"application/json": {"schema": references[model, "validation"]}}
            if endpoint.examples:
                examples = {name: {"value": value} for name, value in endpoint.examples.items()}
                content["application/json"]["examples"] = examples
    if endpoint.parts:
        content["multipart/form-data"] = {"schema": _form(endpoint)}
    return {"description": CARRIED, "required": True, "content": content}


def _form(endpoint: Endpoint) -> Schema:
    return {
        "type": "object",
        "properties": {name: {"description": told} for name, told in endpoint.parts.items()},
        "required": [next(iter(endpoint.parts))],
        "additionalProperties": False,
    }


def _multipart(endpoint: Endpoint, references: Keyed) -> dict[str, Any]:
    further = {"type": "array", "items": BYTES}
    further["description"] = "further pictures, which options name by their SHA-256"
    properties: dict[str, Any] = {"file": BYTES, "picture": further}
    encoding: dict[str, Any] = {"file": {"contentType": f"{PICTURES}, application/octet-stream"}}
    if endpoint.options is not None:
        properties["options"] = references[endpoint.options, "validation"]
        encoding["options"] = {"contentType": "application/json"}
    schema = {
        "type": "object",
        "properties": properties,
        "required": ["file"],
        "additionalProperties": False,
    }
    return {"schema": schema, "encoding": encoding}


def responses(
    endpoint: Endpoint,
    ends: Iterable[type[SafelightError]],
    references: Keyed,
    shared: dict[str, Any],
) -> dict[str, Any]:
    """By status, lowest first. Problems that many endpoints end with stand once in shared."""
    found: dict[str, Any] = {str(endpoint.status): _success(endpoint, references)}
    if endpoint.accepted is not None:
        later = _json(references[endpoint.accepted, "serialization"])
        told = "taken; the job has the answer later"
        found["202"] = {"description": told, "headers": _headers(LATER_HEADERS), "content": later}
    if endpoint.answer == "events" and "{" in endpoint.path:
        found["204"] = {"description": "everything was told: do not come again"}
    for status, errors in groupby(ends, key=lambda error: error.status):
        ends_here = list(errors)
        name = _name(status, [error.code for error in ends_here])
        shared[name] = _problems(ends_here, references)
        found[str(status)] = {"$ref": f"#/components/responses/{name}"}
    return dict(sorted(found.items()))


def _success(endpoint: Endpoint, references: Keyed) -> dict[str, Any]:
    match endpoint.answer:
        case "nothing":
            return {"description": WORDS["nothing"]}
        case "picture":
            return _worked(endpoint, references)
        case "events":
            return {"description": WORDS["events"], "content": _of("text/event-stream")}
        case "text":
            return {"description": WORDS["text"], "content": _of("text/plain")}
        case "json":
            return {"description": WORDS["json"], "content": _json({})}
        case "report":
            kinds = {"application/json": {"schema": {"type": "object"}}}
            content = {**kinds, **_of("text/html"), **_of("text/markdown")}
            return {"description": WORDS["report"], "content": content}
        case "file":
            return {"description": WORDS["file"], "content": {"*/*": {"schema": RESULT}}}
        case "page":
            return {"description": WORDS["page"], "content": _of("text/html")}
        case model:
            told = " ".join((model.__doc__ or "").split())
            later = {"headers": _headers(LATER_HEADERS)} if endpoint.status == 202 else {}
            return {
                "description": told,
                "content": _json(references[model, "serialization"]),
                **later,
            }


def _worked(endpoint: Endpoint, references: Keyed) -> dict[str, Any]:
    """Bytes only where there can be any."""
    facts = references[WorkedAnswer, "serialization"]
    operation = endpoint.operation
    if operation is not None and not (operation.gives_image or operation.gives_sights):
        return {"description": "what was found", "content": _json(facts)}
    kinds = {kind: {"schema": RESULT} for kind in RESULTS}
    mixed = {"multipart/mixed": {"schema": {"description": "the bytes, then the facts"}}}
    return {
        "description": WORDS["picture"],
        "headers": _headers(RECEIPT_HEADERS),
        "content": {**kinds, **_json(facts), **mixed},
    }


def _of(media_type: str) -> dict[str, Any]:
    return {media_type: {"schema": {"type": "string"}}}


def _json(schema: Schema) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _headers(told: dict[str, str]) -> dict[str, Any]:
    return {
        name: {"description": sentence, "schema": {"type": "string"}}
        for name, sentence in told.items()
    }


def _name(status: int, codes: list[str]) -> str:
    """The codes themselves where they are few, else a digest of them."""
    words = "-".join(codes)
    short = words if len(codes) <= 2 else hashlib.sha256(words.encode()).hexdigest()[:8]
    return f"{status}-{short}"


def _problems(errors: list[type[SafelightError]], references: Keyed) -> dict[str, Any]:
    codes = [error.code for error in errors]
    schema = {
        "allOf": [references[Problem, "serialization"]],
        "properties": {"code": {"enum": codes}},
    }
    told = "; ".join(f"{error.code}: {error.sentence}" for error in errors)
    return {"description": told, "content": {MEDIA_TYPE: {"schema": schema}, **_of("text/html")}}


def models_of(endpoint: Endpoint) -> Iterator[tuple[type[BaseModel], Mode]]:
    """Every model that the endpoint's body and answers need, with how it is used."""
    if isinstance(endpoint.body, type):
        yield endpoint.body, "validation"
    if endpoint.body == "picture" and endpoint.options is not None:
        yield endpoint.options, "validation"
    if endpoint.answer == "picture":
        yield WorkedAnswer, "serialization"
    for model in (endpoint.answer, endpoint.accepted):
        if isinstance(model, type):
            yield model, "serialization"
