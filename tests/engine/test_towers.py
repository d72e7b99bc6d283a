"""In the cage, towers answer as they do in the reference library: classes, and words of one's own.

The weights are random (lab/towers.py); what the reference makes of them is committed.
"""

from __future__ import annotations

import gzip
import json
import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from safelight.engine.engine import Engine
from safelight.engine.result import Result
from safelight.engine.trial import try_out
from safelight.engine.tuning import Tuning
from safelight.errors import ModelFaulty, ModelMissing
from safelight.models.providers import SHARED
from safelight.models.store import Store
from safelight.models.tokens import END, LETTERS, START
from safelight.ops.classify import Classify
from safelight.ops.embed import Embed
from safelight.recipe import Recipe
from safelight.settings import Settings
from tests.models.towers import TERMS, VIT_LABELS, entry_of, expected, png, put, vocabulary

TOLERANCE = 1e-3
PIECES = [*LETTERS, *(letter + "</w>" for letter in LETTERS), START, END]
FEW = {
    "vocabulary": json.dumps({piece: number for number, piece in enumerate(PIECES)}).encode(),
    "merges": b"#version\n",
}
CLIP = expected()["clip"]
TEXTS = tuple(CLIP["texts"][place]["text"] for place in CLIP["words"])
# The last of them has signs that join others and are not printable: no label.
LABELS = TEXTS[:3]


def engine_of(data: Path) -> Engine:
    return Engine(replace(Settings(), data_dir=data), jobs=1)


@pytest.fixture(scope="module", autouse=True)
def untimed() -> Iterator[None]:
    """No self-test: nothing here depends on what is fastest."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Tuning, "choice", lambda _, **__: None)
        yield


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory, shared_data: Path) -> Iterator[Engine]:
    data = tmp_path_factory.mktemp("data")
    put(data / "models", "vit")
    put(data / "models", "clip-picture")
    put(data / "models", "clip-text", vocabulary((shared_data / TERMS).read_bytes()))
    with engine_of(data) as one:
        yield one


def seen(given: Engine, size: str, step: Classify) -> dict[str, float]:
    """Words and scores of a picture, by workers in the cage."""
    result = given.run(png(size), Recipe((step,)))
    assert isinstance(result, Result)
    return {sight.label: sight.score for sight in result.annotations}


@pytest.mark.parametrize("size", ["wide", "high", "small"])
def test_words_of_ones_own_have_the_shares_of_the_reference(engine: Engine, size: str) -> None:
    found = seen(engine, size, Classify(model="clip-picture", labels=LABELS))
    wanted = CLIP["scores"][size][: len(LABELS)]
    for label, share in zip(LABELS, wanted, strict=True):
        assert found[label] == pytest.approx(share / sum(wanted), abs=TOLERANCE)


def test_words_are_compared_the_same_on_a_device(engine: Engine) -> None:
    """The texts become numbers in the cage of the picture, vectors in that of the device."""
    settings = replace(engine.settings, device=SHARED, require_level=2)
    with Engine(settings, jobs=1) as shared:
        step = Classify(model="clip-picture", labels=LABELS)
        assert seen(shared, "small", step) == pytest.approx(seen(engine, "small", step), abs=1e-5)


def test_classes_have_the_shares_of_the_reference(engine: Engine) -> None:
    found = seen(engine, "wide", Classify(model="vit", top=10))
    shares = expected()["vit"]["pictures"]["wide"]["scores"]
    assert found == pytest.approx(dict(zip(VIT_LABELS, shares, strict=True)), abs=TOLERANCE)


def test_a_picture_has_the_vector_of_the_reference(engine: Engine) -> None:
    result = engine.run(png("high"), Recipe((Embed(model="clip-picture"),)))
    assert isinstance(result, Result)
    answer = CLIP["pictures"]["high"]["answer"]
    length = math.hypot(*answer)
    assert result.vector == pytest.approx([value / length for value in answer], abs=TOLERANCE)


def test_a_model_that_reads_no_words_compares_none(engine: Engine) -> None:
    with pytest.raises(ModelMissing, match="vit"):
        seen(engine, "wide", Classify(model="vit", labels=LABELS))


def test_what_reads_words_is_tried_with_the_model_that_sees(tmp_path: Path) -> None:
    put(tmp_path, "clip-picture")
    put(tmp_path, "clip-text", FEW)
    trial = try_out(entry_of("clip-text", FEW), Store(tmp_path), Settings())
    assert trial is not None
    assert trial.operation == "classify"


def test_what_reads_words_for_nothing_that_is_here_is_not_tried(tmp_path: Path) -> None:
    put(tmp_path, "clip-text", FEW)
    assert try_out(entry_of("clip-text", FEW), Store(tmp_path), Settings()) is None


def test_a_vocabulary_that_is_a_bomb_ends_in_one_error(tmp_path: Path) -> None:
    bomb = gzip.compress(b"a b\n" * 4_100_000, 1, mtime=0)
    put(tmp_path / "models", "clip-picture")
    put(tmp_path / "models", "clip-text", {"terms": bomb})
    with engine_of(tmp_path) as one, pytest.raises(ModelFaulty, match="vocabulary"):
        seen(one, "same", Classify(model="clip-picture", labels=LABELS))
