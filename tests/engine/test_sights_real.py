"""Real models in the cage, from end to end: faces are covered, bodies and things are named."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow

from safelight.audit.receipt import Receipt
from safelight.engine.engine import Engine
from safelight.engine.result import Result
from safelight.models.shelf import wanted
from safelight.recipe import Recipe
from safelight.settings import Settings
from tests.models.real import entry_of, pinned

FACE = "photos/skimage/astronaut.png"
BODY = "pose/pose.jpg"
CROWD = "photos/bursts/breakdance_00043.jpg"
MODELS = ("yunet-n", "fastestdet", "movenet-lightning-int8", "blazepose-lite", "blazeface-short")


@pytest.fixture(scope="module")
def engine(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    folder = tmp_path_factory.mktemp("data")
    (folder / "models").mkdir()
    for name in MODELS:
        for one, data in zip(wanted(entry_of(name)), pinned(name, shared_data), strict=True):
            (folder / "models" / one.file).write_bytes(data)
    with Engine(replace(Settings(), data_dir=folder), jobs=1) as engine:
        yield engine


def done(engine: Engine, source: Path, *steps: dict[str, Any]) -> Result:
    result = engine.run(source, Recipe.from_steps(steps))
    assert isinstance(result, Result)
    return result


@pytest.mark.parametrize("model", ["faces", "blazeface-short"])
def test_a_face_is_found_where_it_is_and_covered(
    engine: Engine, shared_data: Path, model: str
) -> None:
    steps: tuple[dict[str, Any], ...] = (
        {"op": "detect", "model": model},
        {"op": "redact", "seen": ["face"]},
    )
    result = done(engine, shared_data / FACE, *steps)
    (face,) = result.annotations
    left, top, width, height = face.box or (0, 0, 0, 0)
    # By hand: from the chin to the brows, and between the ears.
    assert left < 195 < 265 < left + width
    assert top < 95 < 160 < top + height
    assert max(width, height) < 220
    picture = np.asarray(Pillow.open(io.BytesIO(result.data or b"")))
    assert picture[70:175, 185:270].max() == 0
    assert picture[300:, :].max() > 200


def test_a_body_and_its_outline_come_through(engine: Engine, shared_data: Path) -> None:
    result = done(engine, shared_data / BODY, {"op": "pose", "model": "blazepose-lite"})
    (body,) = result.annotations
    spots = {point.name: point for point in body.points}
    assert len(spots) == 33
    assert spots["left wrist"].x > 650
    assert spots["right wrist"].x < 320
    outline = np.unpackbits(np.frombuffer(body.mask, np.uint8)).mean()
    assert 0.05 < outline < 0.5


def test_people_of_a_crowd_are_named_and_each_gets_a_body(
    engine: Engine, shared_data: Path
) -> None:
    steps = ({"op": "detect", "label": ["person"]}, {"op": "pose", "each": True})
    result = done(engine, shared_data / CROWD, *steps)
    people = [sight for sight in result.annotations if sight.kind == "box"]
    bodies = [sight for sight in result.annotations if sight.kind == "pose"]
    assert len(people) >= 8
    assert len(bodies) >= 2
    assert result.models == ("fastestdet", "movenet-lightning-int8")


def test_the_receipt_of_a_covered_face_names_the_model_and_no_place(
    engine: Engine, shared_data: Path
) -> None:
    steps = ({"op": "detect", "model": "blazeface-short"}, {"op": "draw"})
    result = done(engine, shared_data / FACE, *steps)
    facts = Receipt.parse(result.receipt).predicate
    (model,) = facts.models
    assert (model.name, model.runtime) == ("blazeface-short", "tflite")
    assert model.runtime_version not in ("", "none")
    assert b"right eye" not in result.receipt


def test_most_faces_of_a_crowd_are_drawn(engine: Engine, shared_data: Path) -> None:
    steps = ({"op": "detect", "model": "faces"}, {"op": "draw"})
    result = done(engine, shared_data / CROWD, *steps)
    assert len(result.annotations) >= 18
    before = np.asarray(Pillow.open(shared_data / CROWD)).astype(int)
    after = np.asarray(Pillow.open(io.BytesIO(result.data or b""))).astype(int)
    far = np.abs(after - before).max(axis=2) > 60
    assert 0.01 < far.mean() < 0.15
