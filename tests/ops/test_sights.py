"""detect, pose, classify: what is asked for of what a model sees, in displayed pixels."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow
from pydantic import ValidationError

from safelight.annotation import Annotation, Seen
from safelight.codecs.encode import encode
from safelight.errors import ModelMissing, ParameterInvalid, RecipeInvalid
from safelight.operation import Context, ModelNeed, Operation, Sample
from safelight.ops.classify import Classify, shares
from safelight.ops.detect import Detect
from safelight.ops.draw import Draw
from safelight.ops.pose import Pose
from safelight.ops.redact import Redact
from safelight.recipe import Recipe
from tests import contract
from tests.contract import LIMITS, PICTURES, opened, with_pillow
from tests.ops.seers import POINTS, context, red_squares, session

LOOKING: tuple[Operation, ...] = (Detect(), Pose(), Classify())


def png(picture: Any, **how: Any) -> bytes:
    return with_pillow(np.asarray(picture), "PNG", **how)


def seen(operation: Operation, data: bytes, **changes: Any) -> tuple[Annotation, ...]:
    return operation.apply(opened(data), context(**changes)).sights


def saying(*sights: Annotation, vector: Sequence[float] = ()) -> Context:
    """A context whose model says this of any picture."""

    def see(_need: ModelNeed, _sample: Sample) -> Seen:
        return Seen(sights, vector=tuple(vector))

    return context(look=see)


def test_things_lie_where_they_are_displayed() -> None:
    found = seen(Detect(), png(red_squares((2, 1), (6, 5))))
    assert sorted(sight.box or () for sight in found) == [(20, 10, 10, 10), (60, 50, 10, 10)]
    assert {(sight.kind, sight.label) for sight in found} == {("box", "square")}


def test_a_sideways_photograph_is_seen_upright() -> None:
    exif = Pillow.Exif()
    exif[0x0112] = 6
    stored = io.BytesIO()
    red_squares((2, 1)).save(stored, "JPEG", quality=95, exif=exif)
    (found,) = seen(Detect(), stored.getvalue())
    assert found.box == (60, 20, 10, 10)


def test_a_large_jpeg_is_seen_at_the_size_it_has() -> None:
    stored = io.BytesIO()
    red_squares((3, 2), side=200).save(stored, "JPEG")
    (found,) = seen(Detect(), stored.getvalue())
    assert found.box == (600, 400, 200, 200)


def test_only_what_is_asked_for_is_kept() -> None:
    things = [
        Annotation("box", word, score, (0, 0, 5, 5))
        for word, score in (("Square", 0.9), ("circle", 0.6), ("square", 0.3))
    ]
    data = png(red_squares())

    def kept(**parameters: Any) -> list[tuple[str, float]]:
        image = Detect(**parameters).apply(opened(data), saying(*things))
        return [(sight.label, sight.score) for sight in image.sights]

    assert kept() == [("Square", 0.9), ("circle", 0.6), ("square", 0.3)]
    assert kept(label=("SQUARE",)) == [("Square", 0.9), ("square", 0.3)]
    assert kept(least=0.5) == [("Square", 0.9), ("circle", 0.6)]
    assert kept(label=("any",), least=0.9) == [("Square", 0.9)]


def test_a_label_that_the_model_does_not_know_is_no_silent_nothing() -> None:
    for label in ("squares", "a square", "face"):
        with pytest.raises(ParameterInvalid, match="label number 2 is no word"):
            seen(Detect(label=("circle", label)), png(red_squares()))


def test_the_points_of_a_body_are_named() -> None:
    (body,) = seen(Pose(), png(red_squares()))
    assert [point.name for point in body.points] == list(POINTS)
    assert (body.points[1].x, body.points[1].y) == (60, 40)
    assert body.label == "person"
    assert seen(Pose(least=0.95), png(red_squares())) == ()


def test_words_come_the_surest_first_and_no_more_than_asked() -> None:
    data = png(Pillow.new("RGB", (30, 20), (0, 255, 51)))
    words = [(word.label, round(word.score, 3)) for word in seen(Classify(), data)]
    assert words == [("green", 1.0), ("blue", 0.2), ("red", 0.0)]
    assert len(seen(Classify(top=1), data)) == 1
    assert len(seen(Classify(least=0.1), data)) == 2


@pytest.mark.parametrize("operation", LOOKING, ids=lambda one: one.name)
@pytest.mark.parametrize("picture", PICTURES)
def test_any_picture_can_be_looked_at_and_is_left_as_it_was(
    operation: Operation, picture: str
) -> None:
    data = PICTURES[picture]()
    image = operation.apply(opened(data), context())
    assert image.is_untouched
    assert all(operation.asks_for(sight) for sight in image.sights)
    assert image.sights == operation.apply(opened(data), context()).sights


@pytest.mark.parametrize("operation", [*LOOKING, Draw()], ids=lambda one: one.name)
def test_each_describes_its_fields(operation: Operation) -> None:
    contract.describes_its_fields(operation)


@pytest.mark.parametrize("operation", LOOKING, ids=lambda one: one.name)
def test_each_comes_back_from_its_recipe(operation: Operation) -> None:
    contract.comes_back_from_its_recipe(operation)
    assert operation.needs()[0] == ModelNeed(operation.name, "usual")
    assert not operation.gives_image


@pytest.mark.parametrize("operation", LOOKING, ids=lambda one: one.name)
def test_a_model_of_another_kind_is_refused(operation: Operation) -> None:
    others = {"box": "pose", "pose": "label", "label": "box"}
    own = {"detect": "box", "pose": "pose", "classify": "label"}[operation.name]
    with pytest.raises(ModelMissing, match="the model"):
        operation.apply(opened(png(red_squares())), saying(Annotation(others[own], "x", 1.0)))


@pytest.mark.parametrize("operation", LOOKING, ids=lambda one: one.name)
def test_no_other_kind_is_asked_for(operation: Operation) -> None:
    own = {"detect": "box", "pose": "pose", "classify": "label"}[operation.name]
    kinds = [kind for kind in ("label", "box", "pose") if operation.asks_for(Annotation(kind))]
    assert kinds == [own]
    assert not Redact(seen=("any",)).asks_for(Annotation("box"))


def test_pixels_of_a_step_before_are_made_once() -> None:
    made = 0

    def counted(frame: Any) -> Any:
        nonlocal made
        made += 1
        return frame

    image = opened(png(red_squares((1, 1)))).map_frames(counted)
    image = Detect().apply(image, context())
    assert [sight.box for sight in Pose().apply(image, context()).sights[:1]] == [(10, 10, 10, 10)]
    assert image.vips.get_n_pages() == 1
    encode(image, memoryview(png(red_squares((1, 1)))), LIMITS)
    assert made == 1


# What a model that reads says of these words: their directions.
TEXTS = {"a cat": (1.0, 0.0), "a dog": (0.0, 1.0), "both": (0.6, 0.8)}


def comparing(activation: str = "softmax", gain: float = 4.0, offset: float = 0.0) -> Context:
    """A context with a model that sees a direction, and one that reads words."""
    entry = session(ModelNeed("classify", "usual")).model
    facts = {"kind": "vector", "gain": gain, "offset": offset, "activation": activation}
    entry = entry.model_copy(update={"output": entry.output.model_copy(update=facts)})

    class Held:
        model = entry

        def run(self, tensor: Any) -> Any:
            return tensor

    def see(_need: ModelNeed, _sample: Sample) -> Seen:
        return Seen(vector=(3.0, 4.0))

    def read(_need: ModelNeed, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        return [TEXTS[text] for text in texts]

    return Context(LIMITS, lambda _need: Held(), look=see, read=read)


def test_a_picture_is_compared_with_words_of_ones_own() -> None:
    operation = Classify(labels=("a cat", "a dog", "both"))
    assert operation.needs() == (ModelNeed("embed", "usual"), ModelNeed("read", "usual"))
    found = operation.apply(opened(png(red_squares())), comparing()).sights
    assert [word.label for word in found] == ["both", "a dog", "a cat"]
    weights = np.exp(4.0 * np.array([1.0, 0.8, 0.6]))
    assert [word.score for word in found] == pytest.approx(weights / weights.sum())
    assert all(operation.asks_for(word) for word in found)
    assert not operation.asks_for(Annotation("label", "a mouse", 1.0))
    assert operation.own_words() == ("a cat", "a dog", "both")


def test_words_may_each_stand_for_themselves() -> None:
    context = comparing("sigmoid", gain=10.0, offset=-8.0)
    found = Classify(labels=("a cat", "a dog")).apply(opened(png(red_squares())), context).sights
    assert [word.score for word in found] == pytest.approx([0.5, 1 / (1 + np.exp(2))])


def test_scores_are_numbers_however_far_words_are() -> None:
    assert shares([1e6, -1e6], "softmax") == [1.0, 0.0]
    assert shares([1e6, -1e6], "sigmoid") == pytest.approx([1.0, 0.0])


@pytest.mark.parametrize("gain", [0.0])
def test_a_model_without_words_is_refused(gain: float) -> None:
    with pytest.raises(ModelMissing, match="does not compare"):
        Classify(labels=("a cat",)).apply(opened(png(red_squares())), comparing(gain=gain))


@pytest.mark.parametrize(
    "labels", [("",), ("a\nb",), (" ",), ("x" * 65,), tuple(map(str, range(65)))]
)
def test_labels_that_nobody_could_read_are_refused(labels: tuple[str, ...]) -> None:
    with pytest.raises(ValidationError):
        Classify(labels=labels)


def test_a_label_that_stands_there_twice_is_refused() -> None:
    with pytest.raises(ValidationError, match="share one score"):
        Classify(labels=("a cat", "a dog", "a cat"))


def test_what_was_seen_must_still_lie_there() -> None:
    steps = [{"op": "detect"}, {"op": "convert", "to": "png"}, {"op": "draw"}, {"op": "flip"}]
    steps[-1]["horizontal"] = "true"
    assert Recipe.from_steps(steps).verbs == ("detect", "convert", "draw", "flip")
    for moving in ({"op": "resize", "fit": "9x9"}, {"op": "flip", "horizontal": "true"}):
        with pytest.raises(RecipeInvalid, match=f"{moving['op']} moves what detect has seen"):
            Recipe.from_steps([{"op": "detect"}, moving, {"op": "draw"}])
    with pytest.raises(RecipeInvalid, match="flip moves what detect has seen, before pose"):
        Recipe.from_steps([{"op": "detect"}, moving, {"op": "pose"}])
    with pytest.raises(RecipeInvalid, match="no step before it looks") as error:
        Recipe.from_steps([{"op": "redact", "seen": ["face"]}])
    assert "detect" in error.value.hint
    Recipe.from_steps([{"op": "redact", "box": ["1,1,2,2"]}])
