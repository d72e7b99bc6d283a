"""Health, capabilities and metrics, asked of a front end and a back end in this process."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from safelight import __version__
from safelight.engine.book import Book
from safelight.engine.engine import Engine
from safelight.errors import ModelUnknown, Unavailable, VaultLocked
from safelight.formats import FORMATS
from safelight.recipe import operations
from safelight.server.blob import Blob
from safelight.server.front.routes import health
from safelight.server.front.tally import BOUNDS_S, Durations, Tally
from safelight.server.options import ServeOptions
from safelight.server.work import Order, Outcome, Progress
from safelight.settings import Origin
from tests.server.standing import Standing, engine_in, standing, standing_before


class Silent:
    """A back end that never answers."""

    asked = 0

    async def work(self, order: Order, *, progress: Progress | None = None) -> Outcome:
        raise Unavailable

    async def ask(
        self, kind: str, facts: Mapping[str, Any] | None = None, files: tuple[Blob, ...] = ()
    ) -> dict[str, Any]:
        self.asked += 1
        await asyncio.sleep(60)
        return {}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with engine_in(tmp_path_factory.mktemp("home")) as engine:
        yield engine


@pytest.fixture
def server(engine: Engine, tmp_path: Path) -> Iterator[Standing]:
    with standing(engine, tmp_path) as server:
        yield server


def test_live_and_ready_for_anybody(server: Standing) -> None:
    assert server.get("/api/v1/health/live", scopes=None).json() == {"status": "live"}
    assert server.get("/api/v1/health/ready", scopes=None).json() == {"status": "ready"}


def test_one_that_is_about_to_end_is_not_ready(server: Standing) -> None:
    server.house.is_draining = True
    answer = server.get("/api/v1/health/ready", scopes=None)
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")


def test_one_whose_vault_is_locked_is_not_ready(
    server: Standing, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every picture would be refused."""

    def locked(_book: Book) -> None:
        raise VaultLocked

    monkeypatch.setattr(Book, "input_digest", locked)
    answer = server.get("/api/v1/health/ready", scopes=None)
    assert (answer.status_code, answer.json()["code"]) == (423, "vault-locked")
    assert server.get("/api/v1/status").status_code == 200


def test_one_whose_back_end_is_silent_is_alive_and_not_ready(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "PATIENCE_S", 0.05)
    server = standing_before(Silent(), engine, tmp_path)
    assert server.get("/api/v1/health/live", scopes=None).status_code == 200
    assert server.get("/api/v1/health/ready", scopes=None).status_code == 503


def test_however_many_ask_the_back_end_is_asked_once(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "PATIENCE_S", 0.05)
    back = Silent()
    server = standing_before(back, engine, tmp_path)

    async def run() -> list[int]:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(server.app), base_url="http://localhost"
        ) as http:
            wishes = (http.get("/api/v1/health/ready") for _ in range(20))
            return [answer.status_code for answer in await asyncio.gather(*wishes)]

    assert asyncio.run(run()) == [503] * 20
    assert back.asked == 1


def test_capabilities_are_those_of_this_server(server: Standing) -> None:
    told = server.get("/api/v1/capabilities").json()
    assert told["safelight"] == __version__
    assert [one["name"] for one in told["operations"]] == list(operations())
    assert [one["name"] for one in told["formats"]] == list(FORMATS)
    assert told["limits"]["input_bytes"] == ServeOptions().max_bytes
    assert told["cage"]["attempted"] >= told["cage"]["contained"] > 0
    assert {"upscale", "cutout"} <= {one["task"] for one in told["models"]}
    kinds = {one["name"]: one["gives"] for one in told["operations"]}
    assert (kinds["scrub"], kinds["inspect"], kinds["detect"]) == ("picture", "findings", "sights")
    assert (kinds["embed"], kinds["compare"]) == ("vector", "measures")


def test_where_only_recipes_are_taken_no_operation_is_told(engine: Engine, tmp_path: Path) -> None:
    options = ServeOptions(recipes_only=True, recipes={"web": "{}"}, compat=("rembg",))
    with standing(engine, tmp_path, options) as server:
        told = server.get("/api/v1/capabilities").json()
    assert (told["operations"], told["recipes"], told["compat"]) == ([], ["web"], ["rembg"])


def test_what_the_policy_locks_is_told_without_places(engine: Engine, tmp_path: Path) -> None:
    with standing(engine, tmp_path) as server:
        before = server.house.settings
        assert server.get("/api/v1/capabilities").json()["locked"] == []
        by_policy = dict.fromkeys(("max_pixels", "state_dir"), Origin("policy", is_locked=True))
        server.house.settings = replace(before, origins={**before.origins, **by_policy})
        told = server.get("/api/v1/capabilities").json()["locked"]
    assert told == [
        {"key": "max_pixels", "value": before.shown("max_pixels")},
        {"key": "state_dir", "value": None},
    ]


@pytest.mark.parametrize("path", ["/capabilities", "/metrics", "/models", "/audit/log"])
def test_nobody_is_told_what_is_not_for_everybody(server: Standing, path: str) -> None:
    assert server.get(f"/api/v1{path}", scopes=None).status_code == 401
    assert server.get(f"/api/v1{path}", scopes=("review",)).status_code == 403


def test_metrics_count_without_names(server: Standing) -> None:
    server.get("/api/v1/health/live")
    server.get("/api/v1/results/secret-name")
    answer = server.get("/api/v1/metrics", scopes=("auditor",))
    assert answer.headers["content-type"].startswith("text/plain")
    assert "secret" not in answer.text
    assert "127.0.0.1" not in answer.text
    found = {one.name: one for one in text_string_to_metric_families(answer.text)}
    calls = [one for one in found["safelight_calls"].samples if one.name.endswith("_total")]
    assert {"what": "server", "code": "done"} in [one.labels for one in calls]
    assert found["safelight_waiting"].samples[0].value == 0
    assert found["safelight_memory_bytes"].samples[0].value == ServeOptions().held_bytes


def test_a_name_that_was_counted_would_be_seen(server: Standing) -> None:
    """The control: what is counted under a name does stand there."""
    server.house.tally.call("secret-name", "done", 0.1, received_bytes=0, sent_bytes=0)
    assert "secret-name" in server.get("/api/v1/metrics").text


def test_durations_fall_into_the_first_that_they_do_not_pass() -> None:
    found = Durations()
    for seconds in (0.001, BOUNDS_S[0], BOUNDS_S[0] + 1e-9, 1e6):
        found.add(seconds)
    assert (found.counts[0], found.counts[1], found.counts[-1]) == (2, 1, 1)


def test_a_tally_adds_up() -> None:
    tally = Tally()
    tally.call("resize", "done", 0.1, received_bytes=10, sent_bytes=3)
    tally.call("resize", "busy", 0.2, received_bytes=1, sent_bytes=0)
    assert (tally.received_bytes, tally.sent_bytes) == (11, 3)
    assert tally.calls["resize", "busy"] == 1
    assert sum(tally.durations["resize"].counts) == 2


def test_a_model_that_is_missing_is_a_problem_of_its_own(server: Standing) -> None:
    answer = server.get("/api/v1/models/nothing-like-it")
    assert (answer.status_code, answer.json()["code"]) == (404, ModelUnknown.code)
    assert "nothing-like-it" in answer.json()["detail"]
