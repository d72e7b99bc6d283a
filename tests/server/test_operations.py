"""One endpoint for each operation, with a real back end: what goes in, and how it comes out."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest

from safelight.engine.engine import Engine
from safelight.recipe import Recipe, operations
from safelight.server.endpoint import discovered
from safelight.server.options import ServeOptions
from safelight.settings import Origin, Settings
from tests.codecs.making import exif, in_format, jpeg, picture
from tests.server.standing import Standing, standing

PNG = in_format(picture(48, 36), "png")
LOGO = in_format(picture(9, 7), "png")
KIND = {"Content-Type": "image/png"}
NAMED = Recipe.from_steps([{"op": "resize", "width": 7}])


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    state = tmp_path_factory.mktemp("state")
    with Engine(Settings(state_dir=state), jobs=1, door="server") as engine:
        yield engine


@pytest.fixture
def server(engine: Engine, tmp_path: Path) -> Iterator[Standing]:
    options = ServeOptions(recipes={"small": NAMED.canonical.decode()})
    with standing(engine, tmp_path, options) as server:
        yield server
        assert server.house.uploads.held_bytes == 0


def form(**options: Any) -> dict[str, Any]:
    return {"files": {"file": ("IMG.png", PNG)}, "data": {"options": json.dumps(options)}}


def test_every_operation_has_one_and_tells_its_parameters() -> None:
    found = {endpoint.path: endpoint for endpoint in discovered() if endpoint.operation}
    assert set(found) == {f"/{name}" for name in operations()}
    resize = found["/resize"].options
    assert resize is not None
    assert {"width", "format", "quality", "profile", "keep"} <= set(resize.model_fields)
    redact, detect = found["/redact"].options, found["/detect"].options
    assert redact is not None
    assert detect is not None
    assert {"faces", "detector"} <= set(redact.model_fields)
    assert "draw" in detect.model_fields
    assert "format" not in found["/convert"].options.model_fields  # type: ignore[union-attr]


def test_bytes_in_and_bytes_out_with_all_that_is_told(server: Standing) -> None:
    answer = server.post("/api/v1/resize?width=24", content=PNG, headers=KIND)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/png"
    digest = base64.b64encode(hashlib.sha256(answer.content).digest()).decode()
    assert answer.headers["repr-digest"] == f"sha-256=:{digest}:"
    assert answer.headers["content-disposition"] == 'attachment; filename="result.png"'
    assert answer.headers["safelight-locality"] == "machine"
    assert len(answer.headers["safelight-receipt"]) == 32
    timing = answer.headers["server-timing"]
    assert all(part in timing for part in ("read;", "queue;", "work;", "total;"))
    assert len(server.house.results) == 0


def test_facts_and_a_link_where_json_is_wanted(server: Standing) -> None:
    headers = {**KIND, "Accept": "application/json"}
    answer = server.post("/api/v1/resize?width=24&format=webp", content=PNG, headers=headers)
    found = answer.json()
    assert (found["result"]["width"], found["result"]["format"]) == (24, "webp")
    assert found["receipt"]["payloadType"] == "application/vnd.in-toto+json"
    assert answer.headers["safelight-receipt"] == found["result"]["receipt"]
    assert found["asset"].startswith("/api/v1/results/")
    assert len(server.house.results) == 1


def test_bytes_and_facts_in_one(server: Standing) -> None:
    headers = {"Accept": "multipart/mixed"}
    answer = server.post("/api/v1/resize", headers=headers, **form(width=24))
    assert int(answer.headers["content-length"]) == len(answer.content)
    kind = answer.headers["content-type"].encode()
    parts = message_from_bytes(b"Content-Type: " + kind + b"\r\n\r\n" + answer.content)
    first, second = list(parts.walk())[1:]
    facts = json.loads(str(second.get_payload()))
    data = first.get_payload(decode=True)
    assert first.get_content_type() == "image/png"
    assert isinstance(data, bytes)
    assert len(data) == facts["result"]["bytes"]


@pytest.mark.parametrize("width", [24, "24"])
def test_options_come_in_a_part_as_json(server: Standing, width: object) -> None:
    answer = server.post("/api/v1/resize", **form(width=width, fit=None))
    assert answer.status_code == 200


def test_an_analysis_answers_with_facts_alone(server: Standing) -> None:
    photo = jpeg(exif=exif({271: "Maker"}))
    answer = server.post("/api/v1/inspect", content=photo, headers={"Content-Type": "image/jpeg"})
    assert answer.json()["result"]["input_format"] == "jpeg"
    assert answer.json()["result"]["findings"]
    headers = {"Content-Type": "image/jpeg", "Accept": "image/*"}
    refused = server.post("/api/v1/inspect", content=photo, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (406, "answer-unknown")


def test_a_list_stands_in_the_query_with_commas(server: Standing) -> None:
    answer = server.post(
        "/api/v1/crop?box=0,0,8,6&keep=rights,time", content=PNG,
        headers={**KIND, "Accept": "application/json"},
    )  # fmt: skip
    assert (answer.json()["result"]["width"], answer.json()["result"]["height"]) == (8, 6)


@pytest.mark.parametrize(
    ("query", "pointers"),
    [
        ("width=0&height=70000", ["width", "height"]),
        ("width=8&tilt=3", ["tilt"]),
        ("width=8&width=9", ["width"]),
        ("width=8&quality=101&format=webp", ["quality"]),
        ("width=8&profile=loose", ["profile"]),
    ],
)
def test_each_parameter_that_is_wrong_is_named(
    server: Standing, query: str, pointers: list[str]
) -> None:
    answer = server.post(f"/api/v1/resize?{query}", content=PNG, headers=KIND)
    assert (answer.status_code, answer.json()["code"]) == (422, "parameter-invalid")
    assert [one["pointer"] for one in answer.json()["errors"]] == pointers
    assert server.house.memory.left_bytes == server.house.memory.most_bytes


@pytest.mark.parametrize("options", ["[]", "{", "[" * 100_000])
def test_options_that_are_no_object_are_refused(server: Standing, options: str) -> None:
    files = {"file": ("x", PNG)}
    answer = server.post("/api/v1/resize", files=files, data={"options": options})
    assert (answer.status_code, answer.json()["code"]) == (422, "parameter-invalid")


def test_what_a_policy_locks_no_request_loosens(server: Standing) -> None:
    locked = {"profile": Origin("policy", is_locked=True)}
    house = server.house
    house.settings = replace(house.settings, profile="strict", origins=locked)
    answer = server.post("/api/v1/resize?width=8&profile=none", content=PNG, headers=KIND)
    assert (answer.status_code, answer.json()["code"]) == (403, "policy-refused")
    answer = server.post("/api/v1/scrub?profile=none", content=PNG, headers=KIND)
    assert (answer.status_code, answer.json()["code"]) == (403, "policy-refused")


@pytest.mark.parametrize("prefix", ["", "picture:", "sha256:"])
def test_a_further_picture_comes_as_a_part_and_is_named_by_its_digest(
    server: Standing, prefix: str
) -> None:
    digest = hashlib.sha256(LOGO).hexdigest()
    files = [("file", ("a", PNG)), ("picture", ("b", LOGO))]
    data = {"options": json.dumps({"image": prefix + digest})}
    answer = server.post("/api/v1/watermark", files=files, data=data)
    assert answer.headers["content-type"] == "image/png"


def test_the_only_further_picture_need_not_be_named(server: Standing) -> None:
    files = [("file", ("a", PNG)), ("picture", ("b", LOGO))]
    assert server.post("/api/v1/watermark", files=files).status_code == 200


def test_a_further_picture_that_is_missing_or_idle_is_refused(server: Standing) -> None:
    named = {"options": json.dumps({"image": "0" * 64})}
    missing = server.post("/api/v1/watermark", files={"file": ("a", PNG)}, data=named)
    assert (missing.status_code, missing.json()["code"]) == (404, "input-missing")
    files = [("file", ("a", PNG)), ("picture", ("b", LOGO))]
    idle = server.post("/api/v1/flip", files=files, data={"options": '{"axis":"horizontal"}'})
    assert idle.status_code in (400, 422)
    assert server.house.memory.left_bytes == server.house.memory.most_bytes


def test_a_further_picture_may_have_been_uploaded(server: Standing) -> None:
    sent = server.register.add("token", "anna", ("tools",), for_s=60)
    headers = {"Authorization": f"Bearer {sent.secret}"}
    answer = server.post("/api/v1/uploads", scopes=None, content=LOGO, headers=headers)
    digest, name = answer.json()["sha256"], answer.json()["id"]
    work = f"/api/v1/watermark?image={digest}"
    assert server.post(work, scopes=None, content=PNG, headers=headers).status_code == 200
    assert server.post(work, content=PNG).status_code == 404  # another one's upload
    server.ask("DELETE", f"/api/v1/uploads/{name}", scopes=None, headers=headers)


def test_a_recipe_is_sent_along_as_json_or_toml_or_in_the_query(server: Standing) -> None:
    steps = {"steps": [{"op": "resize", "width": 12}, {"op": "convert", "to": "webp"}]}
    toml = '[[steps]]\nop = "resize"\nwidth = 12\n[[steps]]\nop = "convert"\nto = "webp"\n'
    for text in (json.dumps(steps), toml):
        answer = server.post("/api/v1/run", files={"file": ("a", PNG)}, data={"recipe": text})
        assert answer.headers["content-type"] == "image/webp"
    answer = server.post("/api/v1/run", params={"recipe": json.dumps(steps)}, content=PNG)
    assert answer.headers["content-type"] == "image/webp"


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/api/v1/run", 422, "recipe-invalid"),
        ("/api/v1/run?recipe={", 422, "recipe-invalid"),
        ("/api/v1/run?width=3", 422, "parameter-invalid"),
        ("/api/v1/run/other", 404, "input-missing"),
        ("/api/v1/run/small?width=3", 422, "parameter-invalid"),
    ],
)
def test_a_recipe_that_is_none_is_refused(
    server: Standing, path: str, status: int, code: str
) -> None:
    answer = server.post(path, content=PNG, headers=KIND)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_server_may_take_named_recipes_alone(server: Standing) -> None:
    headers = {**KIND, "Accept": "application/json"}
    house = server.house
    house.options = replace(house.options, recipes_only=True)
    answer = server.post("/api/v1/run/small", content=PNG, headers=headers)
    assert answer.json()["result"]["width"] == 7
    for path in ("/api/v1/run", "/api/v1/resize?width=7"):
        refused = server.post(path, content=PNG, headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (403, "policy-refused")


def test_what_is_no_picture_is_refused_by_the_back_end(server: Standing) -> None:
    answer = server.post("/api/v1/resize?width=8", content=b"no picture at all", headers=KIND)
    assert (answer.status_code, answer.json()["code"]) == (415, "format-unknown")
    bomb = PNG[:16] + (100_000).to_bytes(4, "big") * 2 + PNG[24:]
    answer = server.post("/api/v1/resize?width=8", content=bomb, headers=KIND)
    assert answer.status_code == 422
    assert server.house.memory.left_bytes == server.house.memory.most_bytes


def test_a_model_that_is_not_here_is_told_with_the_command(server: Standing) -> None:
    answer = server.post("/api/v1/upscale?model=not-here", content=PNG, headers=KIND)
    assert (answer.status_code, answer.json()["code"]) == (503, "model-missing")
    assert answer.json()["hint"]
