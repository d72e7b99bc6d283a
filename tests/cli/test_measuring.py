"""Measuring: a result that cannot be kept is told, and a worker without a model does as well."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from safelight.cli import measuring
from safelight.cli.face import Face
from safelight.engine.engine import Engine
from safelight.errors import ModelMissing
from safelight.worker.job import Host


def test_a_result_is_kept_in_the_ledger(capsys: pytest.CaptureFixture[str]) -> None:
    measuring.write_down(Face(), 14, 14, 3)
    (entry,) = measuring.ledger(Face()).read()
    assert (entry["what"], entry["attempted"], entry["level"]) == ("self-test", 14, 3)
    assert capsys.readouterr().err == ""


def test_that_it_cannot_be_kept_does_not_hide_it(
    state_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state_dir.mkdir(mode=0o700)
    (state_dir / "ledger").write_text("no folder")
    measuring.write_down(Face(), 14, 14, 3)
    assert "the result is not in the ledger" in capsys.readouterr().err


def test_without_a_model_it_is_measured_without_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[tuple[str, ...]] = []
    usual = Engine.host

    def host(self: Engine, recipe: Any, format: Any) -> Host:
        asked.append(recipe.verbs)
        if "upscale" in recipe.verbs:
            raise ModelMissing("upscale needs a model")
        return usual(self, recipe, format)

    monkeypatch.setattr(Engine, "host", host)
    level = measuring.measured(Face(), lambda found, _engine: found.report().level)
    assert level > 0
    assert len(asked) == 2
    assert "measured in a worker without a model" in capsys.readouterr().err
