"""What the back end is asked: whatever the front end sends, it answers or raises what is ours."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from safelight.engine import widest as widest_module
from safelight.engine.engine import Engine
from safelight.engine.source import Sealed
from safelight.errors import (
    ModelMissing,
    PathUnknown,
    RuntimeMissing,
    SafelightError,
    UsageError,
)
from safelight.models.entry import Entry, Part
from safelight.models.store import Store
from safelight.server.back import asking
from safelight.server.back.asking import Given
from safelight.server.back.asks import model, report
from safelight.server.options import ServeOptions
from tests.server.standing import engine_in


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with engine_in(tmp_path_factory.mktemp("home")) as engine:
        yield engine


def answer(engine: Engine, kind: str, facts: object, files: tuple[Sealed, ...] = ()) -> Any:
    given = partial(Given, engine, ServeOptions())
    return asking.answer(kind, json.dumps(facts).encode(), lambda found: given(found, files))


@pytest.mark.parametrize(
    ("kind", "facts"),
    [
        ("log", {"since": 5}),
        ("log", {"after": "x"}),
        ("log", {"limit": None}),
        ("model", {}),
        ("model", {"name": 5}),
        ("model", {"name": "x" * 201}),
        ("models_verify", {"names": 5}),
        ("models_verify", {"names": [5]}),
        ("models_import", {}),
        ("receipt", {"id": ["x"]}),
        ("receipts_verify", {}),
        ("report", {"kind": "dpia", "form": "pdf"}),
        ("none", {}),
        ("log", []),
    ],
)
def test_facts_that_are_none_are_refused(engine: Engine, kind: str, facts: object) -> None:
    with pytest.raises(UsageError):
        answer(engine, kind, facts)


@pytest.mark.parametrize(
    "facts", [{"sha256": "x", "bytes": 1}, {"sha256": "a" * 64, "bytes": -1}, {"bytes": 1}]
)
def test_an_output_that_cannot_be_is_refused(engine: Engine, facts: object) -> None:
    fd = os.memfd_create("receipt")
    try:
        os.write(fd, b"{}")
        with pytest.raises(UsageError):
            answer(engine, "receipts_verify", facts, (Sealed(fd, 2),))
    finally:
        os.close(fd)


def test_a_report_of_no_kind_is_not_there(engine: Engine) -> None:
    with pytest.raises(PathUnknown):
        answer(engine, "report", {"kind": "none", "form": "json"})


def test_files_that_are_not_as_pinned_are_told(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(_store: Store, _entry: Entry) -> bool:
        raise ModelMissing

    asked = partial(answer, engine, "models_verify", {"names": ["upscale-x4"]})
    monkeypatch.setattr(Store, "verify", lambda *_: False)
    assert asked()["models"][0]["state"] == "altered"
    monkeypatch.setattr(Store, "verify", gone)
    assert asked()["models"][0]["state"] == "unreadable"


def test_without_a_runtime_the_widest_worker_opens_no_model(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = engine.host

    def without(recipe: Any, format: Any) -> Any:
        if recipe.needs:
            raise RuntimeMissing
        return usual(recipe, format)

    monkeypatch.setattr(engine, "host", without)
    host, missing = widest_module.widest(engine)
    assert isinstance(missing, RuntimeMissing)
    assert host.report().attempts


def test_a_report_is_made_where_no_cage_could_be_measured(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def weak(_engine: Engine) -> Any:
        raise SafelightError

    monkeypatch.setattr(report, "widest", weak)
    assert (
        "posture"
        in answer(engine, "report", {"kind": "posture", "form": "markdown"})["text"].casefold()
    )


def test_a_model_with_a_page_brings_it(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    card = Part(role="card", file="card.md", sha256="0" * 64, size_bytes=4)
    entry = engine.store.entries()[0].model_copy(update={"parts": (card,)})
    monkeypatch.setattr(model, "anywhere", lambda *_: entry)
    monkeypatch.setattr(model, "parts_of", lambda *_: {"card": b"# A"})
    usual = Store.open
    monkeypatch.setattr(Store, "open", lambda store, _entry: usual(store, store.entries()[0]))
    assert answer(engine, "model", {"name": entry.name})["card"] == "# A"
