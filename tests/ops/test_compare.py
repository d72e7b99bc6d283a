"""compare and difference: against plain arithmetic, on every kind of picture."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import pyvips
from pydantic import ValidationError

from safelight.codecs.encode import encode
from safelight.errors import InputMissing, ParameterInvalid
from safelight.image import Measure
from safelight.ops.compare import Compare
from safelight.ops.difference import Difference
from tests.contract import (
    LIMITS,
    PICTURES,
    animated,
    context,
    deep,
    drawn,
    opened,
    pixels,
    result,
    wide,
    with_pillow,
)


def named(data: bytes) -> str:
    return f"picture:{hashlib.sha256(data).hexdigest()}"


def compared(one: bytes, other: bytes) -> Mapping[Measure, float]:
    operation = Compare(reference=named(other))
    return operation.apply(opened(one), context(picture=lambda _: opened(other))).measures


def shown(one: bytes, other: bytes, **parameters: Any) -> Any:
    operation = Difference(reference=named(other), **parameters)
    image = operation.apply(opened(one), context(picture=lambda _: opened(other)))
    return pixels(encode(image, memoryview(one), LIMITS))


def noisy(array: Any, sigma: float = 12) -> Any:
    noise = np.random.default_rng(7).normal(0, sigma, array.shape)
    return np.clip(array + noise, 0, 255).round().astype(np.uint8)


def ssim_by_definition(one: Any, other: Any) -> float:
    """Window by window, in double precision, as the paper writes it."""
    place = np.arange(11) - 5
    line = np.exp(-(place**2) / (2 * 1.5**2))
    window = np.outer(line, line) / np.outer(line, line).sum()
    total, count = 0.0, 0
    for top in range(one.shape[0] - 10):
        for left in range(one.shape[1] - 10):
            x = one[top : top + 11, left : left + 11]
            y = other[top : top + 11, left : left + 11]
            mean_x, mean_y = (window * x).sum(), (window * y).sum()
            spread_x = (window * (x - mean_x) ** 2).sum()
            spread_y = (window * (y - mean_y) ** 2).sum()
            together = (window * (x - mean_x) * (y - mean_y)).sum()
            c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
            above = (2 * mean_x * mean_y + c1) * (2 * together + c2)
            total += above / ((mean_x**2 + mean_y**2 + c1) * (spread_x + spread_y + c2))
            count += 1
    return total / count


@pytest.mark.parametrize("bands", [1, 3])
def test_measures_are_those_of_the_definitions(bands: int) -> None:
    one = drawn(48, 36, bands=bands)
    other = noisy(one)
    seen = compared(with_pillow(one, "PNG"), with_pillow(other, "PNG"))
    apart = one.astype(float) - other
    luma = (0.299, 0.587, 0.114) if bands == 3 else (1.0,)
    assert seen["error"] == pytest.approx((apart**2).mean() / 255**2, rel=1e-5)
    assert seen["ssim"] == pytest.approx(ssim_by_definition(one @ luma, other @ luma), abs=1e-5)
    assert seen["largest"] * 255 == pytest.approx(np.abs(apart).max(), abs=1e-3)
    assert seen["identical"] == (apart == 0).all(2).sum()
    assert seen["pixels"] == 48 * 36


@pytest.mark.parametrize("kind", PICTURES)
def test_a_picture_is_like_itself(kind: str) -> None:
    data = PICTURES[kind]()
    seen = compared(data, data)
    assert seen["error"] == seen["largest"] == 0
    assert seen["identical"] == seen["pixels"]
    assert seen["ssim"] == pytest.approx(1, abs=1e-6)


def test_a_large_picture_is_read_once_from_the_top() -> None:
    one = drawn(900, 700)
    seen = compared(with_pillow(one, "JPEG", quality=60), with_pillow(one, "PNG"))
    assert 0 < seen["error"] < 0.01
    assert 0.5 < seen["ssim"] < 1


def test_one_pixel_that_differs_by_one_step_is_found() -> None:
    one = drawn(48, 36)
    other = one.copy()
    other[20, 30, 1] ^= 1
    seen = compared(with_pillow(one, "PNG"), with_pillow(other, "PNG"))
    assert seen["identical"] == seen["pixels"] - 1
    assert round(seen["largest"] / seen["step"]) == 1


def test_sixteen_bit_have_finer_steps() -> None:
    array = drawn().astype(np.uint16) * 257
    array[3, 3, 0] ^= 1
    other = pyvips.Image.new_from_array(array, interpretation="rgb16").pngsave_buffer()
    seen = compared(deep(3), other)
    assert seen["step"] == pytest.approx(1 / 65_535)
    assert round(seen["largest"] / seen["step"]) == 1
    assert seen["identical"] == seen["pixels"] - 1
    same = compared(deep(3), with_pillow(drawn(), "PNG"))
    assert same["identical"] == same["pixels"], "the same picture in 8 and in 16 bit"


def test_profiles_count_where_they_differ() -> None:
    array = drawn()
    same = compared(wide(array), wide(array))
    assert same["identical"] == same["pixels"]
    assert compared(wide(array), with_pillow(array, "PNG"))["error"] > 1e-4


def test_alpha_counts_as_a_channel() -> None:
    array = drawn(bands=4)
    array[..., 3] = 255
    opaque = with_pillow(array, "PNG")
    assert compared(opaque, with_pillow(array[..., :3], "PNG"))["error"] == 0
    array[:5, :5, 3] = 0
    seen = compared(opaque, with_pillow(array, "PNG"))
    assert seen["pixels"] - seen["identical"] == 25
    assert seen["largest"] == 1


def test_every_frame_counts() -> None:
    one = animated(("red", "lime", "blue"), (50, 60, 70))
    other = animated(("red", "lime", "white"), (50, 60, 70))
    seen = compared(one, other)
    assert seen["pixels"] == 3 * 48 * 36
    assert seen["identical"] == 2 * 48 * 36 + 64
    with pytest.raises(ParameterInvalid, match="3 and 1 frames"):
        compared(one, with_pillow(drawn(), "PNG"))


def test_sizes_that_differ_are_an_error() -> None:
    with pytest.raises(ParameterInvalid, match="48x36 and 36x48"):
        compared(with_pillow(drawn(), "PNG"), with_pillow(drawn(36, 48), "PNG"))


def test_the_other_picture_must_be_there() -> None:
    with pytest.raises(InputMissing):
        Compare(reference=f"picture:{'0' * 64}").apply(
            opened(with_pillow(drawn(), "PNG")), context()
        )


@pytest.mark.parametrize("reference", ["", "a.png", "picture:00", f"picture:{'G' * 64}"])
def test_refuses_what_names_no_picture(reference: str) -> None:
    with pytest.raises(ValidationError):
        Compare(reference=reference)


@pytest.mark.parametrize("bands", [1, 3, 4])
def test_what_differs_is_marked_in_red_over_the_faded_picture(bands: int) -> None:
    one = drawn(bands=bands)
    other = one.copy()
    other[10:14, 20:30, 0] ^= 3
    seen = shown(with_pillow(one, "PNG"), with_pillow(other, "PNG")).astype(int)
    assert seen.shape == (36, 48, 3)
    redness = seen[..., 0] - seen[..., 1]
    assert redness[10:14, 20:30].min() > 40
    redness[10:14, 20:30] = 0
    assert not redness.any()
    assert seen[..., 1].max() - seen[20:, :, 1].min() > 20, "the picture can be made out"


@pytest.mark.parametrize(("tolerance", "count"), [(0, 40), (2, 40), (3, 0), (254, 0)])
def test_small_differences_can_be_left_unmarked(tolerance: int, count: int) -> None:
    one = np.full((36, 48, 3), 100, np.uint8)
    other = one.copy()
    other[10:14, 20:30, 0] += 3
    seen = shown(with_pillow(one, "PNG"), with_pillow(other, "PNG"), tolerance=tolerance)
    assert (seen[..., 0] != seen[..., 1]).sum() == count


def test_how_far_apart_samples_are_is_shown_as_it_is() -> None:
    one = drawn()
    other = noisy(one)
    parameters = {"style": "absolute", "amplify": 2}
    seen = shown(with_pillow(one, "PNG"), with_pillow(other, "PNG"), **parameters)
    expected = np.clip(np.abs(one.astype(int) - other) * 2, 0, 255)
    assert np.abs(seen - expected).max() <= 1
    grey = shown(with_pillow(one[..., :1], "PNG"), with_pillow(other[..., :1], "PNG"), **parameters)
    assert np.abs(grey[..., 1] - expected[..., 0]).max() <= 1


def test_the_difference_of_a_wide_picture_has_colours_of_its_own() -> None:
    one = wide(drawn())
    operation = Difference(reference=named(one))
    image = operation.apply(opened(one), context(picture=lambda _: opened(one)))
    made = b"".join(encode(image, memoryview(one), LIMITS).pieces)
    assert pyvips.Image.new_from_buffer(made, "").get_typeof("icc-profile-data") == 0


def test_the_difference_of_an_animation_is_that_of_its_first_frame() -> None:
    one = animated(("red", "lime"), (50, 60))
    assert not (shown(one, one)[..., 0] != shown(one, one)[..., 1]).any()


def test_a_recipe_without_the_picture_says_so() -> None:
    with pytest.raises(InputMissing):
        result(Difference(reference=f"picture:{'0' * 64}"), with_pillow(drawn(), "PNG"))
