"""What detectors answer becomes boxes in displayed pixels, each thing once, the surest first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from safelight.annotation import Annotation, Seen
from safelight.errors import ModelFaulty
from safelight.models.answers import DECODERS
from safelight.models.answers.boxes import Candidates, seen
from safelight.models.contract import ModelOutput
from safelight.models.tensors import Part, View
from tests.models.looking import Array, giving, whole

# A thing in the tensor: its middle and its size, in shares of the sides.
X, Y, WIDTH, HEIGHT = 0.40, 0.60, 0.30, 0.20
CORNERS = [X - WIDTH / 2, Y - HEIGHT / 2, X + WIDTH / 2, Y + HEIGHT / 2]
# Where that is in a picture of 1000 x 500.
BOX = (250, 250, 300, 100)
VIEW = whole(1_000, 500, 64, 64)


def at(stride: int) -> tuple[int, int, int]:
    """The cell of 64 x 64 in which the thing has its middle: column, row, place."""
    column, row = int(X * 64) // stride, int(Y * 64) // stride
    return column, row, row * (64 // stride) + column


def yunet() -> tuple[list[Array], ModelOutput]:
    cells = {stride: (64 // stride) ** 2 for stride in (8, 16, 32)}
    answers = {
        (part, stride): np.zeros((1, cells[stride], values), np.float32)
        for part, values in enumerate((1, 1, 4, 4))
        for stride in cells
    }
    column, row, place = at(16)
    answers[0, 16][0, place], answers[1, 16][0, place] = 0.81, 1.0
    middle = [X * 64 / 16 - column, Y * 64 / 16 - row]
    answers[2, 16][0, place] = [*middle, np.log(WIDTH * 64 / 16), np.log(HEIGHT * 64 / 16)]
    answers[3, 16][0, place] = [*middle, middle[0] + 1, middle[1] - 1]
    output = giving(
        decoder="yunet", labels=("face",), points=("a", "b"), anchors={"strides": (8, 16, 32)}
    )
    return [answers[part, stride] for part in range(4) for stride in cells], output


def ssd() -> tuple[list[Array], ModelOutput]:
    count = 2 * 64 + 6 * 16
    offsets, scores = np.zeros((1, count, 8), np.float32), np.full((1, count, 1), -50, np.float32)
    column, row, place = at(16)
    middle = ((column + 0.5) * 16, (row + 0.5) * 16)
    near = [X * 64 - middle[0], Y * 64 - middle[1]]
    place = 2 * 64 + 6 * place + 3
    offsets[0, place] = [*near, WIDTH * 64, HEIGHT * 64, *near, near[0] + 16, near[1] - 16]
    scores[0, place] = 1.4500102
    anchors = {"strides": (8.0, 16.0), "each": (2.0, 6.0)}
    output = giving(
        decoder="ssd",
        labels=("face",),
        points=("a", "b"),
        anchors=anchors,
        activation="sigmoid",
    )
    return [offsets, scores], output


def ultraface() -> tuple[list[Array], ModelOutput]:
    boxes, scores = np.zeros((1, 3, 4), np.float32), np.zeros((1, 3, 2), np.float32)
    scores[..., 0] = 1
    boxes[0, 1], scores[0, 1] = CORNERS, [0.19, 0.81]
    return [boxes, scores], giving(decoder="ultraface", labels=("face",))


def priors() -> tuple[list[Array], ModelOutput]:
    count = 2 * 64 + 16
    offsets, scores = np.zeros((1, count, 4), np.float32), np.zeros((1, count, 2), np.float32)
    column, row, place = at(8)
    middle = ((column + 0.5) / 8, (row + 0.5) / 8)
    side = 24 / 64
    offsets[0, 2 * place + 1] = [
        *((X - middle[0]) / side / 0.1, (Y - middle[1]) / side / 0.1),
        *(np.log(WIDTH / side) / 0.2, np.log(HEIGHT / side) / 0.2),
    ]
    scores[0, 2 * place + 1] = [0.19, 0.81]
    anchors = {
        "strides": (8.0, 16.0),
        "each": (2.0, 1.0),
        "sizes": (10.0, 24.0, 48.0),
        "variances": (0.1, 0.2),
    }
    return [offsets, scores], giving(decoder="ultraface", labels=("face",), anchors=anchors)


def fastestdet() -> tuple[list[Array], ModelOutput]:
    answer = np.zeros((1, 7, 8, 8), np.float32)
    column, row, _ = at(8)
    answer[0, 0, row, column], answer[0, 6, row, column] = 0.81, 0.81
    offset = [np.arctanh(8 * X - column), np.arctanh(8 * Y - row)]
    size = [np.log(side / (1 - side)) for side in (WIDTH, HEIGHT)]
    answer[0, 1:5, row, column] = [*offset, *size]
    return [answer], giving(decoder="fastestdet", labels=("cat", "face"))


def yolo() -> tuple[list[Array], ModelOutput]:
    answer = np.zeros((1, 6, 5), np.float32)
    answer[0, :, 3] = [64 * X, 64 * Y, 64 * WIDTH, 64 * HEIGHT, 0.2, 0.81]
    return [answer], giving(decoder="yolo", labels=("cat", "face"))


def yolox() -> tuple[list[Array], ModelOutput]:
    answer = np.zeros((1, 64 + 16, 7), np.float32)
    column, row, place = at(16)
    middle = [X * 64 / 16 - column, Y * 64 / 16 - row]
    size = [np.log(WIDTH * 64 / 16), np.log(HEIGHT * 64 / 16)]
    answer[0, 64 + place] = [*middle, *size, 0.9, 0.1, 0.9]
    anchors = {"strides": (8.0, 16.0)}
    return [answer], giving(decoder="yolox", labels=("cat", "face"), anchors=anchors)


FAMILIES: list[Callable[[], tuple[list[Array], ModelOutput]]] = [
    *(yunet, ssd, ultraface, priors, fastestdet, yolo, yolox)
]


def read(answers: list[Array], output: ModelOutput, view: View = VIEW) -> Seen:
    return DECODERS[output.decoder](answers, output, view)


def alone(found: Seen) -> Annotation:
    (one,) = found.annotations
    return one


@pytest.mark.parametrize("family", FAMILIES)
def test_a_thing_is_found_where_the_tensors_say_it_is(family: Any) -> None:
    answers, output = family()
    one = alone(read(answers, output.model_copy(update={"least": 0.5})))
    assert (one.kind, one.label) == ("box", "face")
    assert one.box is not None
    assert np.abs(np.subtract(one.box, BOX)).max() <= 1
    wanted = 0.9 if output.decoder == "yunet" else 0.81
    assert one.score == pytest.approx(wanted, abs=1e-4)


@pytest.mark.parametrize("family", [yunet, ssd])
def test_points_have_their_names_and_places(family: Any) -> None:
    answers, output = family()
    one = alone(read(answers, output.model_copy(update={"least": 0.5})))
    first, second = one.points
    assert (first.name, second.name) == ("a", "b")
    assert (first.x, first.y) == pytest.approx((400, 300), abs=0.01)
    assert (second.x - first.x, first.y - second.y) == pytest.approx((250, 125), abs=0.01)


@pytest.mark.parametrize("family", FAMILIES)
def test_what_is_not_sure_enough_is_nothing(family: Any) -> None:
    answers, output = family()
    assert read(answers, output.model_copy(update={"least": 0.95})).annotations == ()


@pytest.mark.parametrize("family", FAMILIES)
def test_an_answer_of_another_shape_is_faulty(family: Any) -> None:
    answers, output = family()
    for place, answer in enumerate(answers):
        shorter = [*answers[:place], answer[..., :-1], *answers[place + 1 :]]
        flat = [*answers[:place], answer.ravel(), *answers[place + 1 :]]
        for wrong in (shorter, flat) if output.anchors or len(answers) > 1 else (flat,):
            with pytest.raises(ModelFaulty):
                read(wrong, output)
    with pytest.raises(ModelFaulty, match="number of tensors"):
        read(answers[:-1], output)


@pytest.mark.parametrize("family", [yunet, ssd, priors, yolox])
def test_anchors_that_do_not_fit_the_answer_are_told(family: Any) -> None:
    answers, output = family()
    for anchors in (
        {"strides": (4.0,)},
        {**output.anchors, "strides": (0.5,)},
        {**output.anchors, "strides": (64.0, 64.0, 64.0)},
        {**output.anchors, "each": (1.0, 1.0), "sizes": (1.0, 1.0), "strides": (4.0, 4.0)},
    ):
        with pytest.raises(ModelFaulty):
            read(answers, output.model_copy(update={"anchors": anchors}))


def test_a_thing_may_be_larger_than_the_box_that_found_it() -> None:
    answers, output = ssd()
    anchors = {**output.anchors, "region": (0.0, 1.0, 0.5)}
    output = output.model_copy(update={"least": 0.5, "anchors": anchors})
    square = alone(read(answers, output, whole(640, 640, 64, 64))).box
    reach = 0.5 * 160 * 2**0.5
    wanted = [256 - reach, 384 - reach, 2 * reach, 2 * reach]
    assert square is not None
    assert np.abs(np.subtract(square, wanted)).max() < 2
    for region in ((0.0, 2.0, 0.5), (0.0, 1.0)):
        wrong = output.model_copy(update={"anchors": {**output.anchors, "region": region}})
        with pytest.raises(ModelFaulty):
            read(answers, wrong)


def test_anchors_without_their_sizes_are_told() -> None:
    answers, output = priors()
    anchors = {**output.anchors, "sizes": (10.0,)}
    with pytest.raises(ModelFaulty, match="number of anchors"):
        read(answers, output.model_copy(update={"anchors": anchors}))


def candidates(*boxes: tuple[float, ...], classes: list[int] | None = None) -> Candidates:
    """Boxes as left, top, right, bottom, score."""
    values = np.array(boxes, np.float32).reshape(-1, 5)
    kinds = None if classes is None else np.array(classes)
    return Candidates(values[:, :4], values[:, 4], kinds)


MANY = candidates(
    (0.10, 0.1, 0.3, 0.3, 0.7),
    (0.11, 0.1, 0.3, 0.3, 0.9),
    (0.25, 0.1, 0.5, 0.3, 0.8),
    (0.70, 0.7, 0.9, 0.9, 0.6),
)


def scores(found: Seen) -> list[float]:
    return [round(one.score, 3) for one in found.annotations]


def test_of_boxes_that_share_too_much_the_surest_is_left() -> None:
    assert scores(seen(MANY, giving(overlap=0.3), VIEW)) == [0.9, 0.8, 0.6]
    assert scores(seen(MANY, giving(overlap=0.01), VIEW)) == [0.9, 0.6]
    assert scores(seen(MANY, giving(), VIEW)) == [0.9, 0.8, 0.7, 0.6]


def test_things_of_two_kinds_may_share_a_place() -> None:
    two = candidates((0.1, 0.1, 0.3, 0.3, 0.7), (0.1, 0.1, 0.3, 0.3, 0.9), classes=[1, 0])
    found = seen(two, giving(overlap=0.3, labels=("cat", "dog")), VIEW)
    assert [one.label for one in found.annotations] == ["cat", "dog"]


def test_there_are_no_more_than_the_entry_allows() -> None:
    assert scores(seen(MANY, giving(most=2), VIEW)) == [0.9, 0.8]


def test_boxes_hold_whole_pixels_and_end_with_the_picture() -> None:
    beyond = candidates((-0.5, 0.101, 0.1011, 3.0, 0.9))
    assert alone(seen(beyond, giving(), VIEW)).box == (0, 50, 102, 450)


@pytest.mark.parametrize(
    "box", [(1.1, 0.1, 1.2, 0.2), (0.1, -0.4, 0.2, -0.1), (0.4, 0.4, 0.2, 0.3)]
)
def test_what_lies_outside_the_picture_or_is_nothing_was_not_seen(box: tuple[float, ...]) -> None:
    assert seen(candidates((*box, 0.9)), giving(), VIEW) == Seen()


def test_numbers_beyond_all_measure_stay_numbers() -> None:
    wild = candidates((-1e38, -1e38, 1e38, 1e38, 7.0))
    one = alone(seen(wild, giving(labels=()), VIEW))
    assert (one.box, one.score, one.label) == ((0, 0, 1_000, 500), 1.0, "0")


def test_a_letterboxed_thing_lies_where_it_is_displayed() -> None:
    """A picture of 400 x 200 in the middle of a square."""
    view = View(Part(0.0, -100.0, 400.0, 400.0), 64, 64, (400, 200))
    one = alone(seen(candidates((0.25, 0.25, 0.5, 0.5, 0.9)), giving(), view))
    assert one.box == (100, 0, 100, 100)


def test_a_flood_of_candidates_is_cut() -> None:
    places = np.random.default_rng(1).random((20_000, 2)).astype(np.float32)
    flood = Candidates(np.concatenate((places, places + 0.01), axis=1), np.ones(20_000, np.float32))
    assert len(seen(flood, giving(most=1_000, overlap=0.5), VIEW).annotations) == 1_000
