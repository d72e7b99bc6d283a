"""What auto sees: noise and the grid of JPEG, in drawn pictures where both are known."""

from __future__ import annotations

import numpy as np
import pytest
import pyvips

from safelight.ops.restore import LEAST_BLOCKINESS, LEAST_SIGMA
from safelight.ops.restoring.grid import blockiness
from safelight.ops.restoring.noise import noise_sigma
from safelight.ops.restoring.sample import patches
from tests.ops.worn import as_jpeg, noisy, sampled, scene


@pytest.mark.parametrize("sigma", [5, 10, 15, 25, 40])
@pytest.mark.parametrize("seed", [1, 2])
def test_noise_is_estimated_within_15_per_cent(sigma: float, seed: int) -> None:
    array = noisy(scene(seed=seed), sigma)
    assert noise_sigma(sampled(array)) == pytest.approx(sigma, rel=0.15)
    assert noise_sigma(sampled(array[..., 1])) == pytest.approx(sigma, rel=0.15)


def test_a_small_or_odd_picture_is_estimated_too() -> None:
    array = np.full((19, 33), 120, np.uint8)
    assert noise_sigma(sampled(noisy(array, 20))) == pytest.approx(20, rel=0.3)
    assert noise_sigma(sampled(noisy(np.full((5, 6), 120, np.uint8), 20))) == 0


def test_noise_that_was_cut_off_at_white_is_estimated_from_the_rest() -> None:
    array = scene().copy()
    array[:, :160] = 255
    assert noise_sigma(sampled(noisy(array, 20))) == pytest.approx(20, rel=0.2)


def test_sixteen_bits_are_measured_in_steps_of_eight() -> None:
    deep = noisy(scene(), 12).astype(np.uint16) * 257
    sample = patches(pyvips.Image.new_from_array(deep, interpretation="rgb16"))
    assert noise_sigma(sample) == pytest.approx(12, rel=0.15)


@pytest.mark.parametrize("quality", [10, 30, 50, 70])
@pytest.mark.parametrize("shift", [(0, 0), (3, 5), (7, 1)])
def test_the_grid_of_a_jpeg_is_seen_wherever_it_begins(
    quality: int, shift: tuple[int, int]
) -> None:
    array = as_jpeg(scene(), quality)[shift[0] :, shift[1] :]
    assert blockiness(sampled(array)) > LEAST_BLOCKINESS


def test_the_thresholds_lie_between_clean_and_damaged() -> None:
    clean, worn = scene(seed=7), as_jpeg(scene(seed=7), 60)
    assert (
        noise_sigma(sampled(clean))
        < LEAST_SIGMA / 2
        < LEAST_SIGMA
        < noise_sigma(sampled(noisy(clean, 6)))
    )
    assert 2 * blockiness(sampled(clean)) < LEAST_BLOCKINESS < blockiness(sampled(worn)) / 2
