"""Rehearse a recipe without torch: draw a few pictures, lock, make batches and calibration inputs.

    python -m lab.rehearse cutout
    python -m lab.rehearse cutout --then FILE

Says as JSON which data files were opened and what came of them. With --then, this locked process
tries to open that file in every way that the lab's libraries have; `refused` says that all failed.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image, UnidentifiedImageError

from lab import guard, pool
from lab.folder import open_pools
from lab.recipe import Recipe, drawn_inputs, load_recipe

PICTURES, BATCH, CALIBRATION = 2, 2, 2


def shortened(recipe: Recipe) -> Recipe:
    """The recipe with a few pictures of each pool and a few inputs."""
    recipe.pools = tuple(replace(each, count=PICTURES) for each in recipe.pools)
    if recipe.contract is not None:
        recipe.contract = replace(recipe.contract, calibrate_on=CALIBRATION)
    return recipe


def rehearse(recipe: Recipe, folder: Path) -> dict[str, Any]:
    """Do what training and calibration do with data, under the same lock."""
    pools = open_pools(recipe, folder)
    shapes = []
    for index, progress in enumerate((0.0, 1.0)):
        random = np.random.default_rng([recipe.schedule.seed, index])
        batch = recipe.batch(pools, random, size=BATCH, progress=progress)
        shapes.append([list(array.shape) for array in batch])
    inputs = drawn_inputs(recipe, pools)
    return {
        "opened": guard.opened(),
        "kept": sorted(path.name for path in folder.iterdir()),
        "batches": shapes,
        "inputs": [list(value.shape) for value in inputs],
        "range": [float(np.min(inputs)), float(np.max(inputs))],
    }


def refused(file: Path) -> bool:
    """Whether no library of the lab gets at this file."""
    ways: dict[str, Callable[[], object]] = {
        "open": lambda: file.open("rb"),
        "Pillow": lambda: Image.open(file),
        "numpy": lambda: np.fromfile(file, np.uint8),
    }
    for way in ways.values():
        try:
            way()
        except PermissionError:
            continue
        except UnidentifiedImageError:
            return False
        return False
    return cv2.imread(str(file)) is None


def main() -> None:
    """Rehearse one recipe from the command line."""
    parser = argparse.ArgumentParser(description="rehearse a recipe under the lock, without torch")
    parser.add_argument("name")
    parser.add_argument("--then", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pool.CACHE = folder
        facts = rehearse(shortened(load_recipe(options.name)), folder)
    if options.then is not None:
        facts["refused"] = refused(options.then)
    print(json.dumps(facts))


if __name__ == "__main__":
    main()
