"""The drawn pictures: decided by a seed, and by nothing else."""

from __future__ import annotations

import ast
import builtins
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from lab.draw import TRAINING_SEED
from lab.pool import digest
from lab.scene import draw_scene

LAB = Path(__file__).resolve().parents[2] / "lab"
DRAWING = ("scene", "shapes", "textures")
ALLOWED_IMPORTS = set("__future__ collections dataclasses numpy PIL lab typing".split())

# Means of the 16 squares of picture 3: a change here makes the model card's pool another one.
MEANS_OF_PICTURE_3 = """
76.2 68.1 31.2 38.4
74.0 67.5 73.4 73.7
58.2 84.3 72.3 67.8
70.1 73.5 59.7 56.5
"""


@cache
def drawn(number: int) -> NDArray[np.uint8]:
    return draw_scene((TRAINING_SEED, number))


def test_a_picture_is_decided_by_its_seed_and_number() -> None:
    first = drawn(3)
    np.random.seed(1)
    assert digest(draw_scene((TRAINING_SEED, 3))) == digest(first)
    assert digest(drawn(1)) != digest(first)
    assert digest(draw_scene((9, 3))) != digest(first)
    assert first.shape == (512, 512)
    assert first.dtype == np.uint8


def test_another_process_draws_the_same() -> None:
    code = (
        f"from lab.scene import *; print(draw_scene(({TRAINING_SEED}, 3)).tobytes().hex()[:2000])"
    )
    command = [sys.executable, "-c", code]
    answer = subprocess.run(command, check=True, capture_output=True, text=True, cwd=LAB.parent)
    assert answer.stdout.strip() == drawn(3).tobytes().hex()[:2000]


def test_the_shipped_models_learned_from_these_pictures() -> None:
    means = drawn(3).reshape(4, 128, 4, 128).mean(axis=(1, 3)).ravel()
    expected = [float(value) for value in MEANS_OF_PICTURE_3.split()]
    assert means == pytest.approx(expected, abs=0.5)


def test_drawing_opens_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = digest(drawn(1))

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the drawer opened a file")

    monkeypatch.setattr(builtins, "open", refuse)
    monkeypatch.setattr(Image, "open", refuse)
    assert digest(draw_scene((TRAINING_SEED, 1))) == expected


@pytest.mark.parametrize("name", DRAWING)
def test_drawing_needs_numpy_and_pillow_alone(name: str) -> None:
    tree = ast.parse((LAB / f"{name}.py").read_text())
    modules = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import)
               for alias in node.names}  # fmt: skip
    modules |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {module.split(".")[0] for module in modules} <= ALLOWED_IMPORTS
    lab_modules = {module for module in modules if module.startswith("lab.")}
    assert lab_modules <= {f"lab.{other}" for other in DRAWING}


def test_pictures_are_varied() -> None:
    pictures = [drawn(number).astype(np.float64) for number in (1, 3)]
    assert all(picture.std() > 10 for picture in pictures)
    assert abs(pictures[0] - pictures[1]).mean() > 10
