"""Models of other forms in the cage: they become graphs there, and files that lie end there."""

from __future__ import annotations

import io
import pickle
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow

from safelight.engine.engine import Engine
from safelight.engine.result import Result
from safelight.errors import PolicyRefused
from safelight.recipe import Recipe
from safelight.settings import Settings
from tests.contract import with_pillow
from tests.models.making import add_model
from tests.models.real import pinned


class Trap:
    """What a pickle can do to whoever opens it."""

    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return print, ("opened",)


def engine_with(folder: Path, data: bytes) -> Engine:
    """With one model: weights of the compact upscaler x2, or what says it is such."""
    models = folder / "models"
    models.mkdir(parents=True)
    torch = '[]\nform = "torch"\nnetwork = {name = "srvgg"}'
    facts: dict[str, Any] = {
        "runtime": "onnx",
        "channels": 3,
        "kind": '"rgb"',
        "output_kind": '"rgb"',
    }
    facts["output_range"] = "[-9.0, 9.0]"
    add_model(models, data, aliases=torch, **facts)
    return Engine(replace(Settings(), data_dir=folder), jobs=1)


def picture() -> bytes:
    ramp = np.linspace(0, 255, 24 * 32 * 3).reshape(24, 32, 3)
    return with_pillow(ramp.astype(np.uint8), "PNG")


def enlarged(engine: Engine, name: str, scale: int, source: bytes) -> Pillow.Image:
    step = {"op": "upscale", "model": name, "scale": scale}
    result = engine.run(source, Recipe.from_steps((step,)))
    assert isinstance(result, Result)
    assert result.models == (name,)
    return Pillow.open(io.BytesIO(result.data or b"")).convert("RGB")


def test_saved_weights_enlarge_a_picture_in_the_cage(root: Path, tmp_path: Path) -> None:
    data = (root / "tests/vectors/forms-v1/srvgg-x2.pth").read_bytes()
    with engine_with(tmp_path, data) as engine:
        assert enlarged(engine, "twice", 2, picture()).size == (64, 48)


def test_a_pickle_that_runs_something_ends_with_one_clear_error(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("x/data.pkl", pickle.dumps({"params": Trap()}, 2))
    with (
        engine_with(tmp_path, out.getvalue()) as engine,
        pytest.raises(PolicyRefused, match="a program, not only weights") as refused,
    ):
        enlarged(engine, "twice", 2, picture())
    assert "export the model as ONNX" in refused.value.hint
    assert "opened" not in capfd.readouterr().out


def test_a_public_model_enlarges_a_photograph_as_its_entry_says(
    root: Path, tmp_path: Path, shared_data: Path
) -> None:
    """The colours stay where they are: reduced again, the picture is what it was."""
    models = tmp_path / "models"
    models.mkdir()
    entry = (root / "src/safelight/models/catalogue/safmn-light.toml").read_bytes()
    (models / "safmn-light.toml").write_bytes(entry)
    (models / "safmn-light.pth").write_bytes(pinned("safmn-light", shared_data)[0])
    photo = (shared_data / "superres/set5/img_003_SRF_4_HR.png").read_bytes()
    with Engine(replace(Settings(), data_dir=tmp_path), jobs=1) as engine:
        large = enlarged(engine, "safmn-light", 4, photo)
    small = Pillow.open(io.BytesIO(photo)).convert("RGB")
    assert large.size == (small.width * 4, small.height * 4)
    back = np.asarray(large.resize(small.size, Pillow.Resampling.BOX), np.float32)
    assert np.abs(back - np.asarray(small, np.float32)).mean() < 3
