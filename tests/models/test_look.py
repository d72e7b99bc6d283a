"""A session looks at a picture, and again where its answer points to."""

from __future__ import annotations

import numpy as np
import pytest

from safelight.errors import ModelFaulty, ModelMissing
from safelight.models.look import look
from tests.models.looking import Array, Places, Sayer, giving, guarded, model, taking

POINTS = ("nose", "foot")


def body(x: float, y: float, radius: float, sure: float = 1.0) -> list[Array]:
    """A body in a tensor of 64 x 64, with the circle around it."""
    rows = [[x, y - radius, 0, 9, 9], [x + 1, y + radius, 0, 9, 9], [x, y, 0, 0, 0]]
    rows.append([x, y - radius, 0, 0, 0])
    return [np.array(rows, np.float32).reshape(1, -1), np.array([[sure]], np.float32)]


def posing(looks: int, *answers: list[Array]) -> Sayer:
    output = giving(
        "keypoints",
        decoder="blazepose",
        points=POINTS,
        least=0.5,
        anchors={"region": (2.0, 3.0, 2.0)},
    )
    return Sayer(model(taking(side=64, looks=looks), output), *answers)


def test_a_model_sees_what_its_answer_means() -> None:
    output = giving("labels", labels=("cat", "dog"))
    session = Sayer(model(taking(), output), [np.array([[0.1, 0.9]], np.float32)])
    seen = look(guarded(session), Places(30, 20))
    assert [note.label for note in seen.annotations] == ["dog", "cat"]
    assert session.heard[0].shape == (1, 3, 8, 8)


def test_a_second_look_is_closer_and_its_places_are_those_of_the_picture() -> None:
    session = posing(2, body(16, 32, 4), body(32, 32, 16))
    sample = Places(640, 640)
    seen = look(guarded(session), sample)
    assert [asked[3] for asked in sample.asked] == [
        (0.0, 0.0, 640.0, 640.0),
        (80.0, 240.0, 160.0, 160.0),
    ]
    nose, foot = seen.annotations[0].points
    assert (nose.x, nose.y) == pytest.approx((160, 280))
    assert (foot.x, foot.y) == pytest.approx((162.5, 360))


def test_nothing_is_looked_at_again_where_there_was_nothing() -> None:
    session = posing(4, body(16, 32, 4, sure=0.1))
    assert look(guarded(session), Places(640, 640)).annotations == ()
    assert len(session.heard) == 1


@pytest.mark.parametrize("answer", [body(1e30, -1e30, 1), body(32, 32, 1e30), body(32, 32, 0)])
def test_a_part_out_of_all_measure_stays_near_the_picture(answer: list[Array]) -> None:
    sample = Places(640, 320)
    look(guarded(posing(2, answer)), sample)
    assert sample.asked[1][3] is not None
    left, top, width, height = sample.asked[1][3]
    assert 8 <= width <= 2.5 * 640
    assert 8 <= height <= 2.5 * 640
    assert 0 <= left + width / 2 <= 640
    assert 0 <= top + height / 2 <= 320


def test_a_model_whose_answer_points_nowhere_looks_once() -> None:
    entry = model(taking(looks=3), giving("vector"))
    session = Sayer(entry, [np.ones((1, 4), np.float32)])
    assert look(guarded(session), Places(9, 9)).vector == (1.0, 1.0, 1.0, 1.0)
    assert len(session.heard) == 1


@pytest.mark.parametrize("wrong", [np.array([np.nan, 1.0]), np.array(["a"]), np.zeros(0), 7])
def test_an_answer_that_is_no_number_is_faulty(wrong: Array) -> None:
    session = Sayer(model(taking(), giving("labels")), [wrong])
    with pytest.raises(ModelFaulty):
        look(guarded(session), Places(9, 9))


def test_a_model_that_nothing_reads_is_not_asked() -> None:
    session = Sayer(model(taking(), giving("rgb")), [np.ones(1)])
    with pytest.raises(ModelMissing):
        look(guarded(session), Places(9, 9))
    assert session.heard == []
