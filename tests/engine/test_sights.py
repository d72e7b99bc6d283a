"""What models see comes out of the cage as the recipe asks for it, and goes into no receipt."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow

from safelight.annotation import Annotation, Keypoint
from safelight.batch.events import result_document
from safelight.engine.engine import Engine
from safelight.engine.result import Result
from safelight.errors import InputRefused, ModelMissing, ParameterInvalid, WireBroken
from safelight.recipe import Recipe
from safelight.settings import Settings
from safelight.worker import caged, orders
from safelight.worker.job import Answer
from tests.contract import animated, with_pillow
from tests.ops.seers import POINTS, install, red_squares

DETECT: dict[str, Any] = {"op": "detect"}
COVER: dict[str, Any] = {"op": "redact", "seen": ["square"], "grow": 0}
DRAW: dict[str, Any] = {"op": "draw"}
POSE: dict[str, Any] = {"op": "pose"}
CLASSIFY: dict[str, Any] = {"op": "classify", "top": 2}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    data = tmp_path_factory.mktemp("data")
    install(data / "models", "detect", "pose", "classify")
    with Engine(replace(Settings(), data_dir=data), jobs=1) as engine:
        yield engine


def png(*cells: tuple[int, int]) -> bytes:
    return with_pillow(np.asarray(red_squares(*cells)), "PNG")


def done(engine: Engine, *steps: dict[str, Any], source: bytes | None = None) -> Result:
    result = engine.run(source or png((2, 1), (6, 5)), Recipe.from_steps(steps))
    assert isinstance(result, Result)
    return result


def picture_of(result: Result) -> Any:
    return np.asarray(Pillow.open(io.BytesIO(result.data or b"")).convert("RGB")).astype(int)


def test_what_was_found_is_told(engine: Engine) -> None:
    result = done(engine, DETECT)
    assert sorted(sight.box or () for sight in result.annotations) == [
        (20, 10, 10, 10),
        (60, 50, 10, 10),
    ]
    assert (result.data, result.receipt, result.models) == (None, b"", ("seer-detect",))
    assert result.has_looked


def test_what_was_found_can_be_covered_and_drawn(engine: Engine) -> None:
    covered = done(engine, DETECT, COVER)
    expected = np.asarray(red_squares()).astype(int)
    expected[10:20, 20:30] = expected[50:60, 60:70] = 0
    assert np.array_equal(picture_of(covered), expected)
    assert len(covered.annotations) == 2
    assert covered.models == ("seer-detect",)
    drawn = picture_of(done(engine, DETECT, DRAW))
    assert np.any(drawn[10, 21:29] != (255, 0, 0))
    assert not np.array_equal(drawn, np.asarray(red_squares((2, 1), (6, 5))))


def test_a_word_that_nothing_is_called_by_is_no_silent_nothing(engine: Engine) -> None:
    """It would leave everything uncovered, and look like work well done."""
    dogs = {**DETECT, "label": ["circle"]}
    for steps, word in (
        ((DETECT, {**COVER, "seen": ["square", "squares"]}), "squares"),
        ((dogs, COVER), "square"),
        ((CLASSIFY, {**COVER, "seen": ["red"]}), "red"),
        ((CLASSIFY, {**COVER, "seen": ["any"]}), "any"),
    ):
        with pytest.raises(ParameterInvalid, match=f"would never find '{word}'") as error:
            done(engine, *steps)
        assert error.value.hint.endswith(("square, circle", "circle", "detect, pose"))
    done(engine, DETECT, {**COVER, "seen": ["SQUARE", "any"]})
    done(engine, POSE, {**COVER, "seen": ["person"]})


def test_bodies_and_words_are_told_too(engine: Engine) -> None:
    result = done(engine, POSE, CLASSIFY)
    body, *words = result.annotations
    assert [point.name for point in body.points] == list(POINTS)
    assert [word.label for word in words] == ["red", "green"]
    assert result.models == ("seer-pose", "seer-classify")


def test_what_is_made_of_pixels_before_is_looked_at(engine: Engine) -> None:
    flipped = done(engine, {"op": "flip", "horizontal": True}, DETECT, COVER)
    assert sorted(sight.box or () for sight in flipped.annotations) == [
        (10, 50, 10, 10),
        (50, 10, 10, 10),
    ]
    assert picture_of(flipped)[10:20, 50:60].max() == 0


def test_no_word_of_it_stands_in_a_receipt(engine: Engine) -> None:
    result = done(engine, DETECT, DRAW, source=png((2, 1)))
    text = result.receipt.decode()
    assert result.annotations
    assert "square" not in text
    assert '"annotations"' not in text


def test_a_line_of_json_has_it_all(engine: Engine) -> None:
    document = result_document(done(engine, POSE, source=png()))
    (body,) = document["annotations"]
    assert (body["kind"], body["label"], body["score"]) == ("pose", "person", 0.8333)
    assert body["points"][0] == {"name": "nose", "x": 40.0, "y": 20.0, "score": 0.9}
    assert result_document(done(engine, DETECT, source=png()))["annotations"] == []
    assert "annotations" not in result_document(done(engine, {"op": "inspect"}))


def test_of_an_animation_nothing_is_covered_by_its_first_frame(engine: Engine) -> None:
    with pytest.raises(InputRefused, match="a still picture is wanted"):
        done(engine, DETECT, COVER, source=animated(("red", "blue"), (50, 50)))


def test_a_model_that_is_not_here_is_named_with_the_line_that_gets_it() -> None:
    with Engine(replace(Settings(), data_dir=Path("nowhere")), jobs=1) as empty:
        for op, alias in (("detect", "faces"), ("detect", "usual"), ("pose", "usual")):
            with pytest.raises(ModelMissing) as error:
                done(empty, {"op": op, "model": alias})
            assert error.value.hint.startswith("safelight models pull ")


def _more(answer: Answer, *sights: Annotation) -> Answer:
    return replace(answer, sights=(*answer.sights, *sights))


THING = Annotation("box", "square", 0.9, (1, 1, 5, 5))
# How a worker that was taken over might answer, and the words of the refusal.
FORGED: dict[str, tuple[dict[str, Any], Callable[[Answer], Answer], str]] = {
    "a thing for a resize": (
        {"op": "resize", "width": 20},
        lambda answer: _more(answer, THING),
        "does not look for",
    ),
    "a word for a thing": (
        DETECT,
        lambda answer: _more(answer, Annotation("label", "square", 0.9)),
        "does not look for",
    ),
    "a body for a word": (
        CLASSIFY,
        lambda answer: _more(answer, Annotation("pose", "red", 0.9)),
        "does not look for",
    ),
    "a thing that is not asked for": (
        {"op": "detect", "label": ["square"]},
        lambda answer: _more(answer, replace(THING, label="circle")),
        "does not look for",
    ),
    "a thing less sure than asked": (
        {"op": "detect", "least": 0.6},
        lambda answer: _more(answer, replace(THING, score=0.5)),
        "does not look for",
    ),
    "a word that the model does not know": (
        DETECT,
        lambda answer: _more(answer, replace(THING, label="a secret")),
        "by no word",
    ),
    "a point that the model does not know": (
        POSE,
        lambda answer: _more(
            answer, Annotation("pose", "person", 1.0, points=(Keypoint("a secret", 1, 1),))
        ),
        "by no word",
    ),
}


@pytest.mark.parametrize("name", FORGED)
def test_what_the_recipe_does_not_look_for_is_not_taken(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    step, forge, words = FORGED[name]
    done(engine, step)  # the control: as the worker says it, it passes
    honest = orders.answer_of

    def forged(*given: Any, **more: Any) -> Answer:
        return forge(honest(*given, **more))

    monkeypatch.setattr(caged, "answer_of", forged)
    with pytest.raises(WireBroken, match=words):
        done(engine, step)
