"""Receipts over HTTP: found again by their identifier, and verified, also with the result."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from safelight.engine.engine import Engine
from safelight.engine.result import Result
from safelight.recipe import Recipe
from tests.codecs.making import in_format, picture
from tests.server.standing import Standing, engine_in, standing

PATH = "/api/v1/receipts/verify"
RESIZE = Recipe.from_steps([{"op": "resize", "width": 24}])


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with engine_in(tmp_path_factory.mktemp("home")) as engine:
        yield engine


@pytest.fixture(scope="module")
def result(engine: Engine) -> Result:
    found = engine.run(in_format(picture(48, 36), "png"), RESIZE)
    assert isinstance(found, Result)
    return found


@pytest.fixture
def server(engine: Engine, tmp_path: Path) -> Iterator[Standing]:
    with standing(engine, tmp_path) as server:
        yield server


def states(document: dict[str, object]) -> dict[str, str]:
    lines = document["lines"]
    assert isinstance(lines, list)
    return {line["name"]: line["state"] for line in lines}


def test_a_receipt_is_found_again_byte_for_byte(server: Standing, result: Result) -> None:
    answer = server.get(f"/api/v1/receipts/{result.receipt_id}")
    assert answer.content == result.receipt
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize("name", ["0" * 32, "zz", "x" * 5_000])
def test_one_that_is_not_there_is_told_without_its_name(server: Standing, name: str) -> None:
    answer = server.get(f"/api/v1/receipts/{name}")
    assert (answer.status_code, answer.json()["code"]) == (404, "input-missing")
    assert name not in answer.json()["detail"].split()


def test_a_receipt_alone(server: Standing, result: Result) -> None:
    headers = {"Content-Type": "application/json"}
    told = server.post(PATH, content=result.receipt, headers=headers).json()
    assert not told["failed"]
    assert told["receipt"] == result.receipt_id
    assert states(told)["output"] == "unknown"
    assert {states(told)[name] for name in ("signature", "chain", "schema")} == {"ok"}


def test_a_receipt_with_its_result_and_with_another(server: Standing, result: Result) -> None:
    right = {"receipt": ("r", result.receipt), "file": ("f", result.data)}
    wrong = {"receipt": ("r", result.receipt), "file": ("f", b"another")}
    assert states(server.post(PATH, files=right).json())["output"] == "ok"
    told = server.post(PATH, files=wrong).json()
    assert told["failed"]
    assert states(told)["output"] == "failed"


def test_one_changed_byte_is_seen(server: Standing, result: Result) -> None:
    changed = json.loads(result.receipt)
    changed["payload"] = changed["payload"][:-8] + "AAAA" + changed["payload"][-4:]
    told = server.post(PATH, json=changed).json()
    assert told["failed"]
    assert states(told)["signature"] == "failed"


@pytest.mark.parametrize("data", [b"{}", b"[]", b"nothing", b"\xff" * 10])
def test_what_is_no_receipt_does_not_hold(server: Standing, data: bytes) -> None:
    answer = server.post(PATH, content=data, headers={"Content-Type": "application/json"})
    assert answer.json()["failed"]


def test_bodies_that_carry_no_receipt(server: Standing) -> None:
    headers = {"Content-Type": "application/json"}
    assert server.post(PATH, content=b"", headers=headers).status_code == 400
    assert server.post(PATH, files={"file": ("f", b"x")}).status_code == 400
    large = {"receipt": ("r", b" " * 1_000_001)}
    assert server.post(PATH, files=large).status_code == 400
    assert server.post(PATH, content=b"x", headers={"Content-Type": "text/css"}).status_code == 415
