"""OpenAPI: the description of the interface, made from the endpoints. The same endpoints always
give the same bytes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from safelight import __version__
from safelight.server.description.bodies import models_of, request_body, responses
from safelight.server.description.ends import ends_of
from safelight.server.description.parameters import parameters, template
from safelight.server.description.problem import Problem
from safelight.server.description.schemas import Keyed, components
from safelight.server.endpoint import Endpoint

VERSION = "3.1.0"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
ABOUT = (
    "The same work as on the command line, over HTTP: bytes in, bytes out for one picture, jobs"
    " for many. Pictures are held in memory alone and are overwritten when they have been handed"
    " out, or after some minutes. The server fetches nothing: a link in place of a picture is"
    " refused."
)
OTHER = "other"
# In the order in which they are read; a tag that is none of these comes after them.
TAGS = {
    "pictures": "one picture in, one result out",
    "jobs": "many pictures with one recipe, and what happens to them",
    "uploads": "pictures that are sent before a job names them",
    "results": "what came of the work, until it is fetched",
    "receipts": "signed statements of what was done",
    "models": "models that are here",
    "audit": "what can leave the server, and how its work ended",
    "server": "what the server can do, how it is, and what it says of itself",
    "identity": "who may ask: tokens, sessions, paired devices",
}
SCHEMES = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "a token that safelight token create, or pairing, has shown once",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "safelight",
        "description": "the session that a one-time link opens (over TLS __Host-safelight); other "
        "methods than GET need the header Safelight-CSRF, too",
    },
}


def document(endpoints: Iterable[Endpoint]) -> dict[str, Any]:
    """The whole description, in a fixed order."""
    told = sorted(endpoints, key=lambda one: (template(one), one.method))
    models = [used for one in told for used in models_of(one)]
    references, schemas = components([(Problem, "serialization"), *models])
    shared: dict[str, Any] = {}
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in told:
        place = paths.setdefault(template(endpoint), {})
        place[endpoint.method.lower()] = _operation(endpoint, references, shared)
    return {
        "openapi": VERSION,
        "info": {
            "title": "Safelight",
            "version": __version__,
            "summary": "private image AI on a machine of your own",
            "description": ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "jsonSchemaDialect": DIALECT,
        "servers": [{"url": "/"}],
        "tags": _tags({one.tag or OTHER for one in told}),
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": dict(sorted(shared.items())),
            "securitySchemes": SCHEMES,
        },
    }


def written(endpoints: Iterable[Endpoint]) -> bytes:
    """The description as the file that it is handed out as."""
    return json.dumps(document(endpoints), indent=1, ensure_ascii=False).encode() + b"\n"


def operation_id(endpoint: Endpoint) -> str:
    """The name of an endpoint: that of the operation, or of method and path."""
    if endpoint.operation is not None:
        return endpoint.operation.name
    words = re.findall(r"\w+", re.sub(r":\w+\}", "}", endpoint.path))
    return "_".join([endpoint.method.lower(), *words])


def _tags(used: set[str]) -> list[dict[str, str]]:
    known = [{"name": tag, "description": words} for tag, words in TAGS.items() if tag in used]
    return known + [{"name": tag} for tag in sorted(used - TAGS.keys())]


def _operation(endpoint: Endpoint, references: Keyed, shared: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": operation_id(endpoint),
        "summary": endpoint.summary,
        "tags": [endpoint.tag or OTHER],
        "parameters": parameters(endpoint),
        "responses": responses(endpoint, ends_of(endpoint), references, shared),
    }
    body = request_body(endpoint, references)
    if body is not None:
        found["requestBody"] = body
    if endpoint.scope is None:
        found["security"] = []
    else:
        found["security"] = [{name: [endpoint.scope]} for name in SCHEMES]
    return found
