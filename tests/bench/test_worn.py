"""The wear that restoring is measured on is the same at every run."""

from __future__ import annotations

import numpy as np
import pytest

from bench.restore import noisy
from bench.worn import HARDSHIPS, greyed, luma, psnr_db, recompressed, worn

PICTURE = np.random.default_rng(3).integers(0, 256, (48, 64, 3)).astype(np.uint8)


@pytest.mark.parametrize("name", HARDSHIPS)
def test_a_worn_copy_is_repeatable_and_small(name: str) -> None:
    one, other = (worn(PICTURE, 4, HARDSHIPS[name], 7) for _ in range(2))
    assert one.shape == (12, 16, 3)
    assert np.array_equal(one, other)


def test_noise_is_repeatable_and_grey_stays_grey() -> None:
    assert np.array_equal(noisy(PICTURE, 25, 1), noisy(PICTURE, 25, 1))
    assert not np.array_equal(noisy(PICTURE, 25, 1), noisy(PICTURE, 25, 2))
    dirty = noisy(greyed(PICTURE), 25, 1)
    assert np.array_equal(dirty[:, :, 0], dirty[:, :, 2])


def test_the_ratio_is_that_of_the_definition() -> None:
    shifted = np.full((8, 8, 3), 10.0)
    assert psnr_db(shifted, shifted + 5) == pytest.approx(20 * np.log10(255 / 5))
    assert luma(np.full((1, 1, 3), 255.0))[0, 0] == pytest.approx(235, abs=0.01)


def test_a_worse_quality_is_worse() -> None:
    flat = np.full((64, 64, 3), 90, np.uint8)
    flat[:, 30:] = 200
    scores = [psnr_db(recompressed(flat, quality), flat) for quality in (10, 90)]
    assert scores[0] < scores[1]
