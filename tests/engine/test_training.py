"""A model of one's own tags, from its vectors to the words that the cage gives by it."""

from __future__ import annotations

import io
from array import array
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from safelight.engine import training
from safelight.engine.book import Book
from safelight.engine.bundling import Arriving, export
from safelight.engine.engine import Engine
from safelight.engine.result import Result
from safelight.engine.shelving import Shelving, Told
from safelight.engine.training import Example, Made, base_for, keep, require_free, train
from safelight.engine.tuning import Tuning
from safelight.errors import (
    Cancelled,
    DiskFull,
    ModelMissing,
    PolicyRefused,
    SafelightError,
    UsageError,
)
from safelight.models.heads.logistic import probabilities
from safelight.models.providers import SHARED
from safelight.models.store import Store
from safelight.operation import ModelNeed
from safelight.ops.classify import Classify
from safelight.ops.embed import Embed
from safelight.recipe import Recipe
from safelight.settings import Settings
from tests.models.towers import put

SEEN = 1e-4


@pytest.fixture(scope="module", autouse=True)
def untimed() -> Iterator[None]:
    """No self-test: nothing here depends on what is fastest."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Tuning, "choice", lambda _, **__: None)
        yield


def picture(number: int) -> bytes:
    """Warm for even numbers, cold for odd ones; each with a pattern of its own."""
    pattern = np.random.default_rng(number).integers(0, 200, (3, 2, 3), np.uint8)
    pattern[:, :, 2 * (number % 2)] += 55
    file = io.BytesIO()
    Image.fromarray(pattern).resize((60, 60), Image.Resampling.NEAREST).save(file, "png")
    return file.getvalue()


def settings_of(folder: Path) -> Settings:
    return replace(Settings(), data_dir=folder / "data", state_dir=folder / "state")


def examples_by(engine: Engine, model: str, count: int) -> list[Example]:
    found = []
    for number in range(count):
        result = engine.run(picture(number), Recipe((Embed(model=model),)))
        assert isinstance(result, Result)
        tag = ("warm", "cold")[number % 2]
        found.append(Example(array("f", result.vector), frozenset({tag})))
    return found


def made_over(settings: Settings, model: str, name: str = "mine") -> tuple[Made, list[float]]:
    """A model over this one, and the shares that its rule gives the first picture."""
    base = base_for(Store(settings.data_dir / "models"), model)
    with Engine(settings, jobs=1) as engine:
        examples = examples_by(engine, base.name, 16)
    first = np.array([examples[0].vector], np.float64)
    head, trained = train(examples, name, base, lambda _share: None)
    shares = probabilities(trained.rule.logits(first), is_exclusive=True)[0]
    made = keep(Shelving(settings), head, trained, Told())
    return made, [float(share) for share in shares]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, Made, list[float]]:
    """A model over a tower of CLIP whose weights are random."""
    settings = settings_of(tmp_path_factory.mktemp("training"))
    put(settings.data_dir / "models", "clip-picture")
    return settings, *made_over(settings, "clip-picture")


def words(settings: Settings, *, jobs: int = 1) -> dict[str, float]:
    with Engine(settings, jobs=jobs) as engine:
        result = engine.run(picture(0), Recipe((Classify(model="mine"),)))
    assert isinstance(result, Result)
    assert result.models == ("mine", "clip-picture")
    return {sight.label: sight.score for sight in result.annotations}


@pytest.mark.parametrize("device", ["cpu", SHARED])
def test_the_cage_gives_the_shares_of_the_rule(
    told: tuple[Settings, Made, list[float]], device: str
) -> None:
    settings, made, (cold, warm) = told
    assert made.trial is not None
    found = words(replace(settings, device=device))
    assert found == pytest.approx({"cold": cold, "warm": warm}, abs=SEEN)


def test_the_same_is_said_where_models_are_inherited(
    told: tuple[Settings, Made, list[float]],
) -> None:
    settings, _made, (cold, _warm) = told
    assert words(settings, jobs=8)["cold"] == pytest.approx(cold, abs=SEEN)


def test_what_it_stands_on_must_be_here_as_it_was(
    told: tuple[Settings, Made, list[float]], tmp_path: Path
) -> None:
    settings, made, _shares = told
    store = Store(settings.data_dir / "models")
    assert store.base(made.entry) == store.find(ModelNeed("embed", "clip-picture"))
    assert store.base(store.find(ModelNeed("embed", "clip-picture"))) is None
    other = made.entry.model_copy(update={"over_sha256": "0" * 64})
    with pytest.raises(ModelMissing, match="another version"):
        store.base(other)
    with pytest.raises(ModelMissing, match="clip-picture, whose vector mine takes, is not here"):
        Store(tmp_path).base(made.entry)
    upscaler = next(one for one in store.entries() if one.task == "upscale")
    wrong = {"over": upscaler.name, "over_sha256": upscaler.sha256}
    with pytest.raises(UsageError, match="gives no vector"):
        store.base(made.entry.model_copy(update=wrong))


def test_vectors_are_overwritten() -> None:
    rows = np.eye(12) + 0.1
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    examples = [
        Example(array("f", row), frozenset({"ab"[number % 2]})) for number, row in enumerate(rows)
    ]
    base = base_for(Store(), "alike")
    train(examples, "other", base, lambda _share: None)
    assert not any(any(example.vector) for example in examples)


@pytest.mark.parametrize("error", [DiskFull("full"), Cancelled()])
def test_a_model_that_does_not_come_through_leaves_nothing(
    tmp_path: Path, error: SafelightError, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise error

    settings = settings_of(tmp_path)
    monkeypatch.setattr(Shelving, "_try_and_take", fail)
    with pytest.raises(type(error)):
        made_over(settings, "alike")
    pulled = settings.data_dir / "models" / "pulled"
    assert [path for path in pulled.rglob("*") if path.is_file()] == []


def test_what_it_stands_on_is_what_sees_meaning_if_it_is_here(tmp_path: Path) -> None:
    assert base_for(Store(), "").name == "embed"
    put(tmp_path, "clip-picture")
    assert base_for(Store(tmp_path), "").name == "clip-picture"
    with pytest.raises(ModelMissing):
        base_for(Store(), "nobody")


def test_without_any_model_for_vectors_the_reason_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "BUILT_IN", "nobody")
    with pytest.raises(ModelMissing):
        base_for(Store(), "")


@pytest.mark.parametrize(
    ("name", "error"),
    [("Mine", UsageError), ("", UsageError), ("embed", PolicyRefused), ("fast", PolicyRefused)],
)
def test_a_name_that_is_taken_or_none_is_refused(name: str, error: type[SafelightError]) -> None:
    with pytest.raises(error):
        require_free(Store(), name)


def test_a_model_that_was_trained_here_may_be_replaced(
    told: tuple[Settings, Made, list[float]],
) -> None:
    settings, made, _shares = told
    store = Store(settings.data_dir / "models")
    assert require_free(store, "mine") == made.entry
    assert require_free(store, "other") is None


def test_a_bundle_brings_what_it_stands_on_first(
    told: tuple[Settings, Made, list[float]], tmp_path: Path
) -> None:
    """By their names the model would come, and be tried out, before what it needs."""
    settings, _made, _shares = told
    made_over(settings, "clip-picture", "a")
    signer = Book(tmp_path / "keys").keys.receipts
    export(Store(settings.data_dir / "models"), ["a"], tmp_path / "a.tar", signer)
    there = Shelving(settings_of(tmp_path))
    with (tmp_path / "a.tar").open("rb") as file:
        arriving = Arriving(there, file, signer)
        assert [one.entry.name for one in arriving.packed] == ["clip-picture", "a"]
        arriving.unpack()
        assert all(there.admit(one.entry, Told()) for one in arriving.packed)
