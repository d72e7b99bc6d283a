"""A picture as ground goes its own way into the cage: by SHA-256 in the recipe, never by name."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from safelight.cli.steps import with_pictures
from safelight.engine.engine import Engine
from safelight.errors import InputMissing
from safelight.ops.cutout import Cutout
from safelight.recipe import Recipe
from tests.ops.drawn_mug import drawn_mug


def photo(folder: Path) -> Path:
    path = folder / "mug.jpg"
    Pillow.fromarray(drawn_mug().picture).save(path, quality=92)
    return path


def shelf(folder: Path) -> Path:
    path = folder / "shelf.webp"
    Pillow.new("RGB", (64, 48), (20, 90, 200)).save(path, lossless=True)
    return path


def test_a_file_is_named_by_its_digest(tmp_path: Path) -> None:
    path = shelf(tmp_path)
    found, files = with_pictures(Cutout, {"bg": str(path), "crop": True})
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert found == {"bg": f"picture:{digest}", "crop": True}
    assert files == (path,)


@pytest.mark.parametrize("ground", ["white", "#ffeedd", "blur", None])
def test_a_word_is_no_file(ground: str | None) -> None:
    assert with_pictures(Cutout, {"bg": ground}) == ({"bg": ground}, ())


@pytest.mark.parametrize("name", ["nowhere.jpg", "."])
def test_a_file_that_cannot_be_read_is_missed(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputMissing):
        with_pictures(Cutout, {"bg": f"{tmp_path}/{name}"})


def test_the_ground_goes_through_the_cage_and_the_receipt_names_its_digest(tmp_path: Path) -> None:
    with Engine() as engine:
        digest = engine.add_picture(shelf(tmp_path))
        result = engine.run(photo(tmp_path), Recipe((Cutout(bg=f"picture:{digest}"),)))
        assert engine.add_picture(shelf(tmp_path).read_bytes()) == digest
    assert getattr(result, "data", None) is not None
    (tmp_path / "out.jpg").write_bytes(getattr(result, "data", b""))
    seen = np.asarray(Pillow.open(tmp_path / "out.jpg")).astype(int)
    assert np.abs(seen[5, 5] - (20, 90, 200)).max() < 8
    assert np.abs(seen[200, 216] - drawn_mug().picture[200, 216]).max() < 16
    receipt = json.dumps(json.loads(getattr(result, "receipt", b"{}")))
    assert "shelf" not in receipt


def test_a_recipe_whose_picture_was_not_added_is_refused(tmp_path: Path) -> None:
    recipe = Recipe((Cutout(bg="picture:" + "0" * 64),))
    with Engine() as engine, pytest.raises(InputMissing, match="was not given"):
        engine.run(photo(tmp_path), recipe)
