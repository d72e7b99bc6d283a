"""pose after detect: each person is looked at closer; every point lies where it is displayed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from safelight.annotation import Annotation
from safelight.models.look import look
from safelight.ops.looking.near import Near, near_people
from safelight.ops.looking.sample import Shown
from safelight.ops.pose import Pose
from tests.contract import drawn, opened, with_pillow
from tests.models.real import seen_by, session_of, shown
from tests.ops.seers import context

ARRAY = drawn(200, 100)
BEACH = "bgremoval/u2net/im_14.png"


def picture() -> Shown:
    return Shown(opened(with_pillow(ARRAY, "PNG")))


def test_a_part_has_a_little_room_within_the_picture() -> None:
    inside = Near(picture(), (50, 20, 40, 20))
    assert (inside.width, inside.height) == (48, 24)
    at_the_edge = Near(picture(), (0, 0, 200, 95))
    assert (at_the_edge.width, at_the_edge.height) == (200, 100)


def test_what_lies_around_a_part_is_that_of_the_picture() -> None:
    near = Near(picture(), (50, 20, 40, 20))
    assert np.array_equal(near.sized(48, 24, "nearest"), ARRAY[18:42, 46:94])
    around = near.sized(20, 10, "nearest", (-10.0, -5.0, 20.0, 10.0))
    assert np.array_equal(around, ARRAY[13:23, 36:56])


def test_each_person_has_the_points_of_a_body() -> None:
    people = (
        Annotation("box", "person", 0.9, (20, 10, 40, 80)),
        Annotation("box", "dog", 0.8, (0, 0, 20, 20)),
        Annotation("box", "person", 0.7, (120, 10, 40, 80)),
    )
    image = opened(with_pillow(ARRAY, "PNG")).with_annotations(*people)
    bodies = [one for one in Pose(each=True).apply(image, context()).sights if one.kind == "pose"]
    noses = [(body.points[0].x, body.points[0].y) for body in bodies]
    assert noses[0] == pytest.approx((16 + 24, 2 + 24), abs=1e-4)
    assert noses[1] == pytest.approx((116 + 24, 2 + 24), abs=1e-4)
    for body, person in zip(bodies, (people[0], people[2]), strict=True):
        assert body.box is not None
        assert person.box is not None
        assert person.box[0] - 4 <= body.box[0] <= person.box[0] + 40


def test_without_people_nothing_is_looked_at_unless_the_whole_picture_is_meant() -> None:
    image = opened(with_pillow(ARRAY, "PNG")).with_annotations(Annotation("box", "dog", 0.8))
    found = Pose(each=True).apply(image, context()).sights
    assert [one.kind for one in found] == ["box"]
    (body,) = (one for one in Pose().apply(image, context()).sights if one.kind == "pose")
    assert (body.points[0].x, body.points[0].y) == pytest.approx((100, 25), abs=1e-4)


@pytest.mark.parametrize("name", ["movenet-lightning-int8", "blazepose-lite"])
def test_four_people_on_a_beach_have_four_bodies(name: str, shared_data: Path) -> None:
    found = seen_by("fastestdet", shared_data, BEACH).annotations
    parts = near_people(shown(shared_data / BEACH), found)
    session = session_of(name, shared_data)
    bodies = [part.back(note) for part in parts for note in look(session, part).annotations]
    noses = sorted(body.points[0].x for body in bodies)
    assert noses == pytest.approx([71, 143, 273, 309], abs=8)
