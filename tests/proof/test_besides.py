"""Besides the cage: what stayed, what imports ask for, and how a screen and a program are told."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from safelight.engine.engine import Engine
from safelight.errors import SafelightError, SomethingMissing
from safelight.proof import besides
from safelight.proof.besides import Besides, look_besides, wrapped
from safelight.proof.dependencies import Imports
from safelight.proof.remanence import job
from safelight.proof.remanence.job import CanaryReport
from safelight.proof.remanence.search import Found
from safelight.proof.watching.watch import Seen

CLEAN = CanaryReport(
    jobs=8, failed=0, found=Found(), written_bytes=9_000, swap="swap off", controls=()
)
WATCHED = Imports(Seen(), Seen(["socket 2", "socket 1"], ["left"]))


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(besides, "canary_job", lambda _engine: CLEAN)
    monkeypatch.setattr(besides, "check_imports", lambda: WATCHED)


@pytest.mark.usefixtures("quick")
def test_everything_is_told_on_lines_no_wider_than_a_screen() -> None:
    with Engine() as engine:
        engine.book.keys  # noqa: B018 - made, so that there is something to tell of them
        found = look_besides(engine)
    assert found.is_ok
    lines = [*found.lines()]
    starts = [line.split(" ")[0] for line in lines if not line.startswith(" ")]
    assert starts == ["remanence", "written", "imports", "codecs", "machine"]
    assert max(map(len, lines)) <= 100
    assert "libvips" in dict(found.codecs)
    assert {"swap", "memory encryption", "keys"} <= set(dict(found.machine))
    document = found.document()
    assert document["imports"] == {"ok": True, "sockets": 0, "files": 0, "control_seen": True}


def test_a_canary_that_stayed_is_no_proof() -> None:
    left = Found()
    left.add("memory", Counter({"heap": 1}))
    found = Besides(canary=replace(CLEAN, found=left), imports=WATCHED)
    assert not found.is_ok
    assert any("FAILED" in line for line in found.lines())


def test_an_import_that_writes_is_no_proof() -> None:
    found = Besides(canary=CLEAN, imports=replace(WATCHED, seen=Seen([], ["x"])))
    assert not found.is_ok
    assert any(line.startswith("imports") and "FAILED" in line for line in found.lines())
    assert "  ASKED FOR  x" in found.lines()


def test_a_watch_that_went_blind_is_no_proof() -> None:
    assert not Besides(canary=CLEAN, imports=Imports(Seen(), Seen())).is_ok


def looked(monkeypatch: pytest.MonkeyPatch, error: Exception) -> Besides:
    """What is told where the canary job meets this error."""

    def fails(_engine: Engine) -> CanaryReport:
        raise error

    monkeypatch.setattr(besides, "check_imports", lambda: WATCHED)
    monkeypatch.setattr(besides, "canary_job", fails)
    with Engine() as engine:
        return look_besides(engine)


def test_what_the_system_does_not_let_us_measure_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = looked(monkeypatch, SomethingMissing("no process can be looked into"))
    assert found.is_ok
    assert found.untold == ("what stays of a job: no process can be looked into",)
    assert found.document()["remanence"] is None
    assert any(line.startswith("not told") for line in found.lines())


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (SafelightError("the process that is searched has died"),) * 2,
        (OSError(28, "No space left on device"), "no space left on device"),
    ],
)
def test_what_broke_while_it_was_measured_is_no_proof(
    monkeypatch: pytest.MonkeyPatch, error: Exception, why: object
) -> None:
    found = looked(monkeypatch, error)
    assert not found.is_ok
    assert found.broken == (f"what stays of a job: {why}",)
    assert f"not measured what stays of a job: {why}  <- FAILED" in found.lines()


def test_imports_that_do_not_end_are_no_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    def endless() -> Imports:
        raise SafelightError("the watched program did not end")

    monkeypatch.setattr(besides, "check_imports", endless)
    monkeypatch.setattr(besides, "canary_job", lambda _engine: CLEAN)
    with Engine() as engine:
        found = look_besides(engine)
    assert found.broken == ("what imports ask for: the watched program did not end",)
    assert not found.is_ok


def test_a_system_without_proc_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(job, "PROC", tmp_path / "none")
    with Engine() as engine, pytest.raises(SomethingMissing, match="has no /proc"):
        job.canary_job(engine)


def test_words_wrap_after_their_label() -> None:
    lines = [*wrapped("codecs", [f"library{number} 1.0" for number in range(12)])]
    assert len(lines) == 2
    assert lines[0].startswith("codecs       library0 1.0, ")
    assert lines[0].endswith(",")
    assert lines[1].startswith(" " * 13 + "library")
    assert [*wrapped("codecs", [])] == []
