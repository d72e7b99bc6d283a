"""The description: by the rules of OpenAPI 3.1, complete, the same every time, and on disk."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import BaseModel, Field
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR
from starlette.responses import Response

from safelight.errors import Busy, Gone, family
from safelight.recipe import operations
from safelight.server.description.openapi import document, operation_id, written
from safelight.server.endpoint import Call, Endpoint, discovered
from tests.conftest import ROOT

PAGE = ROOT / "docs" / "reference" / "openapi.json"


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    return document(discovered())


class Inner(BaseModel):
    """Something inside."""

    deep: int


class Options(BaseModel):
    """What may be asked."""

    size: int = Field(ge=1, le=9, description="how large")
    near: int | None = Field(None, description="how near")
    words: list[str] = []
    boxes: list[tuple[int, int]] = []
    inner: Inner | None = None


async def nothing(_call: Call) -> Response:
    return Response()


def one(**more: Any) -> dict[str, Any]:
    endpoint = Endpoint(more.pop("method", "GET"), more.pop("path", "/a"), nothing, "a", **more)
    found = document([endpoint])
    methods = found["paths"][endpoint.full_path.replace(":path", "")]
    return {**methods[endpoint.method.lower()], "whole": found}


def test_it_keeps_the_rules_of_openapi(told: dict[str, Any]) -> None:
    assert not [error.message for error in OPENAPI_31_VALIDATOR.iter_errors(told)]


def test_the_rules_are_looked_at(told: dict[str, Any]) -> None:
    broken = {**told, "info": {"title": 1}}
    assert list(OPENAPI_31_VALIDATOR.iter_errors(broken))


def test_it_is_the_same_every_time_whatever_the_order() -> None:
    endpoints = list(discovered())
    assert written(endpoints) == written(reversed(endpoints))


def test_the_page_on_disk_is_the_one_that_is_served() -> None:
    assert PAGE.read_bytes() == written(discovered()), "scripts/reference.py writes it anew"


def test_every_operation_is_there_with_its_own_name(told: dict[str, Any]) -> None:
    for name in operations():
        assert told["paths"][f"/api/v1/{name}"]["post"]["operationId"] == name


def test_names_are_told_once() -> None:
    names = [operation_id(endpoint) for endpoint in discovered()]
    assert len(names) == len(set(names))


def test_every_reference_leads_somewhere(told: dict[str, Any]) -> None:
    def references(value: Any) -> list[str]:
        if isinstance(value, list):
            return [found for part in value for found in references(part)]
        if not isinstance(value, dict):
            return []
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return own + [found for part in value.values() for found in references(part)]

    for reference in set(references(told)):
        place: Any = told
        for word in reference.removeprefix("#/").split("/"):
            place = place[word]


def test_parameters_of_a_query() -> None:
    found = {one["name"]: one for one in one(options=Options)["parameters"]}
    assert found["size"]["required"]
    assert found["size"]["schema"] == {"type": "integer", "minimum": 1, "maximum": 9}
    assert found["size"]["description"] == "how large"
    assert found["near"]["schema"] == {"type": "integer"}
    assert found["words"]["explode"] is False
    assert found["boxes"]["schema"]["items"] == {
        "type": "string",
        "pattern": r"^-?[0-9]+(,-?[0-9]+)*$",
    }
    assert "application/json" in found["inner"]["content"]


def test_parameters_of_path_and_headers() -> None:
    found = one(path="/a/{id:path}", headers={"If-Such": "so"})
    assert [(it["name"], it["in"]) for it in found["parameters"]] == [
        ("id", "path"),
        ("If-Such", "header"),
    ]
    assert "404" in found["responses"]


def test_a_form_has_its_parts() -> None:
    found = one(method="POST", body=Options, parts={"one": "first", "two": "second"})
    content = found["requestBody"]["content"]
    assert set(content) == {"application/json", "multipart/form-data"}
    assert content["multipart/form-data"]["schema"]["required"] == ["one"]


def test_who_may_and_what_follows_from_it() -> None:
    open_to_all, guarded = one(scope=None), one(method="POST", scope="auditor", errors=(Gone,))
    assert open_to_all["security"] == []
    assert guarded["security"] == [{"token": ["auditor"]}, {"session": ["auditor"]}]
    assert "403" not in open_to_all["responses"]
    assert {"401", "403", "410", "421"} <= set(guarded["responses"])


def test_problems_say_their_codes() -> None:
    found = one(errors=(Busy,))
    name = found["responses"]["429"]["$ref"].rpartition("/")[2]
    told = found["whole"]["components"]["responses"][name]
    schema = told["content"]["application/problem+json"]["schema"]
    assert schema["properties"]["code"] == {"enum": ["busy"]}


@pytest.mark.parametrize(
    ("answer", "media"),
    [
        ("events", {"text/event-stream"}),
        ("text", {"text/plain"}),
        ("page", {"text/html"}),
        ("report", {"application/json", "text/html", "text/markdown"}),
        ("json", {"application/json"}),
        (Inner, {"application/json"}),
        ("nothing", set()),
    ],
)
def test_answers_by_kind(answer: Any, media: set[str]) -> None:
    assert set(one(answer=answer)["responses"]["200"].get("content", {})) == media


def test_a_picture_comes_as_bytes_or_facts_or_both(told: dict[str, Any]) -> None:
    scrub, inspect = (told["paths"][f"/api/v1/{name}"]["post"] for name in ("scrub", "inspect"))
    assert {"image/*", "application/json", "multipart/mixed"} <= set(
        scrub["responses"]["200"]["content"]
    )
    assert set(inspect["responses"]["200"]["content"]) == {"application/json"}
    assert "Location" in scrub["responses"]["202"]["headers"]


def test_every_error_can_be_told(told: dict[str, Any]) -> None:
    """Each status of an error of ours that the server can meet has its answer somewhere."""
    answers = {status for way in told["paths"].values() for it in way.values()
               for status in it["responses"]}  # fmt: skip
    statuses = {str(error.status) for error in family()}
    assert statuses - answers <= {"405"}, "405 has no endpoint of its own"


def test_it_is_json() -> None:
    assert json.loads(written(discovered()))["openapi"] == "3.1.0"
