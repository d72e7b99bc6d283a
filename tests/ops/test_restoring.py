"""What auto sees: noise and the grid of JPEG, in drawn pictures where both are known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import pyvips
from PIL import Image as Pillow
from PIL import ImageDraw

from safelight.ops.restore import LEAST_SIGMA, MOST_QUALITY, WORTH_SAVING_AGAIN
from safelight.ops.restoring.grid import STRONGEST, WORST, best_quality, blockiness
from safelight.ops.restoring.noise import _blocks, noise_sigma
from safelight.ops.restoring.sample import patches
from tests.ops.worn import as_jpeg, noisy, sampled, scene


@pytest.mark.parametrize("sigma", [5, 10, 15, 25, 40])
@pytest.mark.parametrize("seed", [1, 2])
def test_noise_is_estimated_within_15_per_cent(sigma: float, seed: int) -> None:
    array = noisy(scene(seed=seed), sigma)
    assert noise_sigma(sampled(array)) == pytest.approx(sigma, rel=0.15)
    assert noise_sigma(sampled(array[..., 1])) == pytest.approx(sigma, rel=0.15)


def ellipse(side: int, seed: int) -> Any:
    """One shape with a hard edge on a plain ground, without any noise."""
    random = np.random.default_rng(seed)
    ground, colour = (tuple(map(int, random.integers(0, 256, 3))) for _ in range(2))
    picture = Pillow.new("RGB", (side, side), ground)
    left, top = (int(random.integers(0, side // 2)) for _ in range(2))
    box = (left, top, left + side // 2, top + side // 2)
    ImageDraw.Draw(picture).ellipse(box, fill=colour)
    return np.asarray(picture)


@pytest.mark.parametrize("side", [5, 20, 33, 48, 62, 64, 80])
def test_a_small_clean_picture_shows_no_noise(side: int) -> None:
    assert max(noise_sigma(sampled(ellipse(side, seed))) for seed in range(40)) < LEAST_SIGMA


def test_of_a_small_picture_nothing_is_told_until_it_has_enough_blocks() -> None:
    """The control of the test above: without that, edges of small pictures pass for noise."""
    plain = np.full((64, 64), 120, np.uint8)
    assert noise_sigma(sampled(noisy(plain, 20))) == pytest.approx(20, rel=0.2)
    assert noise_sigma(sampled(noisy(plain[:60], 20))) == 0
    edges = [levels_of(ellipse(33, seed)).min() for seed in range(40)]
    assert max(edges) > LEAST_SIGMA


def levels_of(array: Any) -> Any:
    """What each block shows as noise, in the first colour."""
    return _blocks(sampled(array)[0][0])[0]


def test_noise_that_was_cut_off_at_white_is_estimated_from_the_rest() -> None:
    array = scene().copy()
    array[:, :160] = 255
    assert noise_sigma(sampled(noisy(array, 20))) == pytest.approx(20, rel=0.2)


def test_sixteen_bits_are_measured_in_steps_of_eight() -> None:
    deep = noisy(scene(), 12).astype(np.uint16) * 257
    sample = patches(pyvips.Image.new_from_array(deep, interpretation="rgb16"))
    assert noise_sigma(sample) == pytest.approx(12, rel=0.15)


@pytest.mark.parametrize("quality", [10, 30, 50, 60])
@pytest.mark.parametrize("shift", [(0, 0), (3, 5), (7, 1)])
def test_the_grid_of_a_jpeg_is_seen_wherever_it_begins(
    quality: int, shift: tuple[int, int]
) -> None:
    array = as_jpeg(scene(), quality)[shift[0] :, shift[1] :]
    assert best_quality(blockiness(sampled(array))) <= MOST_QUALITY


def test_a_stronger_grid_means_a_worse_quality() -> None:
    assert best_quality(0) == STRONGEST[0][0]
    shown = [best_quality(most + 0.01) for _, most in STRONGEST]
    assert shown == sorted(shown, reverse=True)
    assert shown[-1] == WORST < WORTH_SAVING_AGAIN < MOST_QUALITY < STRONGEST[0][0]


@pytest.mark.parametrize("quality", [40, 60, 75, 85, 95])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_guess_is_never_worse_than_the_picture_was_saved(quality: int, seed: int) -> None:
    """A net that is told too bad a quality takes away what is fine."""
    guess = best_quality(blockiness(sampled(as_jpeg(scene(seed=seed), quality))))
    assert guess >= quality


def test_the_thresholds_lie_between_clean_and_damaged() -> None:
    clean, worn = scene(seed=7), as_jpeg(scene(seed=7), 60)
    assert noise_sigma(sampled(clean)) < LEAST_SIGMA / 2
    assert noise_sigma(sampled(noisy(clean, 9))) > LEAST_SIGMA
    least = STRONGEST[0][1]
    assert 2 * blockiness(sampled(clean)) < least < blockiness(sampled(worn)) / 1.5
