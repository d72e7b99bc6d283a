"""A server in the place of an engine: what is held, noted, sent again and refused."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from safelight.audit.receipt import path_for
from safelight.cli.elsewhere import require_client
from safelight.client.remote import RemoteEngine
from safelight.engine.result import Result, Skipped
from safelight.engine.workshop import ASIDE
from safelight.errors import (
    Gone,
    LevelTooLow,
    OutputClash,
    OutputExists,
    SomethingMissing,
)
from safelight.ops.inspect import Inspect
from safelight.ops.resize import Resize
from safelight.ops.scrub import Scrub
from safelight.recipe import Recipe
from safelight.settings import load
from tests.client.served import Near
from tests.client.test_client import jpeg


@pytest.fixture
def engine(near: Near, tmp_path: Path, state_dir: Path) -> Iterator[RemoteEngine]:
    token = tmp_path / "token"
    token.write_text(near.token)
    token.chmod(0o600)
    with RemoteEngine.of(load({"server": near.url, "server_token_file": str(token)})) as found:
        yield found


def test_a_result_without_a_file_comes_as_bytes_or_goes_to_a_stream(engine: RemoteEngine) -> None:
    small, gathered = Recipe((Resize(fit="8x8"),)), io.BytesIO()
    result = engine.run(jpeg(), small)
    assert isinstance(result, Result)
    assert result.data is not None
    poured = engine.run(io.BytesIO(jpeg()), small, into=gathered)
    assert isinstance(poured, Result)
    assert (poured.data, len(gathered.getvalue())) == (None, poured.output_bytes)
    seen = engine.run(jpeg(), Recipe((Inspect(),)))
    assert isinstance(seen, Result)
    assert (seen.data, bool(seen.findings)) == (None, True)


def test_an_output_is_never_its_own_input(engine: RemoteEngine, photos: Path) -> None:
    with pytest.raises(OutputClash):
        engine.run(photos / "0.jpg", Recipe((Scrub(),)), output=photos / "0.jpg")


def test_what_was_noted_counts_only_as_it_was_noted(
    engine: RemoteEngine, photos: Path, tmp_path: Path, state_dir: Path
) -> None:
    out, scrub = tmp_path / "out.jpg", Recipe((Scrub(),))
    engine.run(photos / "0.jpg", scrub, output=out)
    receipt = path_for(out).read_bytes()
    (note,) = (state_dir / "remote").iterdir()
    assert note.stat().st_mode & 0o777 == 0o600
    again = engine.run(photos / "0.jpg", scrub, output=out)
    assert isinstance(again, Skipped)
    whole = note.read_text()
    for altered in ("{", "{}", whole.replace('"recipe": "', '"recipe": "0')):
        note.write_text(altered)
        with pytest.raises(OutputExists):
            engine.run(photos / "0.jpg", scrub, output=out)
    note.write_text(whole)
    with pytest.raises(OutputExists):
        engine.run(photos / "1.jpg", scrub, output=out)
    path_for(out).with_name(f"out.jpg.receipt.json{ASIDE}").write_bytes(receipt)
    path_for(out).unlink()
    engine.sweep(tmp_path)  # as after a run that was killed between the two names
    assert path_for(out).read_bytes() == receipt
    path_for(out).with_name(f"out.jpg.receipt.json{ASIDE}").write_bytes(b"nothing")
    engine.sweep(tmp_path)
    assert path_for(out).read_bytes() == receipt


def test_a_picture_that_the_server_forgot_is_sent_again(
    engine: RemoteEngine, near: Near, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("safelight.client.remote.PAUSES_S", (0.0, 0.0))
    monkeypatch.setattr("safelight.client.remote.WAIT_S", 0.0)
    forgetful = iter((True, False))
    desk = near.house.desk
    submit = desk.submit

    def submitted(*given: Any, **more: Any) -> Any:
        job = submit(*given, **more)
        if next(forgetful, False):
            desk.purge(job)
        return job

    monkeypatch.setattr(desk, "submit", submitted)
    result = engine.run(jpeg(), Recipe((Resize(fit="8x8"),)))
    assert isinstance(result, Result)
    assert result.width == 8
    forgetful = iter((True,) * 9)
    with pytest.raises(Gone):
        engine.run(jpeg(), Recipe((Resize(fit="8x8"),)))


def test_without_the_extra_the_line_that_installs_it_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(SomethingMissing) as told:
        require_client()
    assert told.value.hint == "pip install 'safelight[client]'"


def test_a_cage_that_is_weaker_than_required_gives_nothing(
    engine: RemoteEngine, photos: Path, tmp_path: Path
) -> None:
    scrub, out = Recipe((Scrub(),)), tmp_path / "out.jpg"
    engine.settings = replace(engine.settings, require_level=4)
    with pytest.raises(LevelTooLow):
        engine.run(photos / "0.jpg", scrub, output=out)
    assert not out.exists()
    engine.settings = replace(engine.settings, require_level=0)
    engine.run(photos / "0.jpg", scrub, output=out)
    assert out.is_file()
