"""The guard: a faulty answer goes to the exact twin, is counted, and never gets out."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from safelight.errors import ModelFaulty
from safelight.limits import MAX_VECTOR
from safelight.models.entry import Entry
from safelight.models.guard import Fault, Guarded
from safelight.models.session import Session
from tests.models.making import entry_toml

Tensor = NDArray[np.float32]


class Scripted:
    """A session that answers what it was told to."""

    def __init__(self, change: Callable[[Tensor], Any], **facts: Any) -> None:
        self.model = Entry.from_toml(entry_toml(**{"scale": 1} | facts))
        self._change = change
        self.runs = 0

    def run(self, tensor: Tensor) -> Tensor:
        self.runs += 1
        answer: Tensor = self._change(tensor)
        return answer

    def answers(self, tensor: Tensor) -> list[Tensor]:
        return [tensor, self.run(tensor)]


def same(tensor: Tensor) -> Tensor:
    return tensor[:, :3]


def all_of(value: float, tensor: Tensor) -> Tensor:
    return np.full_like(tensor[:, :3], value)


def one_of(value: float, tensor: Tensor) -> Tensor:
    answer = tensor[:, :3].copy()
    answer.flat[7] = value
    return answer


def drawn(low: float = 0.1, high: float = 0.9, channels: int = 1) -> Tensor:
    ramp = np.linspace(low, high, 16 * 16, dtype=np.float32).reshape(16, 16)
    return np.ascontiguousarray(np.broadcast_to(ramp, (1, channels, 16, 16)))


def halved(tensor: Tensor) -> Any:
    return tensor[:, :, ::2]


FAULTY: dict[str, tuple[Callable[[Tensor], Any], Fault]] = {
    "one NaN": (partial(one_of, float("nan")), "not finite"),
    "all NaN": (partial(all_of, float("nan")), "not finite"),
    "one infinity": (partial(one_of, float("inf")), "not finite"),
    "one minus infinity": (partial(one_of, float("-inf")), "not finite"),
    "one huge value": (partial(one_of, 1e9), "out of range"),
    "one value far below": (partial(one_of, -2.0), "out of range"),
    "black": (partial(all_of, 0.0), "blank"),
    "nearly black": (lambda tensor: tensor * np.float32(0.001), "blank"),
    "white": (partial(all_of, 1.0), "blank"),
    "too low": (halved, "wrong shape"),
    "too large": (lambda tensor: tensor.repeat(3, 2).repeat(3, 3), "wrong shape"),
    "more channels": (lambda tensor: tensor.repeat(3, 1), "wrong shape"),
    "two pictures": (lambda tensor: tensor.repeat(2, 0), "wrong shape"),
    "no picture": (lambda tensor: tensor[:0], "wrong shape"),
    "one number": (lambda tensor: tensor.mean(), "wrong shape"),
    "a side less": (lambda tensor: tensor[0], "wrong shape"),
    "a list": (lambda tensor: [tensor], "wrong shape"),
    "words": (lambda tensor: tensor.astype(str), "wrong shape"),
    "yes and no": (lambda tensor: tensor > 0.5, "wrong shape"),
    "more than fp32 holds": (lambda tensor: tensor.astype(np.float64) * 1e300, "not finite"),
}


@pytest.mark.parametrize("name", FAULTY)
def test_a_faulty_answer_is_its_exact_twin_s(name: str) -> None:
    change, fault = FAULTY[name]
    guarded = Guarded(Scripted(change), lambda: Scripted(same))
    assert np.array_equal(guarded.run(drawn()), drawn())
    assert guarded.retried == {fault: 1}


@pytest.mark.parametrize("name", FAULTY)
def test_without_a_twin_the_work_ends(name: str) -> None:
    with pytest.raises(ModelFaulty, match="no exact twin"):
        Guarded(Scripted(FAULTY[name][0]), None).run(drawn())


@pytest.mark.parametrize("name", FAULTY)
def test_with_a_twin_that_is_faulty_too_the_work_ends(name: str) -> None:
    faulty = Scripted(FAULTY[name][0])
    with pytest.raises(ModelFaulty, match="nor is that of its exact twin"):
        Guarded(faulty, lambda: faulty).run(drawn())


def test_a_good_answer_opens_no_twin_and_counts_nothing() -> None:
    """The control of the tests above."""

    def opened() -> Session:
        raise AssertionError("the twin was opened")

    guarded = Guarded(Scripted(same), opened)
    for given in (drawn(), drawn(0.0, 1.0), drawn(0.4, 0.41), drawn(0.0, 0.0), drawn(1.0, 1.0)):
        assert np.array_equal(guarded.run(given), given)
    assert not guarded.retried


@pytest.mark.parametrize("kind", [np.float16, np.float64])
def test_numbers_of_another_kind_come_as_fp32(kind: Any) -> None:
    answer = Guarded(Scripted(lambda tensor: tensor.astype(kind)), None).run(drawn())
    assert answer.dtype == np.float32
    assert answer == pytest.approx(drawn(), abs=1e-3)


@pytest.mark.parametrize("scale", [1, 2, 4])
@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
def test_the_sides_of_an_answer_are_those_of_its_entry(scale: int, layout: str) -> None:
    """Every other scale of the same net is refused."""
    facts = {"scale": scale, "layout": layout, "channels": 3, "kind": '"rgb"'}
    facts["output_kind"] = '"rgb"'
    given = drawn(channels=3)[:, :, :8]
    given = given if layout == "NCHW" else np.moveaxis(given, 1, -1)
    first = 2 if layout == "NCHW" else 1

    def net(factor: int) -> Callable[[Tensor], Tensor]:
        return lambda tensor: tensor.repeat(factor, first).repeat(factor, first + 1)

    assert Guarded(Scripted(net(scale), **facts), None).run(given).shape[first] == 8 * scale
    for other in {1, 2, 3, 4} - {scale}:
        with pytest.raises(ModelFaulty):
            Guarded(Scripted(net(other), **facts), None).run(given)


@pytest.mark.parametrize(
    ("shape", "is_one"),
    [
        ((1, MAX_VECTOR), True),
        ((1,), True),
        ((1, 20, 1, 1), True),
        ((1, MAX_VECTOR + 1), False),
        ((2, 20), False),
        ((), False),
    ],
)
def test_a_vector_is_one_row_of_not_too_many_numbers(shape: tuple[int, ...], is_one: bool) -> None:
    facts = {"output_kind": '"vector"', "input": 'resize = "stretch"\nside = 16'}
    guarded = Guarded(Scripted(lambda _: np.ones(shape, np.float32), **facts), None)
    if is_one:
        assert guarded.run(drawn()).shape == shape
        return
    with pytest.raises(ModelFaulty):
        guarded.run(drawn())


def test_an_answer_somewhat_outside_its_range_is_an_edge() -> None:
    guarded = Guarded(Scripted(lambda tensor: tensor * 2 - np.float32(0.5)), None)
    assert guarded.run(drawn(0.0, 1.0)).max() == pytest.approx(1.5)


@pytest.mark.parametrize("value", [0.0, 0.02, 1.0])
def test_a_blank_picture_may_stay_blank(value: float) -> None:
    guarded = Guarded(Scripted(same), None)
    assert guarded.run(drawn(value, value)).max() == pytest.approx(value)


def test_a_blank_picture_that_turns_black_is_a_fault() -> None:
    with pytest.raises(ModelFaulty):
        Guarded(Scripted(partial(all_of, 0.0)), None).run(drawn(0.5, 0.5))


def test_faint_noise_that_both_twins_smooth_away_is_no_fault() -> None:
    noise = np.random.default_rng(3).normal(0.03, 0.02, (1, 1, 16, 16)).clip(0, 1)
    guarded = Guarded(Scripted(partial(all_of, 0.0)), lambda: Scripted(partial(all_of, 0.0)))
    assert guarded.run(noise.astype(np.float32)).max() == 0
    assert not guarded.retried
    alone = Guarded(Scripted(partial(all_of, 0.0)), None)
    assert alone.run(noise.astype(np.float32)).max() == 0


def test_faint_stars_that_the_twin_sees_are_kept() -> None:
    guarded = Guarded(Scripted(partial(all_of, 0.0)), lambda: Scripted(same))
    assert guarded.run(drawn(0.0, 0.08)).max() == pytest.approx(0.08)
    assert guarded.retried == {"blank": 1}


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_a_mask_may_be_all_nothing_or_all_subject(value: float) -> None:
    mask = {"channels": 4, "kind": '"rgb+surface"', "output_kind": '"alpha"'}
    guarded = Guarded(Scripted(lambda tensor: all_of(value, tensor[:, :1]), **mask), None)
    assert guarded.run(drawn(channels=4)).max() == value


def test_a_mask_that_is_no_number_is_a_fault() -> None:
    mask = {"channels": 4, "kind": '"rgb+surface"', "output_kind": '"alpha"'}
    broken = Scripted(lambda tensor: all_of(float("nan"), tensor[:, :1]), **mask)
    with pytest.raises(ModelFaulty):
        Guarded(broken, None).run(drawn(channels=4))


def test_a_vector_is_never_zero() -> None:
    vector = {"output_kind": '"vector"', "output_range": "[-1.0, 1.0]"}
    guarded = Guarded(Scripted(lambda _: np.full((1, 9), 0.1, np.float32), **vector), None)
    assert guarded.run(drawn()).max() == pytest.approx(0.1)
    with pytest.raises(ModelFaulty):
        Guarded(Scripted(lambda _: np.zeros((1, 9), np.float32), **vector), None).run(drawn())


def test_a_plane_beside_the_picture_is_no_picture() -> None:
    """A black photograph with its noise stated comes back black."""
    given = drawn(0.0, 0.0, channels=4)
    given[:, 3] = 0.5
    facts = {"channels": 4, "kind": '"rgb+sigma"', "output_kind": '"rgb"'}
    guarded = Guarded(Scripted(same, **facts), None)
    assert guarded.run(given).max() == 0


@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
def test_a_picture_is_read_as_its_entry_lays_it_out(layout: str) -> None:
    """White that was shifted and scaled on the way in is white, and black is no answer to it."""
    facts = {"channels": 3, "kind": '"rgb"', "mean": "[0.5]", "std": "[0.25]", "layout": layout}
    facts["output_kind"] = '"rgb"'
    white = drawn(2.0, 2.0, channels=3)
    given = white if layout == "NCHW" else np.moveaxis(white, 1, -1)
    kept = Guarded(Scripted(lambda tensor: np.ones_like(tensor), **facts), None)
    assert kept.run(given).max() == 1
    with pytest.raises(ModelFaulty):
        Guarded(Scripted(lambda tensor: np.zeros_like(tensor), **facts), None).run(given)


UNUSABLE: dict[str, tuple[Callable[[Tensor], Any], Fault]] = {
    **{name: FAULTY[name] for name in ("one NaN", "one infinity", "more than fp32 holds")},
    **{name: FAULTY[name] for name in ("no picture", "a list", "words", "yes and no")},
    "a million pictures": (
        lambda tensor: np.broadcast_to(tensor, (10**6, *tensor.shape)),
        "wrong shape",
    ),
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_several_answers_are_each_looked_at(name: str) -> None:
    change, fault = UNUSABLE[name]
    guarded = Guarded(Scripted(change), lambda: Scripted(same))
    first, second = guarded.answers(drawn())
    assert np.array_equal(first, drawn())
    assert np.array_equal(second, drawn())
    assert guarded.retried == {fault: 1}
    assert guarded.has_run
    with pytest.raises(ModelFaulty, match="no exact twin"):
        Guarded(Scripted(change), None).answers(drawn())
    with pytest.raises(ModelFaulty, match="nor can that of its exact twin"):
        Guarded(Scripted(change), lambda: Scripted(change)).answers(drawn())


def test_several_answers_may_have_any_shape_and_value() -> None:
    """The control of the tests above: boxes in pixels, of any number, are no fault."""
    guarded = Guarded(Scripted(lambda _: np.full((1, 7, 4), 300, np.uint16)), None)
    _, boxes = guarded.answers(drawn())
    assert boxes.dtype == np.float32
    assert boxes.shape == (1, 7, 4)
    assert boxes.max() == 300
    assert not guarded.retried
