"""How a server is: over HTTP, and as the verb that shows it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.serving import client
from safelight.cli import status as verb
from safelight.cli.main import run
from safelight.engine.engine import Engine
from safelight.errors import Unavailable
from safelight.proof.serving.served import Served
from safelight.recipe import Recipe
from safelight.server.blob import Blob
from safelight.server.front.routes import status as route
from safelight.server.running import Running, alone, write_down
from safelight.server.work import Order, Outcome, Progress
from tests.server.standing import Standing, engine_in, standing, standing_before


class Silent:
    """A back end that never answers."""

    async def work(self, order: Order, *, progress: Progress | None = None) -> Outcome:
        raise Unavailable

    async def ask(
        self, kind: str, facts: Mapping[str, Any] | None = None, files: tuple[Blob, ...] = ()
    ) -> dict[str, Any]:
        await asyncio.sleep(60)
        return {}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with engine_in(tmp_path_factory.mktemp("home")) as engine:
        # As in a server that said it is ready: /status waits only a moment for a first look.
        engine.host(Recipe.from_steps([{"op": "inspect"}]), "jpeg").report()
        yield engine


def test_it_tells_queue_memory_and_how_calls_ended(engine: Engine, tmp_path: Path) -> None:
    with standing(engine, tmp_path) as server:
        server.house.locks = ("sieve",)
        server.get("/api/v1/nothing-here")
        told = server.get("/api/v1/status").json()
        server.house.is_draining = True
        draining = server.get("/api/v1/status").json()
    assert told["state"] == "ready"
    assert told["locks"] == ["sieve"]
    slots = server.house.options.jobs
    assert told["queue"] == {"waiting": 0, "most_waiting": 256, "working": 0, "slots": slots}
    assert told["memory"]["held_bytes"] == 0
    assert told["calls"]["other"] == {"path-unknown": 1}
    assert told["back"]["required_level"] == engine.settings.require_level
    assert told["back"]["level"] >= engine.settings.require_level
    assert draining["state"] == "draining"
    assert draining["calls"]["server"] == {"done": 1}


def test_a_back_end_that_is_made_anew_is_told(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(route, "PATIENCE_S", 0.01)
    told = standing_before(Silent(), engine, tmp_path).get("/api/v1/status").json()
    assert told["state"] == "recovering"
    assert told["back"] is None


def test_it_is_not_for_everybody(engine: Engine, tmp_path: Path) -> None:
    server: Standing = standing_before(Silent(), engine, tmp_path)
    assert server.get("/api/v1/status", scopes=("tools",)).status_code == 403
    assert server.get("/api/v1/status", scopes=None).status_code == 401


def shown(served: Served, capsys: pytest.CaptureFixture[str], *words: str) -> str:
    folder = served.ground.folder / "state"
    assert run(["status", "--state-dir", str(folder), *words]) == 0
    return capsys.readouterr().out


def test_the_verb_shows_a_server_that_runs(
    served: Served, capsys: pytest.CaptureFixture[str]
) -> None:
    output = shown(served, capsys)
    assert "state        ready, for " in output
    assert f"address      {served.ready.url}" in output
    assert f"socket       {served.socket}" in output
    assert "front end    held by sieve, landlock" in output
    document = json.loads(shown(served, capsys, "--json"))
    assert document["type"] == "status"
    assert document["pid"] == served.pid
    assert document["state"] == "ready"


def test_the_verb_makes_a_link_that_lets_one_browser_in_once(
    served: Served, capsys: pytest.CaptureFixture[str]
) -> None:
    link = shown(served, capsys, "--link").strip()
    assert link.startswith(served.ready.url)
    told = json.loads(shown(served, capsys, "--link", "--json"))
    assert told["link"] not in ("", link)
    path = link.removeprefix(served.ready.url)
    with client(served, token="") as browser:
        assert browser.get(path).status_code < 400
        assert "safelight" in browser.cookies
    with client(served, token="") as another:
        another.get(path)
        assert "safelight" not in another.cookies


def test_without_a_server_it_says_how_to_start_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["status"]) == Unavailable.exit_code
    assert "safelight serve" in capsys.readouterr().err


def test_everything_that_can_be_told_is_told(state_dir: Path) -> None:
    asked: dict[str, Any] = {
        "state": "recovering", "locks": [], "back": None, "calls": {"resize": {"done": 2}},
        "queue": {"waiting": 1, "most_waiting": 2, "working": 3, "slots": 4},
        "memory": {"held_bytes": 5, "most_bytes": 6, "uploads": 7, "results": 8},
    }  # fmt: skip
    with alone(state_dir) as folder:
        running = Running.of_this_process("https://10.0.0.1:1", fingerprint="ab", addresses=("a",))
        write_down(folder, running)
    lines = "\n".join(verb._lines(replace(running, started=0.0), asked))
    assert "days" in lines
    assert "fingerprint  ab" in lines
    assert "held by nothing" in lines
    assert "being made anew" in lines
    assert "resize       2 done" in lines
    for pools, words in ((1, "1 pool ready"), (2, "2 pools ready")):
        back = {"level": 3, "required_level": 2, "pools": pools}
        assert words in "\n".join(verb._lines(running, {**asked, "back": back}))


def test_a_level_that_no_worker_is_free_to_show_is_not_made_up() -> None:
    back = {"level": None, "required_level": 2, "pools": 1}
    assert verb._workers(back) == "all at work, 2 at least; 1 pool ready"
    assert verb._workers({**back, "level": 3}) == "level 3, 2 at least; 1 pool ready"


@pytest.mark.parametrize(
    ("seconds", "words"), [(5, "5 s"), (120, "2 min"), (7_200, "2.0 h"), (180_000, "2.1 days")]
)
def test_how_long_is_told_in_a_few_words(seconds: float, words: str) -> None:
    assert verb._lasted(seconds) == words
