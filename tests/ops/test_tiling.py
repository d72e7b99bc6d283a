"""The tile engine: seams, borders, kinds of nets, flat areas, ringing, memory."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import pyvips

from safelight.errors import ModelMissing
from safelight.ops.tiling.local import Range
from safelight.ops.tiling.net import net_of
from safelight.ops.tiling.strips import strips
from safelight.ops.tiling.through import LEAST_ROWS, STRIP_BYTES, strip_rows, through
from tests.contract import context as plain_context
from tests.contract import drawn
from tests.ops.nets import RADIUS, Answer, Net, blurred, by_quarters, enlarged, same


def picture_of(array: Any) -> Any:
    names = ("b-w", "srgb") if array.dtype == np.uint8 else ("grey16", "rgb16")
    interpretation = names[array.ndim > 2 and array.shape[2] > 2]
    return pyvips.Image.new_from_array(np.ascontiguousarray(array), interpretation=interpretation)


def answered(array: Any, net: Net, **constants: float) -> Any:
    picture, rows = through(picture_of(array), net_of(net, constants), plain_context())
    seen = picture.numpy()
    assert rows.trouble() is None
    return seen


KINDS = [("luma", 1), ("luma", 3), ("rgb", 1), ("rgb", 3), ("rgb", 4), ("rgb+sigma", 2)]


@pytest.mark.parametrize(("kind", "bands"), KINDS)
@pytest.mark.parametrize("size", [(90, 70), (71, 53), (5, 3), (1, 1)])
@pytest.mark.parametrize("answer", [blurred, by_quarters], ids=["blur", "quarters"])
def test_tiles_give_what_the_whole_gives(
    kind: str, bands: int, size: tuple[int, int], answer: Answer
) -> None:
    if answer is by_quarters and kind == "luma":
        return
    array = drawn(*size, bands)
    constants = {"sigma": 0.1} if "+" in kind else {}
    whole = answered(array, Net(kind, answer=answer), **constants)
    tiled = Net(kind, answer=answer, tile=24, halo=RADIUS)
    seen = answered(array, tiled, **constants)
    assert np.abs(whole.astype(int) - seen.astype(int)).max() <= 1
    assert len(tiled.given) == -(-size[0] // 24) * -(-size[1] // 24)


@pytest.mark.parametrize("answer", [blurred, by_quarters], ids=["no halo", "odd tiles"])
def test_a_wrong_halo_or_an_odd_start_would_show(answer: Answer) -> None:
    """The control of the test above."""
    array = drawn(90, 70)
    whole = answered(array, Net("rgb", answer=answer)).astype(int)
    net = Net("rgb", answer=answer, tile=24)
    starts = (0, 23, 46, 69) if answer is by_quarters else (0, 24, 48, 72)
    parts = [
        net.run(array[None, :, start : start + 24].transpose(0, 3, 1, 2) / 255.0)
        for start in starts
    ]
    width = starts[1]
    seen = np.concatenate([part[0, :, :, :width] for part in parts], axis=2)[:, :, :90]
    seen = (seen.transpose(1, 2, 0) * 255).clip(0, 255)
    assert np.abs(whole - seen).max() > 2


@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
@pytest.mark.parametrize(("mean", "std"), [((0.0,), (1.0,)), ((0.4, 0.5, 0.6), (0.2, 0.3, 0.4))])
def test_a_net_is_given_what_its_entry_says(
    layout: str, mean: tuple[float, ...], std: tuple[float, ...]
) -> None:
    array = drawn(20, 14)

    def back(planes: Any) -> Any:
        shape = (-1, 1, 1)
        low, deviation = np.asarray(mean, np.float32), np.asarray(std, np.float32)
        return planes * deviation.reshape(shape) + low.reshape(shape)

    net = Net("rgb", answer=back, layout=layout, mean=mean, std=std)
    assert np.array_equal(answered(array, net), array)


def test_the_extra_plane_comes_last_and_is_constant() -> None:
    net = Net("rgb+sigma", answer=same)
    answered(drawn(20, 14), net, sigma=0.25)
    given = net.given[0]
    assert given.shape == (1, 4, 14, 20)
    assert (given[0, 3] == np.float32(0.25)).all()
    assert given[0, :3].max() <= 1


@pytest.mark.parametrize("size", [(7, 5), (8, 5), (7, 6)])
def test_odd_sides_are_filled_up_by_repeating_the_edge(size: tuple[int, int]) -> None:
    net = Net("rgb", answer=same)
    array = drawn(*size)
    assert np.array_equal(answered(array, net), array)
    given = net.given[0][0]
    assert given.shape[1] % 2 == given.shape[2] % 2 == 0
    assert np.array_equal(given[:, : size[1], size[0] - 1], given[:, : size[1], -1])


def test_grey_is_shown_three_times_and_averaged_back() -> None:
    def tilted(planes: Any) -> Any:
        return planes[:3] + np.array([-0.02, 0.0, 0.05], np.float32)[:, None, None]

    array = np.linspace(50, 200, 300).reshape(15, 20).astype(np.uint8)
    net = Net("rgb", answer=tilted)
    seen = answered(array, net)
    assert np.array_equal(net.given[0][0, 0], net.given[0][0, 2])
    assert np.abs(seen.astype(int).squeeze() - array - 0.01 * 255).max() <= 1


@pytest.mark.parametrize("deep", [False, True])
@pytest.mark.parametrize("kind", ["luma", "rgb"])
def test_alpha_and_every_sample_survive_a_net_that_changes_nothing(kind: str, deep: bool) -> None:
    array = np.random.default_rng(1).integers(0, 65_536 if deep else 256, (30, 41, 4))
    array = array.astype(np.uint16 if deep else np.uint8)
    assert np.array_equal(answered(array, Net(kind, answer=same, tile=16)), array)


@pytest.mark.parametrize(("kind", "scale"), [("luma", 2), ("rgb", 2), ("rgb", 1), ("luma", 4)])
def test_a_flat_area_stays_exactly_flat_whatever_the_net_says(kind: str, scale: int) -> None:
    noise = np.random.default_rng(2)

    def restless(planes: Any) -> Any:
        large = enlarged(scale)(planes)
        return large + noise.normal(0, 0.05, large.shape).astype(np.float32)

    array = np.full((40, 60, 3), (200, 30, 91), np.uint8)
    array[:, 30:] = (17, 130, 203)
    seen = answered(array, Net(kind, scale, answer=restless))
    room = 12 * scale
    assert (seen[:, : 30 * scale - room] == array[0, 0]).all()
    assert (seen[:, 30 * scale + room :] == array[0, -1]).all()


def test_the_range_is_that_of_the_samples_around_and_tighter_beside_flat_patches() -> None:
    plane = np.zeros((1, 20, 40), np.float32)
    plane[..., 20:] = 100
    low, high = Range(radius=2, slack=0.5, tight=0.0).bounds(plane, 255)
    assert (low[..., 19] == 0).all()
    assert (high[..., 19] == 100).all()
    rough = plane + np.random.default_rng(3).normal(60, 20, plane.shape).astype(np.float32)
    low, high = Range(radius=2, slack=0.5, tight=0.0).bounds(rough, 255)
    near = rough[0, 5:10, 10:15]
    assert high[0, 7, 12] == pytest.approx(min(near.max() + np.ptp(near) / 2, 255), rel=1e-5)
    assert low[0, 7, 12] == pytest.approx(max(near.min() - np.ptp(near) / 2, 0), abs=1e-4)


@pytest.mark.parametrize("kind", ["luma+depth", "depth", "rgb+sigma"])
def test_a_net_that_wants_what_nobody_can_give_is_refused(kind: str) -> None:
    net = Net("rgb+sigma", answer=same)
    facts = net.model.input.model_copy(update={"kind": kind})
    net.model = net.model.model_copy(update={"input": facts})
    with pytest.raises(ModelMissing, match="cannot give"):
        net_of(net, {"quality": 0.5})


def test_a_strip_is_as_high_as_a_tile_or_as_little_as_a_wide_picture_allows() -> None:
    net = net_of(Net("rgb", 4, answer=enlarged(4), tile=256))
    assert strip_rows(net, 4_000, 3) == 250
    assert strip_rows(net, 1_000, 3) == 256
    assert strip_rows(net, 65_535, 8) == LEAST_ROWS
    for width in (100, 5_000, 20_000):
        rows = strip_rows(net, width, 4)
        assert rows == LEAST_ROWS or rows * width * 4 * 16 <= STRIP_BYTES


def test_strips_hold_no_more_than_their_rows_and_margins() -> None:
    array = drawn(30, 200, 1)
    tops = []
    for strip in strips(picture_of(array), 32, 5):
        tops.append(strip.top)
        assert strip.window.shape[0] <= 32 + 2 * 5
        inner = strip.window[strip.top - strip.start : strip.bottom - strip.start]
        assert np.array_equal(inner.squeeze(), array.squeeze()[strip.top : strip.bottom])
    assert tops == list(range(0, 200, 32))


def test_rows_are_made_only_as_they_are_read() -> None:
    net = Net("rgb", answer=same, tile=16)
    picture, _ = through(picture_of(drawn(20, 400)), net_of(net), plain_context())
    assert not net.given
    pyvips.Region.new(picture).fetch(0, 0, 20, 8)
    assert 0 < len(net.given) < 2 * 400 // 16
