"""draw: what was seen is on the picture where it was seen, and the rest is untouched."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from safelight.annotation import MASK_BYTES, Annotation, Keypoint
from safelight.codecs.encode import encode
from safelight.errors import InputRefused
from safelight.ops.draw import Draw
from safelight.ops.looking.canvas import PALETTE, Canvas, colours_of, said
from safelight.ops.looking.skeletons import bones
from tests.contract import LIMITS, PICTURES, animated, context, opened, pixels, with_pillow

GREY = np.full((200, 300, 3), 128, np.uint8)
THING = Annotation("box", "dog", 0.9, (100, 60, 80, 90))
BODY = Annotation(
    "pose",
    "person",
    0.8,
    (100, 40, 100, 120),
    (
        Keypoint("left shoulder", 180, 60, 0.9),
        Keypoint("right shoulder", 120, 60, 0.9),
        Keypoint("left elbow", 190, 150, 0.1),
    ),
)
ALONE = Draw(words=False)


def drawn_on(array: Any, operation: Draw, *sights: Annotation, format: str = "PNG") -> Any:
    data = with_pillow(array, format)
    image = operation.apply(opened(data).with_annotations(*sights), context())
    return pixels(encode(image, memoryview(data), LIMITS))


def changed(operation: Draw, *sights: Annotation) -> Any:
    """Where a grey picture is no longer grey, [rows, columns]."""
    return (drawn_on(GREY, operation, *sights) != GREY).any(axis=2)


def test_a_line_goes_around_a_thing_and_leaves_it_and_the_rest_alone() -> None:
    there = changed(ALONE, THING)
    rows, columns = np.nonzero(there)
    assert abs(int(columns.min()) - 100) <= 3 >= abs(int(columns.max()) - 180)
    assert abs(int(rows.min()) - 60) <= 3 >= abs(int(rows.max()) - 150)
    assert not there[68:142, 108:172].any()
    assert there[60, 110:170].all()
    assert there[70:140, 100].all()


def test_nothing_seen_leaves_the_picture_as_it_is() -> None:
    data = with_pillow(GREY, "PNG")
    assert Draw().apply(opened(data), context()).is_untouched


def named(sight: Annotation) -> tuple[int, int]:
    """The first and the last row of the name."""
    rows, _ = np.nonzero(changed(Draw(), sight) & ~changed(ALONE, sight))
    return int(rows.min()), int(rows.max())


def test_a_name_stands_above_or_below_and_within_where_there_is_no_room() -> None:
    first, last = named(THING)
    assert 30 < first < last < 60
    high = Annotation("box", "dog", 0.9, (100, 2, 80, 90))
    first, last = named(high)
    assert 92 <= first < last < 120
    first, last = named(replace(high, box=(100, 2, 80, 196)))
    assert 2 <= first < last < 40
    assert not changed(Draw(boxes=False), high).any()


def test_names_cover_no_other_name() -> None:
    canvas = Canvas.of((300, 200), 2.0, 0.4, ["dog"])
    for shift in range(0, 60, 6):
        canvas.name(Annotation("box", "dog", 0.9, (100 + shift, 60, 80, 90)))
    assert len(canvas.tags) > 2
    tags = sorted(canvas.tags)
    for one, other in pairwise(tags):
        assert one[2] <= other[0] or one[3] <= other[1] or other[3] <= one[1]


def test_in_a_crowd_small_things_have_their_score_or_nothing() -> None:
    canvas = Canvas.of((300, 200), 2.0, 0.4, ["dog"])
    canvas.name(Annotation("box", "dog", 0.9, (100, 60, 6, 6)))
    assert not canvas.tags
    canvas.name(Annotation("box", "dog", 0.9, (100, 60, 24, 24)))
    assert len(canvas.tags) == 1


def test_points_that_are_sure_are_joined_and_guesses_left_out() -> None:
    there = changed(ALONE, BODY)
    assert there[60, 118:182].all()
    assert not there[80:, :].any()
    assert not changed(Draw(points=False, words=False), BODY).any()


def test_a_mask_tints_what_it_holds_within_its_box() -> None:
    left = bytes.fromhex("ffffffff00000000") * 64
    assert len(left) == MASK_BYTES
    outlined = Annotation("pose", "person", 0.8, (100, 60, 80, 90), mask=left)
    there = changed(ALONE, outlined)
    assert there[65:145, 104:136].all()
    assert not there[:, 144:].any()
    assert not there[:, :98].any()
    assert not changed(Draw(masks=False, words=False), outlined).any()


def test_words_of_the_whole_picture_stand_below_each_other() -> None:
    words = [Annotation("label", f"word {n}", 0.5) for n in range(40)]
    there = changed(Draw(), *words)
    rows, columns = np.nonzero(there)
    assert rows.max() < 199
    assert columns.max() < 150
    canvas = Canvas.of((300, 200), 2.0, 0.4, [word.label for word in words])
    canvas.names(words)
    assert 3 < len(canvas.tags) < 40
    assert all(one[3] < other[1] for one, other in pairwise(canvas.tags))


@pytest.mark.parametrize("picture", PICTURES)
def test_any_picture_can_be_drawn_on(picture: str) -> None:
    data = PICTURES[picture]()
    sights = (THING, BODY, Annotation("label", "dog", 1.0))
    image = opened(data)
    after = Draw().apply(image.with_annotations(*sights), context())
    assert (after.width, after.height) == (image.width, image.height)
    made = encode(after, memoryview(data), LIMITS)
    assert (made.width, made.height) == (image.width, image.height)


def test_transparent_pictures_stay_so_where_nothing_is_drawn() -> None:
    clear = np.zeros((200, 300, 4), np.uint8)
    given = drawn_on(clear, ALONE, THING)
    assert given[60, 140, 3] > 200
    assert not given[100, 140, 3]


def test_grey_pictures_get_colour() -> None:
    given = drawn_on(GREY[..., 0], ALONE, THING)
    assert np.ptp(given[60, 140].astype(int)) > 20


def test_several_frames_are_refused_unless_one_is_asked_for() -> None:
    image = opened(animated(("red", "blue"), (50, 50))).with_annotations(THING)
    with pytest.raises(InputRefused, match="a still picture is wanted"):
        Draw().apply(image, context())
    assert not Draw().apply(image.with_wish(format="jpeg"), context()).is_untouched


def test_words_differ_in_colour_and_keep_it_as_long_as_they_can() -> None:
    few = [f"word {n}" for n in range(len(PALETTE))]
    assert len(set(colours_of(few).values())) == len(PALETTE)
    assert colours_of(["dog"])["dog"] == colours_of(["dog", "cat"])["dog"]
    assert len(colours_of([*few, "more"])) == len(PALETTE) + 1


def test_a_word_that_the_font_cannot_write_is_left_out() -> None:
    assert said(THING) == "dog 90 %"
    assert said(Annotation("box", "\u72ac", 0.9)) == "90 %"
    assert said(Annotation("box", "", 0.126)) == "13 %"


def test_finer_points_of_a_face_are_joined_one_by_one() -> None:
    names = ("nose", "left eye inner", "left eye", "left eye outer", "left ear")
    points = [Keypoint(name, n, 0) for n, name in enumerate(names)]
    pairs = {(near.name, far.name) for near, far in bones(points)}
    assert len(pairs) == 4
    assert ("left eye", "nose") not in pairs
    coarse = [point for point in points if not point.name.endswith(("inner", "outer"))]
    assert {(near.name, far.name) for near, far in bones(coarse)} == {
        ("left ear", "left eye"),
        ("left eye", "nose"),
    }
