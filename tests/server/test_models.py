"""Models over HTTP: told, compared, taken in from a bundle; never pulled."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from safelight.engine import shelving
from safelight.engine.bundling import Packed, export
from safelight.engine.engine import Engine
from safelight.engine.shelving import Shelving
from safelight.errors import PolicyRefused
from safelight.server.back.asks import models_import
from safelight.server.front.routes.models import HERE_ALONE
from safelight.settings import Settings
from safelight.vault.keys import load_or_make
from tests.engine.shelves import entry_of, staged
from tests.server.standing import Standing, engine_in, standing


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with engine_in(tmp_path_factory.mktemp("home")) as engine:
        yield engine


@pytest.fixture
def server(engine: Engine, tmp_path: Path) -> Iterator[Standing]:
    with standing(engine, tmp_path) as server:
        yield server


def test_those_that_are_here_are_told_with_all_their_facts(server: Standing) -> None:
    found = server.get("/api/v1/models").json()["models"]
    by_name = {one["name"]: one for one in found}
    assert by_name["upscale-x4"]["state"] == "built-in"
    assert len(by_name["upscale-x4"]["sha256"]) == 64
    assert [one["task"] for one in found] == sorted(one["task"] for one in found)


def test_those_that_could_be_pulled_are_told_when_asked_for(server: Standing) -> None:
    here = server.get("/api/v1/models?task=cutout").json()["models"]
    all_of_them = server.get("/api/v1/models?task=cutout&available=true").json()["models"]
    assert {one["task"] for one in all_of_them} == {"cutout"}
    assert "available" in {one["state"] for one in all_of_them}
    assert len(here) < len(all_of_them)


def test_one_model(server: Standing) -> None:
    told = server.get("/api/v1/models/upscale-x4").json()
    assert told["model"]["name"] == "upscale-x4"
    assert told["card"] is None


@pytest.mark.parametrize("query", ["available=perhaps", "task=" + "x" * 65, "more=1"])
def test_a_query_that_is_none(server: Standing, query: str) -> None:
    answer = server.get(f"/api/v1/models?{query}")
    assert (answer.status_code, answer.json()["code"]) == (422, "parameter-invalid")


def test_files_are_compared_with_their_pins(server: Standing) -> None:
    answer = server.post("/api/v1/models/verify", json={"names": ["upscale-x4"]}).json()
    assert answer["ok"]
    assert answer["models"][0]["state"] == "ok"
    assert server.post("/api/v1/models/verify", json={"names": ["none"]}).status_code == 404


def test_nothing_is_pulled_and_the_hint_says_what_to_do(server: Standing) -> None:
    answer = server.post("/api/v1/models/pull", json={"names": ["u2netp"]})
    assert answer.status_code == 403
    assert answer.json()["detail"] == HERE_ALONE
    assert answer.json()["hint"] == "safelight models pull u2netp"


def test_a_bundle_that_is_none_is_refused(server: Standing) -> None:
    answer = server.post("/api/v1/models/import", content=b"no bundle" * 200)
    assert (answer.status_code, answer.json()["code"]) == (422, "input-refused")


def test_models_are_taken_in_from_this_machine_alone_and_with_the_right_to(
    server: Standing,
) -> None:
    far = server.post("/api/v1/models/import", content=b"x", client="192.168.1.7")
    assert (far.status_code, far.json()["code"]) == (403, "not-allowed")
    assert server.post("/api/v1/models/import", scopes=("tools",)).status_code == 403


@pytest.fixture
def bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """One model, signed by a stranger; trials are left to the tests of trials."""
    monkeypatch.setattr(shelving, "try_out", lambda *_: None)
    stranger = Shelving(Settings(state_dir=tmp_path / "state", data_dir=tmp_path / "data"))
    entry = entry_of()
    stranger.admit(staged(stranger, entry), shelving.Told())
    keys = load_or_make(tmp_path / "keys")
    export(stranger.store, [entry.name], tmp_path / "bundle.tar", keys.receipts)
    return (tmp_path / "bundle.tar").read_bytes()


def test_a_bundle_of_a_stranger_is_taken_in_where_its_key_is_named(
    server: Standing, bundle: bytes
) -> None:
    path = "/api/v1/models/import"
    refused = server.post(path, content=bundle)
    assert (refused.status_code, refused.json()["code"]) == (403, "policy-refused")
    key = refused.json()["hint"].partition("key=")[2]
    taken = server.post(f"{path}?key={key}", content=bundle)
    assert [one["name"] for one in taken.json()["models"]] == ["twice"]
    assert server.get("/api/v1/models/twice").json()["model"]["state"] == "own"
    here = server.get("/api/v1/capabilities").json()["models"]
    assert "twice" in {one["name"] for one in here}
    assert server.post("/api/v1/models/verify", json={"names": ["twice"]}).json()["ok"]


def test_terms_are_accepted_by_name() -> None:
    bound = entry_of().model_copy(update={"licence_class": "consent"})
    packed = (Packed(bound, is_pinned=False, is_here=False),)
    with pytest.raises(PolicyRefused, match="terms of twice"):
        models_import.require_terms(packed, ["another"])
    models_import.require_terms(packed, ["twice"])
