"""Models of others in the cage, from end to end: they cut out, enlarge and compare."""

from __future__ import annotations

import io
import math
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
from safelight.engine.tuning import Tuning
from safelight.errors import ModelMissing, WireBroken
from safelight.models.shelf import wanted
from safelight.recipe import Recipe
from safelight.settings import Settings
from safelight.worker import caged, orders
from safelight.worker.job import Answer
from tests.contract import drawn, with_pillow
from tests.models.real import entry_of, pinned
from tests.models.test_real_bodies import GROUND, SUBJECT
from tests.models.test_real_faces import PORTRAIT
from tests.models.towers import expected, png, put

MODELS = ("selfie", "deeplab-portrait", "espcn-x3", "waifu2x-photo")


@pytest.fixture(scope="module")
def engine(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    folder = tmp_path_factory.mktemp("data")
    (folder / "models").mkdir()
    put(folder / "models", "siglip")
    for name in MODELS:
        for one, data in zip(wanted(entry_of(name)), pinned(name, shared_data), strict=True):
            (folder / "models" / one.file).write_bytes(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Tuning, "choice", lambda _, **__: None)
        with Engine(replace(Settings(), data_dir=folder), jobs=1) as engine:
            yield engine


def done(engine: Engine, source: Path | bytes, **step: Any) -> Result:
    result = engine.run(source, Recipe.from_steps([step]))
    assert isinstance(result, Result)
    return result


def shown(result: Result) -> Any:
    return np.asarray(Pillow.open(io.BytesIO(result.data or b"")))


def test_a_portrait_is_cut_out_by_the_word_for_people(engine: Engine, shared_data: Path) -> None:
    result = done(engine, shared_data / PORTRAIT, op="cutout", model="people", mask_only=True)
    mask = shown(result)
    assert all(mask[y, x] > 127 for x, y in SUBJECT)
    assert not any(mask[y, x] > 127 for x, y in GROUND)
    assert result.models == ("selfie",)
    assert result.confidence is not None
    assert result.confidence > 0.75
    (model,) = Receipt.parse(result.receipt).predicate.models
    assert (model.name, model.runtime) == ("selfie", "tflite")


def forged(monkeypatch: pytest.MonkeyPatch, **claims: Any) -> None:
    honest = orders.answer_of

    def answer(*given: Any, **more: Any) -> Answer:
        return replace(honest(*given, **more), **claims)

    monkeypatch.setattr(caged, "answer_of", answer)


def test_what_says_yes_or_no_may_lack_a_confidence_and_nothing_else_may(
    engine: Engine, shared_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = {"op": "cutout", "mask_only": True}
    result = done(engine, shared_data / PORTRAIT, model="deeplab-portrait", **step)
    assert (result.confidence, result.models) == (None, ("deeplab-portrait",))
    assert Receipt.parse(result.receipt).predicate.operation.confidence is None
    forged(monkeypatch, confidence=None)
    with pytest.raises(WireBroken, match="confidence"):
        done(engine, shared_data / PORTRAIT, model="selfie", **step)


def test_every_scale_is_reached_by_the_step_that_the_model_has(engine: Engine) -> None:
    source = with_pillow(drawn(), "PNG")
    for model, scale in (("espcn", 3), ("espcn-x3", 2), ("waifu2x-photo", 2), ("waifu2x-photo", 4)):
        result = done(engine, source, op="upscale", model=model, scale=scale)
        large = Pillow.open(io.BytesIO(result.data or b"")).convert("RGB")
        assert large.size == (48 * scale, 36 * scale)
        assert result.models == (("espcn-x3" if model == "espcn" else model),)
        back = np.asarray(large.resize((48, 36), Pillow.Resampling.BOX)).astype(int)
        assert np.abs(back - drawn()).mean() < 4
    result = done(engine, source, op="upscale", model="waifu2x-photo", to="300x")
    assert (result.width, result.height) == (300, 225)


@pytest.mark.parametrize(
    ("step", "hint"),
    [
        ({"op": "upscale", "model": "bsrn", "scale": 4}, "models pull bsrn"),
        ({"op": "upscale", "model": "bsrn", "scale": 2}, "models pull bsrn"),
        ({"op": "upscale", "model": "bsrn", "to": "100x"}, "models pull bsrn"),
        ({"op": "cutout", "model": "modnet"}, "models pull modnet"),
        ({"op": "embed", "model": "clip-vit-b32"}, "models pull clip-vit-b32"),
    ],
)
def test_what_is_not_here_is_told_with_the_line_that_gets_it(
    engine: Engine, step: dict[str, Any], hint: str
) -> None:
    with pytest.raises(ModelMissing, match="not here yet") as missing:
        done(engine, with_pillow(drawn(), "PNG"), **step)
    assert missing.value.hint == f"safelight {hint}"


@pytest.mark.parametrize("size", ["wide", "high"])
def test_a_picture_has_the_vector_of_the_reference(engine: Engine, size: str) -> None:
    vector = done(engine, png(size), op="embed", model="siglip").vector
    answer = expected()["siglip"]["pictures"][size]["answer"]
    length = math.hypot(*answer)
    assert vector == pytest.approx([value / length for value in answer], abs=1e-3)
