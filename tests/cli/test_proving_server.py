"""prove: which server it looks at."""

from __future__ import annotations

import os
import tempfile
from dataclasses import replace
from importlib import util
from pathlib import Path
from typing import Any

import pytest

from bench.serving import serving
from safelight.cli import proving_server
from safelight.errors import SomethingMissing
from safelight.proof.serving import looking
from safelight.settings import Settings


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What was looked at, and how."""
    seen: list[Any] = []
    for name in ("look_at_own", "look_at_running"):
        monkeypatch.setattr(looking, name, lambda *words, name=name: seen.append((name, *words)))
    return seen


def test_where_none_runs_one_is_started_for_it(looked: list[Any], tmp_path: Path) -> None:
    proving_server.look(replace(Settings(), state_dir=tmp_path))
    ((name, state_dir, means),) = looked
    assert (name, state_dir) == ("look_at_own", tmp_path)
    assert means.is_line("2026-11-21T21:00:00Z 12.3 ms 4831 B 200")
    assert not means.is_line("2026-11-21T21:00:00Z 12.3 ms 4831 B 200 photo.jpg")


def test_one_that_runs_is_looked_at_itself(looked: list[Any]) -> None:
    with tempfile.TemporaryDirectory(prefix="runs-") as folder, serving(Path(folder)) as served:
        state_dir = served.ground.part("state")
        proving_server.look(replace(Settings(), state_dir=state_dir))
        ((name, met, _),) = looked
        assert name == "look_at_running"
        assert (met.pid, met.tls_port) == (served.pid, None)
        assert met.talk.ask("GET", "/api/v1/health/live").code == "done"


@pytest.mark.parametrize("absent", proving_server.NEEDED)
def test_without_what_a_server_needs_that_is_said(
    monkeypatch: pytest.MonkeyPatch, absent: str
) -> None:
    monkeypatch.setattr(
        proving_server, "find_spec", lambda name: None if name == absent else util.find_spec(name)
    )
    with pytest.raises(SomethingMissing, match="no server"):
        proving_server.look(Settings(state_dir=Path(os.devnull)))
