"""models export-tflite: which models, what is written, and that it works here again."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from safelight.cli import main
from safelight.cli.models_export_tflite import chosen
from safelight.engine.engine import Engine
from safelight.engine.result import Result
from safelight.engine.trial import drawing
from safelight.errors import PolicyRefused
from safelight.models.entry import Entry
from safelight.models.store import Store
from safelight.recipe import Recipe
from safelight.settings import Settings
from tests.models.making import add_model

Said = tuple[int, str, str]


@pytest.fixture
def export(capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    def play(*words: str) -> Said:
        code = main.run(["models", "export-tflite", *words])
        said = capsys.readouterr()
        return code, said.out, said.err

    return play


def test_every_exact_net_of_the_package_is_meant_where_none_is_named() -> None:
    names = {entry.name for entry in chosen(Store(), [])}
    assert names == {
        *("cutout-fp32", "embed-fp32", "restore-jpeg-fp32", "restore-noise"),
        *("upscale-x2-fp32", "upscale-x4-fp32", "upscale-x4-photo-fp32"),
    }


def test_a_name_in_8_bits_means_its_exact_twin_and_each_is_meant_once() -> None:
    found = chosen(Store(), ["upscale-x2", "upscale-x2-fp32", "embed"])
    assert [entry.name for entry in found] == ["upscale-x2-fp32", "embed-fp32"]


def test_a_model_from_outside_is_refused(tmp_path: Path) -> None:
    own = add_model(tmp_path)
    with pytest.raises(PolicyRefused, match="did not come with this program"):
        chosen(Store(tmp_path), [own.name])


def test_what_is_written_works_here_again_by_its_entry(
    export: Callable[..., Said], tmp_path: Path
) -> None:
    folder = tmp_path / "models"
    code, out, err = export("upscale-x2", "--tile", "64", "-o", str(folder))
    assert (code, len(out.splitlines())) == (0, 1)
    assert f"in {folder}: each with" in err
    told = json.loads((folder / "upscale-x2-fp32.json").read_bytes())
    entry = Entry.from_json(json.dumps(told["entry"]).encode())
    store = Store(folder)
    assert store.origin(entry.name) == "own"
    assert entry in store.entries()
    by_onnx, by_tflite = (enlarged(store, name) for name in ("upscale-x2-fp32", entry.name))
    assert by_tflite.models == (entry.name,)
    # The net pads what is beyond the picture; a tile of one size repeats the edge instead.
    reach = 2 * told["entry"]["input"]["halo"]
    difference = np.abs(pixels(by_onnx) - pixels(by_tflite))
    assert difference[:-reach, :-reach].max() <= 1
    assert difference.mean() < 0.1


def enlarged(store: Store, name: str) -> Result:
    """A drawn picture, twice as large, made in the cage."""
    recipe = Recipe.from_steps([{"op": "upscale", "scale": 2, "model": name}])
    with Engine(Settings(), jobs=1, door="command line", store=store) as engine:
        result = engine.run(drawing(96), recipe)
    assert isinstance(result, Result)
    return result


def pixels(result: Result) -> Any:
    with Image.open(io.BytesIO(result.data or b"")) as image:
        return np.asarray(image).astype(int)


def test_nothing_is_written_over(export: Callable[..., Said], tmp_path: Path) -> None:
    (tmp_path / "embed-fp32.toml").write_text("mine")
    code, out, err = export("upscale-x2", "embed", "--tile", "32", "-o", str(tmp_path))
    assert (code, out) == (1, "")
    assert "embed-fp32.toml is there already" in err
    assert [path.name for path in tmp_path.iterdir()] == ["embed-fp32.toml"]


def test_a_folder_that_cannot_be_written_is_called_what_it_is(
    export: Callable[..., Said], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    code, _out, err = export("embed", "-o", str(tmp_path / "file" / "below"))
    assert code == 1
    assert "the folder of TFLite files cannot be written: " in err


def test_for_programs_it_is_one_document(export: Callable[..., Said], tmp_path: Path) -> None:
    code, out, err = export("embed", "--json", "-o", str(tmp_path))
    told = json.loads(out)
    assert (code, err) == (0, "")
    assert (told["input_shape"], told["output_shape"]) == ([1, 128, 128, 3], [1, 253])
    assert told == json.loads((tmp_path / "embed-fp32.json").read_bytes())
