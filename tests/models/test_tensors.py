"""A picture becomes the tensor that the entry says, and every place in it has its pixel."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PIL import Image

from safelight.errors import ModelMissing
from safelight.models.tensors import Part, View, prepared, tensor_of
from tests.models.looking import Array, Places, taking

NOISE = np.random.default_rng(7).integers(0, 256, (8, 8, 3), np.uint8)
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def reference(pixels: Array, low: float, high: float) -> Array:
    """In the plainest words, in fp64: [rows, columns, channels]."""
    return pixels.astype(np.float64) / 255 * (high - low) + low


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (-1.0, 1.0), (0.0, 255.0)])
@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
def test_values_lie_in_the_range_of_the_entry(low: float, high: float, layout: str) -> None:
    tensor = tensor_of(taking(range=(low, high), layout=layout), NOISE)
    wanted = reference(NOISE, low, high)[None]
    if layout == "NCHW":
        wanted = wanted.transpose(0, 3, 1, 2)
    assert tensor.dtype == np.float32
    assert tensor.shape == wanted.shape
    assert np.allclose(tensor, wanted, atol=1e-6 * (high - low))


def test_whole_values_stay_exactly_those_of_the_pixels() -> None:
    tensor = tensor_of(taking(range=(0.0, 255.0), layout="NHWC"), NOISE)
    assert (tensor[0] == NOISE).all()


def test_mean_and_deviation_are_those_of_each_channel() -> None:
    tensor = tensor_of(taking(mean=MEAN, std=STD), NOISE)
    wanted = (NOISE / 255 - np.array(MEAN)) / np.array(STD)
    assert np.allclose(tensor[0], wanted.transpose(2, 0, 1), atol=1e-6)


def test_bgr_has_its_mean_in_its_own_order() -> None:
    tensor = tensor_of(taking(range=(0.0, 255.0), order="BGR", mean=(100.0, 1.0, 2.0)), NOISE)
    assert np.array_equal(tensor[0, 0], NOISE[..., 2] - np.float32(100))
    assert np.array_equal(tensor[0, 2], NOISE[..., 0] - np.float32(2))


def test_the_greatest_value_of_the_picture_divides_where_the_entry_says_so() -> None:
    dark = NOISE // 2
    tensor = tensor_of(taking(by_maximum=True, mean=MEAN, std=STD), dark)
    wanted = (dark / dark.max() - np.array(MEAN)) / np.array(STD)
    assert np.allclose(tensor[0], wanted.transpose(2, 0, 1), atol=1e-6)
    assert (tensor_of(taking(by_maximum=True), np.zeros_like(dark)) == 0).all()


def test_luma_is_that_of_pillow() -> None:
    tensor = tensor_of(taking(kind="luma", channels=1, range=(0.0, 255.0)), NOISE)
    assert np.array_equal(tensor[0, 0], np.asarray(Image.fromarray(NOISE).convert("L")))


def places(view: View, x: float, y: float) -> tuple[float, float]:
    """The place in displayed pixels of the middle of a tensor's pixel."""
    place = view.places([((x + 0.5) / view.columns, (y + 0.5) / view.rows)])[0]
    return float(place[0]), float(place[1])


@pytest.mark.parametrize(("width", "height"), [(400, 200), (200, 400), (301, 97), (16, 16), (1, 9)])
@pytest.mark.parametrize(
    "rule",
    [
        {"resize": "stretch", "side": 64},
        {"resize": "stretch", "side": 64, "height": 32},
        {"resize": "letterbox", "side": 64},
        {"resize": "letterbox", "side": 64, "height": 48, "place": "corner"},
        {"resize": "crop", "side": 64},
        {"resize": "crop", "side": 56, "height": 40, "shorter": 64},
    ],
)
def test_every_pixel_of_a_tensor_knows_its_place(
    rule: dict[str, Any], width: int, height: int
) -> None:
    facts = taking(range=(0.0, 255.0), layout="NHWC", **rule)
    tensor, view = prepared(facts, Places(width, height))
    assert tensor.shape == (1, facts.rows, facts.side, 3)
    assert (view.columns, view.rows, view.picture) == (facts.side, facts.rows, (width, height))
    rows, columns = np.nonzero(tensor[0, ..., 2])
    for row, column in {(rows[0], columns[0]), (rows[-1], columns[-1])}:
        x, y = places(view, float(column), float(row))
        red, green = tensor[0, row, column, :2]
        assert abs(red - np.clip(255 * x / width, 0, 255)) <= 0.51
        assert abs(green - np.clip(255 * y / height, 0, 255)) <= 0.51


@pytest.mark.parametrize(("place", "first"), [("middle", 16), ("corner", 0)])
def test_a_letterbox_keeps_the_shape_and_pads_the_rest(place: str, first: int) -> None:
    facts = taking(resize="letterbox", side=64, place=place, padding=7, range=(0.0, 255.0))
    sample = Places(400, 200)
    tensor, _ = prepared(facts, sample)
    assert sample.asked[0][:2] == (64, 32)
    shown = np.flatnonzero((tensor[0, 2] == 128).all(axis=1))
    assert (shown[0], shown[-1]) == (first, first + 31)
    assert (np.delete(tensor[0], shown, axis=1) == 7).all()


def test_a_crop_is_the_middle_of_a_picture_whose_shorter_side_is_as_the_entry_says() -> None:
    """As the reference library: 256 first, rounded down on the longer side, then 224."""
    sample = Places(500, 333)
    _, view = prepared(taking(resize="crop", side=224, shorter=256), sample)
    assert sample.asked[0][:2] == (384, 256)
    assert (view.part.left, view.part.top) == pytest.approx((80 * 500 / 384, 16 * 333 / 256))


def test_a_crop_of_a_ribbon_makes_no_picture_that_nobody_looks_at() -> None:
    sample = Places(60_000, 10)
    _, view = prepared(taking(resize="crop", side=224), sample)
    width, height, _, part = sample.asked[0]
    assert (width, height) == (8 * 224, 224)
    assert part == (29_960.0, 0.0, 80.0, 10.0)
    assert view.part.left + view.part.width / 2 == pytest.approx(30_000)


def test_a_part_alone_is_looked_at_where_one_is_asked_for() -> None:
    sample = Places(400, 200)
    part = Part(100.0, 50.0, 40.0, 20.0)
    _, view = prepared(taking(), sample, part)
    assert sample.asked[0][3] == (100.0, 50.0, 40.0, 20.0)
    assert view.part == part


@pytest.mark.parametrize("turn", [0.3, -1.2, np.pi / 2, np.pi])
@pytest.mark.parametrize(
    "rule", [{"side": 64}, {"side": 64, "height": 32, "resize": "letterbox"}, {"resize": "crop"}]
)
def test_every_pixel_of_a_turned_part_knows_its_place(turn: float, rule: dict[str, Any]) -> None:
    """Far enough from the edge of the picture, behind which nothing changes."""
    facts = taking(range=(0.0, 255.0), layout="NHWC", **rule)
    part = Part(150.0, 160.0, 90.0, 70.0, turn)
    tensor, view = prepared(facts, Places(400, 400), part)
    rows, columns = np.nonzero(tensor[0, ..., 2])
    for row, column in {(rows[0], columns[0]), (rows[-1], columns[-1])}:
        x, y = places(view, float(column), float(row))
        red, green = tensor[0, row, column, :2]
        assert (red, green) == pytest.approx((255 * x / 400, 255 * y / 400), abs=1.01)


def test_places_lead_back_to_their_shares() -> None:
    view = View(Part(150.0, 160.0, 90.0, 70.0, 0.7), 64, 64, (400, 400))
    shares = np.array([(0.1, 0.9), (0.5, 0.5), (-1.0, 2.0)])
    assert np.allclose(view.shares(view.places(shares)), shares)


@pytest.mark.parametrize("kernel", ["lanczos", "bicubic", "bilinear", "area", "nearest"])
def test_the_kernel_is_the_one_that_the_model_was_trained_with(kernel: str) -> None:
    sample = Places(20, 20)
    prepared(taking(kernel=kernel), sample)
    assert sample.asked[0][2] == kernel


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "rgb+surface", "channels": 7},
        {"kind": "luma"},
        {"kind": "text", "channels": 1},
        {"resize": "tile", "side": 0},
    ],
)
def test_a_model_that_looks_at_no_whole_picture_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ModelMissing, match="looks at no whole picture"):
        prepared(taking(**changes), Places(20, 20))
