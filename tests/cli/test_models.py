"""A model whose file was changed on disk is seen, named, and ends with exit code 5."""

from __future__ import annotations

from pathlib import Path

import pytest

from safelight.cli import main
from safelight.models.store import Store


@pytest.fixture
def own_model(home: Path) -> Path:
    """A built-in model copied to where a user's own models lie, under another name."""
    from importlib.resources import files

    package = files("safelight.models")
    folder = home / "data" / "models"
    folder.mkdir(parents=True)
    entry = (package / "catalogue" / "upscale-x2.toml").read_text()
    lines = [line for line in entry.splitlines() if not line.startswith("aliases")]
    own = "\n".join(lines).replace('name = "upscale-x2"', 'name = "mine"', 1)
    (folder / "mine.toml").write_text(own)
    (folder / "upscale-x2.onnx").write_bytes((package / "builtin" / "upscale-x2.onnx").read_bytes())
    return folder


def test_a_users_own_model_is_listed_and_verified(
    own_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--data-dir", str(own_model.parent)]
    assert main.run(["models", "verify", "mine", *where]) == 0
    assert capsys.readouterr().out.startswith("mine ")
    assert "mine" in {entry.name for entry in Store(own_model).entries()}


def test_a_changed_model_is_named(own_model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    weights = own_model / "upscale-x2.onnx"
    data = bytearray(weights.read_bytes())
    data[len(data) // 2] ^= 1
    weights.write_bytes(data)
    where = ["--data-dir", str(own_model.parent)]
    assert main.run(["models", "verify", *where]) == 5
    said = capsys.readouterr()
    assert "FAILED" in said.out
    assert "safelight: models: the file of mine is not the one that was pinned" in said.err


def test_a_model_whose_file_is_gone_hides_no_other(
    own_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (own_model / "upscale-x2.onnx").unlink()
    where = ["--data-dir", str(own_model.parent)]
    assert main.run(["models", "verify", "mine", "upscale-x2", *where]) == 7
    said = capsys.readouterr()
    assert "FAILED" in said.out
    assert "\nupscale-x2 " in said.out
    assert "the file of mine cannot be read" in said.err
