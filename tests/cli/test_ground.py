"""A picture as ground goes its own way into the cage: by SHA-256 in the recipe, never by name."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow

from safelight.batch.naming import Placement
from safelight.batch.plan import Selection, make_plan
from safelight.codecs.further import Shelf
from safelight.engine.engine import Engine
from safelight.errors import (
    FormatUnknown,
    InputMissing,
    LimitExceeded,
    OutputClash,
    RecipeInvalid,
)
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


def named(folder: Path, ground: str | None) -> tuple[dict[str, Any], dict[str, Path]]:
    files: dict[str, Path] = {}
    return Shelf(folder, 10_000).with_digests(Cutout, {"bg": ground, "crop": True}, files), files


def test_a_file_is_named_by_its_digest(tmp_path: Path) -> None:
    path = shelf(tmp_path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    for ground in ("shelf.webp", str(path)):
        found, files = named(tmp_path, ground)
        assert found == {"bg": f"picture:{digest}", "crop": True}
        assert files == {digest: path}


@pytest.mark.parametrize("ground", ["white", "#ffeedd", "blur", None])
def test_a_word_is_no_file(tmp_path: Path, ground: str | None) -> None:
    assert named(tmp_path, ground) == ({"bg": ground, "crop": True}, {})


@pytest.mark.parametrize("name", ["nowhere.jpg", "./", "pipe.jpg", "a\0b.jpg"])
def test_a_ground_that_cannot_be_read_is_missed_by_its_name(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    with pytest.raises(InputMissing, match="the ground picture"):
        named(tmp_path, name)


def test_a_ground_that_is_no_picture_or_too_large_is_refused_before_it_is_read(
    tmp_path: Path,
) -> None:
    (tmp_path / "text.jpg").write_text("hello")
    with pytest.raises(FormatUnknown, match=r"the ground picture .*text\.jpg is no picture"):
        named(tmp_path, "text.jpg")
    with (tmp_path / "huge.jpg").open("wb") as file:
        file.truncate(1 << 33)
    with pytest.raises(LimitExceeded, match=r"huge\.jpg has more than 10000 bytes"):
        named(tmp_path, "huge.jpg")


def test_a_recipe_file_names_a_ground_from_its_own_folder(tmp_path: Path) -> None:
    shelf(tmp_path)
    (tmp_path / "shop.toml").write_text('[[steps]]\nop = "cutout"\nbg = "shelf.webp"\n')
    recipe = Recipe.load(tmp_path / "shop.toml")
    digest = hashlib.sha256((tmp_path / "shelf.webp").read_bytes()).hexdigest()
    assert recipe.pictures == (digest,)
    assert recipe == Recipe((Cutout(bg=f"picture:{digest}"),), "shop")
    assert b"shelf" not in recipe.canonical
    with Engine() as engine:
        result = engine.run(photo(tmp_path), recipe)
    assert getattr(result, "confidence", 0) > 0.75


def test_a_recipe_that_is_no_file_reads_none(tmp_path: Path) -> None:
    text = f'[[steps]]\nop = "cutout"\nbg = "{shelf(tmp_path)}"\n'
    with pytest.raises(RecipeInvalid, match="bg: should be the new ground: a colour") as caught:
        Recipe.parse(text)
    assert "^(" not in str(caught.value)


def test_a_ground_that_changed_is_not_taken_for_the_one_that_was_named(tmp_path: Path) -> None:
    (tmp_path / "shop.toml").write_text('[[steps]]\nop = "cutout"\nbg = "shelf.webp"\n')
    path = shelf(tmp_path)
    recipe = Recipe.load(tmp_path / "shop.toml")
    path.write_bytes(photo(tmp_path).read_bytes())
    with Engine() as engine, pytest.raises(InputMissing, match="has changed"):
        engine.run(photo(tmp_path), recipe)


def safelight(folder: Path, *typed: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "safelight.cli", *typed, "--state-dir", str(folder / "state")]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_a_plan_takes_its_ground_along(tmp_path: Path) -> None:
    photo(tmp_path)
    shelf(tmp_path)
    wish = ("cutout", "mug.jpg", "--bg", "shelf.webp", "-o", "out.png", "--format", "png")
    (tmp_path / "plan.jsonl").write_text(safelight(tmp_path, *wish, "-n", "--json").stdout)
    assert not (tmp_path / "out.png").exists()
    ran = safelight(tmp_path, "run", "plan.jsonl")
    assert (ran.returncode, (tmp_path / "out.png").is_file()) == (0, True), ran.stderr


@pytest.mark.parametrize("target", ["shelf.webp", "./in/../shelf.webp", "link.webp", "other.webp"])
def test_no_output_takes_the_place_of_the_ground(tmp_path: Path, target: str) -> None:
    (tmp_path / "in").mkdir()
    os.link(shelf(tmp_path), tmp_path / "link.webp")
    (tmp_path / "other.webp").write_bytes(b"another file")
    recipe = Recipe((Cutout(bg="picture:" + "0" * 64),), "", {"0" * 64: tmp_path / "shelf.webp"})
    selection = Selection((str(photo(tmp_path)),))
    placement = Placement(str(tmp_path / target), None, "overwrite")
    if target == "other.webp":  # the control
        assert make_plan(selection, placement, recipe)[0].target == tmp_path / target
        return
    with pytest.raises(OutputClash, match="picture that the recipe uses"):
        make_plan(selection, placement, recipe)


def test_a_quality_that_no_result_can_have_is_refused(tmp_path: Path) -> None:
    Pillow.fromarray(drawn_mug().picture).save(tmp_path / "mug.png")
    photo(tmp_path)
    wish = ("cutout", "--bg", "white", "--quality", "50", "-n")
    refused = safelight(tmp_path, *wish, "mug.png")
    assert (refused.returncode, "png has no quality to choose" in refused.stderr) == (2, True)
    assert safelight(tmp_path, *wish, "mug.png", "mug.jpg").returncode == 0
    assert safelight(tmp_path, *wish, "mug.png", "-o", "white.jpg").returncode == 0


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
