"""What models say of a whole picture: words, masks, vectors, and the points of a body."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from safelight.annotation import Annotation, Seen
from safelight.errors import ModelFaulty, ModelMissing
from safelight.models.answers import DECODERS, POINTERS, decoder_of
from safelight.models.contract import ModelOutput
from safelight.models.tensors import Part, View
from tests.models.looking import Array, bits, giving, whole

VIEW = whole(100, 50, 64, 64)
LETTERBOX = View(Part(0.0, -100.0, 400.0, 400.0), 64, 64, (400, 200))
WORDS = ("cat", "dog", "bird")


def read(answers: list[Array], output: ModelOutput, view: View = VIEW) -> Seen:
    return DECODERS[decoder_of(output)](answers, output, view)


def row(*values: float) -> list[Array]:
    return [np.array([values], np.float32)]


def told(found: Seen) -> list[tuple[str, float]]:
    return [(one.label, round(one.score, 3)) for one in found.annotations]


def test_words_come_with_their_scores_the_surest_first() -> None:
    output = giving("labels", labels=WORDS)
    assert told(read(row(0.2, 0.7, 0.1), output)) == [("dog", 0.7), ("cat", 0.2), ("bird", 0.1)]


def test_scores_go_through_the_curve_of_the_entry() -> None:
    soft = giving("labels", labels=WORDS, activation="softmax")
    assert told(read(row(0.0, 0.0, np.log(2)), soft))[0] == ("bird", 0.5)
    bent = giving("labels", labels=WORDS, activation="sigmoid")
    assert told(read(row(0.0, -900.0, 900.0), bent)) == [("bird", 1.0), ("cat", 0.5), ("dog", 0.0)]


def test_words_that_are_not_sure_enough_and_those_beyond_the_most_are_left_out() -> None:
    output = giving("labels", labels=WORDS, least=0.15)
    assert told(read(row(0.2, 0.7, 0.1), output)) == [("dog", 0.7), ("cat", 0.2)]
    assert len(read(row(0.2, 0.7, 0.1), giving("labels", most=1)).annotations) == 1


def test_a_score_without_a_word_has_its_number() -> None:
    assert told(read([np.ones((1, 2, 1, 1), np.float32)], giving("labels")))[1] == ("1", 1.0)


@pytest.mark.parametrize("count", [2, 4])
def test_another_number_of_scores_than_words_is_faulty(count: int) -> None:
    with pytest.raises(ModelFaulty, match="number of labels"):
        read(row(*[0.1] * count), giving("labels", labels=WORDS))


def test_a_vector_is_as_the_model_gave_it() -> None:
    assert read(row(3.0, -4.0), giving("vector")).vector == (3.0, -4.0)
    with pytest.raises(ModelFaulty):
        read(row(*[1.0] * 100_000), giving("vector"))


def plane() -> Array:
    """The left half of 64 x 64 is the subject."""
    shares = np.zeros((64, 64), np.float32)
    shares[:, :32] = 1
    return shares


@pytest.mark.parametrize(
    ("shape", "layout"),
    [((1, 1, 64, 64), "NCHW"), ((1, 64, 64, 1), "NHWC"), ((64, 64), ""), ((1, 64, 64), "NHWC")],
)
def test_a_mask_is_that_of_the_picture_in_every_layout(shape: tuple[int, ...], layout: str) -> None:
    mask = read([plane().reshape(shape)], giving("alpha", layout=layout)).mask
    assert (mask.dtype, mask.shape) == (np.float32, (64, 64))
    assert (mask == plane()).all()


def test_the_subject_is_in_the_channel_that_the_entry_names() -> None:
    two = np.stack((1 - plane(), plane()))[None] * 20
    output = giving("alpha", layout="NCHW", activation="softmax", channel=1)
    assert np.allclose(read([two], output).mask, plane(), atol=1e-6)
    with pytest.raises(ModelFaulty):
        read([two], output.model_copy(update={"channel": 2}))


def test_a_mask_is_stretched_to_its_ends_where_the_entry_says_so() -> None:
    output = giving("alpha", scaling="minmax")
    assert np.allclose(read([plane() * 0.3 + 0.2], output).mask, plane(), atol=1e-6)
    assert (read([plane() * 0 + 0.2], output).mask == 0).all()


def test_the_range_of_the_entry_becomes_nothing_to_all() -> None:
    mask = read([plane() * 300], giving("alpha", range=(0.0, 255.0))).mask
    assert (mask == plane()).all()


def test_the_padding_of_a_letterbox_is_no_part_of_the_mask() -> None:
    shares = np.zeros((32, 32), np.float32)
    shares[8:24, 16:] = 1
    mask = read([shares], giving("alpha"), LETTERBOX).mask
    assert mask.shape == (16, 32)
    assert (mask[:, 16:] == 1).all()
    assert (mask[:, :16] == 0).all()


def test_what_a_crop_did_not_show_is_no_subject() -> None:
    view = View(Part(150.0, 0.0, 100.0, 100.0), 64, 64, (400, 100))
    mask = read([np.ones((10, 10), np.float32)], giving("alpha"), view).mask
    assert mask.shape == (10, 40)
    assert (mask[:, 15:25] == 1).all()
    assert mask.sum() == 100


@pytest.mark.parametrize("shape", [(2, 1, 8, 8), (7,), (1, 1, 1, 9_000)])
def test_what_is_no_plane_is_faulty(shape: tuple[int, ...]) -> None:
    with pytest.raises(ModelFaulty):
        read([np.zeros(shape, np.float32)], giving("alpha", layout="NCHW"))


def test_classes_are_the_subject_where_the_number_is_its_own() -> None:
    numbers = (plane() * 15).astype(np.float32)[None]
    output = giving("alpha", decoder="classes", channel=15, layout="NHWC")
    assert (read([numbers], output).mask == plane()).all()
    assert (read([numbers], output.model_copy(update={"channel": 3})).mask == 0).all()


POINTS = ("nose", "hip", "foot")


def movenet(least: float = 0.3) -> tuple[list[Array], ModelOutput]:
    rows = [[0.2, 0.5, 0.9], [0.6, 0.5, 0.5], [1.2, 0.4, 0.8]]
    answer = np.array([[rows]], np.float32)
    return [answer], giving("keypoints", decoder="movenet", points=POINTS, least=least)


def alone(found: Seen) -> Annotation:
    (one,) = found.annotations
    return one


def test_the_points_of_a_body_have_their_places_and_scores() -> None:
    one = alone(read(*movenet()))
    assert (one.kind, [point.name for point in one.points]) == ("pose", list(POINTS))
    nose, _, foot = one.points
    assert (nose.x, nose.y, nose.score) == pytest.approx((50, 10, 0.9), abs=1e-4)
    assert (foot.x, foot.y) == pytest.approx((40, 60), abs=1e-4)


def test_the_box_of_a_body_holds_its_sure_points_in_the_picture() -> None:
    one = alone(read(*movenet()))
    assert one.box == (50, 10, 1, 21)
    assert one.score == pytest.approx(0.7, abs=1e-4)


def test_a_body_of_one_sure_point_is_none() -> None:
    assert read(*movenet(least=0.6)) == Seen()


def test_another_number_of_points_is_faulty() -> None:
    answers, output = movenet()
    with pytest.raises(ModelFaulty, match="number of points"):
        read([answers[0][:, :, :2]], output)


def test_a_body_is_looked_at_closer_in_the_square_around_its_sure_points() -> None:
    answers, output = movenet()
    close = output.model_copy(update={"anchors": {"room": (2.0,)}})
    view = whole(100, 100, 64, 64)
    part = POINTERS["movenet"](answers, close, view)
    assert part is not None
    wanted = (45 - 100, 70 - 100, 200, 200)
    assert (part.left, part.top, part.width, part.height) == pytest.approx(wanted, abs=1e-4)
    assert part.turn == 0
    assert POINTERS["movenet"](answers, output, view) is None
    unsure = close.model_copy(update={"least": 0.85})
    assert POINTERS["movenet"](answers, unsure, view) is None


def blazepose(sure: float = 0.9) -> tuple[list[Array], ModelOutput]:
    """A body of 64 x 64, and two points more that say where it is."""
    rows = [[32, 16, 0, 8, 8], [32, 40, 0, 8, 8], [24, 60, 0, -8, 8], [32, 32, 0, 0, 0]]
    rows.append([32, 8, 0, 0, 0])
    mask = np.full((1, 32, 32, 1), -9, np.float32)
    mask[0, 4:30, 10:22] = 9
    values = np.array(rows, np.float32).reshape(1, -1)
    output = giving(
        "keypoints",
        decoder="blazepose",
        points=POINTS,
        layout="NHWC",
        least=0.5,
        anchors={"region": (3.0, 4.0, 1.25)},
    )
    return [values, np.array([[sure]], np.float32), mask], output


def test_a_body_has_the_mask_of_what_it_covers() -> None:
    one = alone(read(*blazepose()))
    assert one.score == pytest.approx(0.9)
    assert one.points[2].score == pytest.approx(0, abs=1e-3)
    assert one.box == (31, 6, 38, 41)
    assert bits(one.mask).mean() > 0.95


def test_a_body_without_a_mask_has_the_box_of_its_points() -> None:
    answers, output = blazepose()
    one = alone(read(answers[:2], output))
    assert (one.box, one.mask) == ((50, 12, 1, 20), b"")
    empty = [*answers[:2], np.full((1, 32, 32, 1), -9, np.float32)]
    assert alone(read(empty, output)) == one


def test_where_there_is_no_body_there_is_none_and_nowhere_to_look() -> None:
    answers, output = blazepose(sure=0.4)
    assert read(answers, output) == Seen()
    assert POINTERS["blazepose"](answers, output, VIEW) is None
    hidden = answers[0].reshape(-1, 5).copy()
    hidden[:, 3] = -9
    assert read([hidden.reshape(1, -1), np.ones((1, 1), np.float32)], output) == Seen()


def test_a_body_says_where_to_look_closer() -> None:
    answers, output = blazepose()
    view = whole(64, 64, 64, 64)
    assert POINTERS["blazepose"](answers, output, view) == Part(2.0, 2.0, 60.0, 60.0)


def test_a_body_that_lies_is_to_be_looked_at_as_if_it_stood() -> None:
    answers, output = blazepose()
    rows = answers[0].reshape(-1, 5)
    rows[4, :2] = (8, 32)
    part = POINTERS["blazepose"](answers, output, whole(64, 64, 64, 64))
    assert part is not None
    assert part.turn == pytest.approx(-np.pi / 2)


def test_the_mask_of_a_turned_body_lies_where_it_is_displayed() -> None:
    """Seen upright, the body fills the upper half of the tensor; it lies with its head right."""
    answers, output = blazepose()
    answers[2][:] = -9
    answers[2][0, :16] = 9
    view = View(Part(10.0, 10.0, 64.0, 64.0, np.pi / 2), 64, 64, (200, 100))
    one = alone(read(answers, output, view))
    assert one.box == (34, 10, 40, 64)
    assert bits(one.mask)[:, 13:].all()
    assert not bits(one.mask)[:, :12].any()
    nose = one.points[0]
    assert (nose.x, nose.y) == pytest.approx((10 + 64 - 16, 10 + 32))


@pytest.mark.parametrize("wrong", [{"anchors": {}}, {"anchors": {"region": (3.0, 9.0, 1.25)}}])
def test_a_region_that_is_not_there_is_told(wrong: dict[str, Any]) -> None:
    answers, output = blazepose()
    with pytest.raises(ModelFaulty):
        POINTERS["blazepose"](answers, output.model_copy(update=wrong), VIEW)


@pytest.mark.parametrize("part", [0, 1])
def test_a_body_of_another_shape_is_faulty(part: int) -> None:
    answers, output = blazepose()
    answers[part] = np.zeros((1, 7), np.float32)
    with pytest.raises(ModelFaulty):
        read(answers, output)


@pytest.mark.parametrize(("kind", "decoder"), [("boxes", ""), ("rgb", ""), ("boxes", "other")])
def test_an_answer_that_nothing_reads_is_told(kind: str, decoder: str) -> None:
    with pytest.raises(ModelMissing, match="no decoder"):
        decoder_of(giving(kind, decoder=decoder))
