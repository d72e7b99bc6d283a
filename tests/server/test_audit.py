"""Audit over HTTP: every way out, the journal a page at a time, reports in three forms."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from safelight.engine.engine import Engine
from safelight.proof.reports import signed
from safelight.recipe import Recipe
from safelight.server import outward
from safelight.worker.job import Attempt
from tests.codecs.making import in_format, picture
from tests.server.standing import Standing, engine_in, standing

RESIZE = Recipe.from_steps([{"op": "resize", "width": 24}])


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with engine_in(tmp_path_factory.mktemp("home")) as engine:
        for _ in range(3):
            engine.run(in_format(picture(48, 36), "png"), RESIZE)
        yield engine


@pytest.fixture
def server(engine: Engine, tmp_path: Path) -> Iterator[Standing]:
    with standing(engine, tmp_path) as server:
        yield server


@pytest.mark.parametrize(("errno", "is_contained"), [(1, True), (0, False)])
def test_ways_out_are_told_as_they_ended(
    server: Standing, monkeypatch: pytest.MonkeyPatch, errno: int, *, is_contained: bool
) -> None:
    """The front end of this test has no lock, so what it would try is given."""
    tried = Attempt("tcp-connect", "network", errno, is_contained)
    monkeypatch.setattr(outward, "attempts", lambda: (tried,))
    told = server.get("/api/v1/audit/egress", scopes=("auditor",)).json()
    own = next(one for one in told["attempts"] if one["where"] == "front")
    assert (own["errno"], own["contained"]) == (errno, is_contained)
    assert told["closed"] is is_contained
    workers = [one for one in told["attempts"] if one["where"] == "worker"]
    back = [one for one in told["attempts"] if one["where"] == "back"]
    assert len(workers) == told["attempted"] - 1 - len(back) >= 9
    assert all(one["contained"] for one in workers)


@pytest.mark.parametrize(("errno", "is_contained"), [(101, True), (111, False), (0, False)])
def test_the_back_end_is_told_apart(
    server: Standing, monkeypatch: pytest.MonkeyPatch, errno: int, *, is_contained: bool
) -> None:
    """Its network is empty only where it may leave the machine's: that decides nothing else."""
    found = (Attempt("tcp-connect", "network", 1, True),)
    monkeypatch.setattr(outward, "attempts", lambda: found)
    monkeypatch.setattr(
        outward, "ATTACKS",
        [replace(one, run=lambda _target: errno) for one in outward.ATTACKS],
    )  # fmt: skip
    told = server.get("/api/v1/audit/egress").json()
    assert (told["closed"], told["back_closed"]) == (True, is_contained)


def test_the_journal_comes_a_page_at_a_time(server: Standing) -> None:
    first = server.get("/api/v1/audit/log?limit=2", scopes=("auditor",)).json()
    assert [one["code"] for one in first["entries"]] == ["done", "done"]
    rest = server.get(f"/api/v1/audit/log?after={first['next']}", scopes=("auditor",)).json()
    assert rest["next"] is None
    numbers = [one["number"] for one in (*first["entries"], *rest["entries"])]
    assert numbers == list(range(1, first["size"] + 1))
    assert first["checkpoint"].strip()


def test_the_journal_since_a_time(server: Standing) -> None:
    assert server.get("/api/v1/audit/log?since=1d").json()["entries"]
    assert not server.get("/api/v1/audit/log?since=2999-01-01").json()["entries"]
    answer = server.get("/api/v1/audit/log?since=yesterday")
    assert (answer.status_code, answer.json()["code"]) == (422, "parameter-invalid")


def test_an_altered_journal_is_told(server: Standing, engine: Engine) -> None:
    place = engine.settings.state_dir / "journal" / "journal.jsonl"
    before = place.read_bytes()
    place.write_bytes(before.replace(b'"done"', b'"dome"', 1))
    try:
        answer = server.get("/api/v1/audit/log")
        assert (answer.status_code, answer.json()["code"]) == (500, "verification-failed")
    finally:
        place.write_bytes(before)


def test_the_ledger_tells_of_connections_and_self_tests(server: Standing, engine: Engine) -> None:
    assert server.get("/api/v1/audit/ledger").json() == {"entries": [], "size": 0}
    ledger = engine.book.ledger
    ledger.append({"what": "connection", "why": "models pull", "host": "models.example"})
    ledger.append({"what": "self-test", "attempted": 101, "contained": 101, "level": 3})
    told = server.get("/api/v1/audit/ledger", scopes=("auditor",)).json()
    assert [one["what"] for one in told["entries"]] == ["self-test", "connection"]
    assert (told["size"], told["entries"][1]["host"]) == (2, "models.example")
    assert server.get("/api/v1/audit/ledger", scopes=("tools",)).status_code == 403


def test_an_altered_ledger_is_told(server: Standing, engine: Engine) -> None:
    engine.book.ledger.append({"what": "connection", "why": "models pull", "host": "one.example"})
    place = engine.book.ledger.path
    before = place.read_bytes()
    place.write_bytes(before.replace(b"one.example", b"two.example", 1))
    try:
        answer = server.get("/api/v1/audit/ledger")
        assert (answer.status_code, answer.json()["code"]) == (500, "verification-failed")
    finally:
        place.write_bytes(before)


def test_reports_are_signed(server: Standing) -> None:
    answer = server.get("/api/v1/audit/report/gdpr-art30?since=30d&role=processor")
    assert signed.read(answer.content).page.kind == "gdpr-art30"
    assert json.loads(answer.content)["signatures"]


def test_the_report_as_a_page_and_as_text(server: Standing) -> None:
    path = "/api/v1/audit/report/posture"
    page = server.get(path, headers={"Accept": "text/html"})
    assert signed.read(page.content).is_shown
    assert "sandbox" in page.headers["content-security-policy"]
    text = server.get(path, headers={"Accept": "text/markdown"})
    assert text.text.startswith("#")
    assert (
        server.get(path, headers={"Accept": "text/*"})
        .headers["content-type"]
        .startswith("text/html")
    )


def test_a_report_of_no_kind_or_form(server: Standing) -> None:
    assert server.get("/api/v1/audit/report/none").status_code == 404
    assert server.get(f"/api/v1/audit/report/{'x' * 65}").status_code == 404
    answer = server.get("/api/v1/audit/report/dpia", headers={"Accept": "image/png"})
    assert (answer.status_code, answer.json()["code"]) == (406, "answer-unknown")
