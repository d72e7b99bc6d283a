"""What a worker claims belongs to the recipe, or the job ends; a receipt names what ran."""

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
from safelight.engine.book import Claim
from safelight.engine.engine import Engine
from safelight.engine.result import Result, Skipped
from safelight.engine.stock import Models, load_of
from safelight.engine.tuning import Tuning
from safelight.errors import ModelMissing, RecipeInvalid, WireBroken
from safelight.limits import MAX_MODELS
from safelight.models.guard import Retry
from safelight.recipe import Recipe
from safelight.settings import Settings
from safelight.worker import caged, orders
from safelight.worker.job import Answer, ModelFile
from tests.models.making import add_model

RESIZE: dict[str, Any] = {"op": "resize", "width": 20}
EMBED = {"op": "embed"}
CUTOUT = {"op": "cutout"}
UPSCALE = {"op": "upscale"}
RESTORE = {"op": "restore"}
STRETCHED: dict[str, Any] = {"input": 'resize = "stretch"\nside = 64', "output_kind": '"alpha"'}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """The built-in models in 8 bits, each with its twin; two of the user's that do not fit."""
    data = tmp_path_factory.mktemp("data")
    (data / "models").mkdir()
    add_model(data / "models", name="flat", aliases="[]")
    add_model(data / "models", name="mask", aliases="[]", **STRETCHED)
    for entry, task in (("flat", "cutout"), ("mask", "embed")):
        file = data / "models" / f"{entry}.toml"
        file.write_text(file.read_text().replace('task = "upscale"', f'task = "{task}"'))
        file.write_text(file.read_text().replace("scale = 2", "scale = 1"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Tuning, "choice", lambda _self: None)
        with Engine(replace(Settings(), data_dir=data), jobs=1) as engine:
            yield engine


def png(sigma: float = 0.0, side: int = 96) -> bytes:
    file = io.BytesIO()
    ramp = np.linspace(40, 210, side * side).reshape(side, side)
    noise = np.random.default_rng(5).normal(0, sigma, ramp.shape) if sigma else 0
    samples = (ramp + noise).clip(0, 255).astype(np.uint8)
    Pillow.fromarray(np.repeat(samples[..., None], 3, 2)).save(file, "PNG")
    return file.getvalue()


def done(engine: Engine, *steps: dict[str, Any], source: bytes | None = None) -> Result:
    result = engine.run(source or png(), Recipe.from_steps(steps))
    assert isinstance(result, Result)
    return result


FORGED: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    (RESIZE, {"vector": (1.0,)}, "vector"),
    (EMBED, {"vector": ()}, "vector"),
    (RESIZE, {"confidence": 0.99}, "confidence"),
    (CUTOUT, {"confidence": None}, "confidence"),
    (RESIZE, {"decided": {"noise": 1.0}}, "decided"),
    ({"op": "restore", "jpeg": 30}, {"decided": {"jpeg-quality": 33.0}}, "decided"),
    (RESIZE, {"ran": (0,)}, "no model of the recipe"),
    (UPSCALE, {"ran": (0, 1)}, "no model of the recipe"),
    (RESIZE, {"input_format": "jpeg"}, "read another format"),
    (RESIZE, {"format": "jpeg"}, "wrote another format"),
    (RESIZE, {"measures": {"ssim": 1.0}}, "measures"),
    (RESIZE, {"retries": (Retry(0, "blank", 1),)}, "a twin of a model that has none"),
]


@pytest.mark.parametrize(("step", "claims", "words"), FORGED)
def test_what_the_recipe_does_not_have_is_not_taken(
    engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
    step: dict[str, Any],
    claims: dict[str, Any],
    words: str,
) -> None:
    done(engine, step)  # the control: as the worker says it, it passes
    honest = orders.answer_of

    def forged(*given: Any, **more: Any) -> Answer:
        return replace(honest(*given, **more), **claims)

    monkeypatch.setattr(caged, "answer_of", forged)
    with pytest.raises(WireBroken, match=words):
        done(engine, step)


def test_a_picture_with_nothing_to_repair_names_no_model(engine: Engine, tmp_path: Path) -> None:
    source, output = tmp_path / "a.png", tmp_path / "b.png"
    source.write_bytes(png())
    recipe = Recipe.from_steps([RESTORE])
    result = engine.run(source, recipe, output=output)
    assert isinstance(result, Result)
    facts = Receipt.parse(result.receipt).predicate
    assert (result.is_reencoded, result.models, facts.models) == (False, (), ())
    assert facts.disclosure == "none"
    again = engine.run(source, recipe, output=output)
    assert isinstance(again, Skipped)
    assert again.reason == "verified"


def test_a_noisy_one_names_the_model_that_ran_and_no_other(engine: Engine) -> None:
    """The control of the test above."""
    result = done(engine, RESTORE, source=png(sigma=25.0))
    facts = Receipt.parse(result.receipt).predicate
    assert result.models == ("restore-noise",)
    assert [model.name for model in facts.models] == ["restore-noise"]
    assert facts.disclosure == "ai-restored"


def test_a_claim_holds_what_ran_in_order_and_nothing_else(engine: Engine) -> None:
    result = done(engine, {"op": "restore", "jpeg": 30, "denoise": 20})
    facts = Receipt.parse(result.receipt).predicate
    ran = tuple(model.sha256 for model in facts.models)
    assert len(ran) == 2
    operation, keyed = facts.operation, engine.book.keyed
    claim = Claim(facts.inputs[0].keyed_digest or "", b"", operation.recipe_sha256 or "", ran)
    assert claim.holds(facts, keyed, any_input=False)
    assert replace(claim, models=("0" * 64, *ran)).holds(facts, keyed, any_input=False)
    assert replace(claim, input_digest="0" * 64).holds(facts, keyed, any_input=True)
    for other in (
        replace(claim, models=ran[:1]),
        replace(claim, models=ran[::-1]),
        replace(claim, models=()),
        replace(claim, input_digest="0" * 64),
        replace(claim, recipe_digest="0" * 64),
    ):
        assert not other.holds(facts, keyed, any_input=False)


def test_the_largest_recipe_goes_in_one_job(engine: Engine) -> None:
    """Every operation that has models, in 8 bits with their twins, and a ground."""
    ground = engine.add_picture(png())
    steps: list[dict[str, Any]] = [
        {"op": "restore", "denoise": 20, "jpeg": 30},
        {"op": "upscale", "to": "700x"},
        {"op": "cutout", "bg": f"picture:{ground}"},
        {"op": "resize", "width": 40},
        {"op": "upscale", "model": "photo"},
    ]
    files = engine.stock.models(Recipe.from_steps(steps).needs).files
    assert len(files) > 10
    result = done(engine, *steps)
    assert (result.width, result.height) == (80, 80)
    names = ["restore-jpeg", "restore-noise", "upscale-x4", "upscale-x2", "cutout"]
    assert result.models == (*names, "upscale-x4-photo")
    assert [fact.name for fact in Receipt.parse(result.receipt).predicate.models] == [
        *names,
        "upscale-x4-photo",
    ]


def test_more_than_a_job_carries_is_refused_in_words() -> None:
    files = [ModelFile(("picture", str(n), 1), b"{}", 0, 1) for n in range(MAX_MODELS + 1)]
    assert len(load_of(Models({}, {}), files[1:])) == MAX_MODELS
    with pytest.raises(RecipeInvalid, match=f"{MAX_MODELS + 1} model files and pictures"):
        load_of(Models({}, {}), files)


def test_a_model_that_has_no_x2_goes_by_x4(engine: Engine) -> None:
    result = done(engine, {"op": "upscale", "model": "photo"}, source=png(side=30))
    assert (result.width, result.height) == (60, 60)
    assert result.models == ("upscale-x4-photo",)


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ({"op": "cutout", "model": "flat"}, "does not cut out"),
        ({"op": "embed", "model": "mask"}, "gives no vector"),
    ],
)
def test_a_model_of_another_kind_is_no_sign_of_a_hostile_picture(
    engine: Engine, step: dict[str, Any], words: str
) -> None:
    with pytest.raises(ModelMissing, match=words):
        done(engine, step)
