"""Colour scenes and what the menders learn from: drawn, repeatable, worse than they were."""

from __future__ import annotations

import numpy as np
import pytest

from lab.colour import COLOUR_SIDE_PX, draw_colour, soften
from lab.degrade import (
    Compression,
    Hardship,
    add_noise,
    as_grey,
    compress,
    is_grey,
    make_small,
    white_noise,
)
from lab.recipe import load_recipe

SEED = 12
PICTURES = np.stack([draw_colour((SEED, index)) for index in range(3)])


def random() -> np.random.Generator:
    return np.random.default_rng(5)


def test_a_colour_picture_is_decided_by_its_seed() -> None:
    again = draw_colour((SEED, 1))
    assert again.shape == (COLOUR_SIDE_PX, COLOUR_SIDE_PX, 3)
    assert np.array_equal(again, PICTURES[1])
    assert not np.array_equal(again, PICTURES[2])


def test_colour_pictures_have_colour() -> None:
    assert any(not is_grey(picture) for picture in PICTURES)


def test_softening_keeps_the_mean_and_flat_planes() -> None:
    flat = np.full((20, 30, 3), 0.25, np.float32)
    assert np.allclose(soften(flat, 1.3), 0.25)
    assert soften(flat, 0) is flat


def test_noise_has_the_deviation_asked_for() -> None:
    patch = np.full((128, 128, 3), 128, np.uint8)
    patch[:, :, 0] = 100
    assert white_noise(random(), patch, 20).std() == pytest.approx(20, rel=0.03)
    noisy = add_noise(random(), patch, 20, stored=True) * 255
    assert np.allclose(noisy, np.rint(noisy), atol=1e-3)


def test_grey_gets_one_noise_for_its_channels() -> None:
    grey = as_grey(PICTURES[0][:32, :32])
    assert is_grey(grey)
    assert white_noise(random(), grey, 5).shape == (32, 32, 1)


def test_compression_keeps_grey_grey_and_costs_more_at_low_quality() -> None:
    grey = as_grey(PICTURES[0])
    assert is_grey(compress(grey, Compression(20, "4:2:0")))
    gaps = [
        np.abs(
            compress(PICTURES[0], Compression(quality, "4:2:0")) - PICTURES[0].astype(int)
        ).mean()
        for quality in (10, 90)
    ]
    assert gaps[0] > gaps[1]


def test_a_hard_life_is_repeatable() -> None:
    hard = Hardship(1.0, 5.0, Compression(60, "4:2:0"))
    one, other = (make_small(random(), PICTURES[1], 4, hard, white=True) for _ in range(2))
    assert one.shape == (COLOUR_SIDE_PX // 4, COLOUR_SIDE_PX // 4, 3)
    assert np.array_equal(one, other)


@pytest.mark.parametrize("name", ["restore-noise", "restore-jpeg"])
def test_restorers_learn_from_worse_patches_with_a_plane(name: str) -> None:
    recipe = load_recipe(name)
    inputs, wanted = recipe.batch({"colour": PICTURES}, random(), size=24, progress=0.5)
    assert inputs.shape == (24, 4, 64, 64)
    assert wanted.shape == (24, 3, 64, 64)
    planes = inputs[:, 3]
    assert np.array_equal(planes.min(axis=(1, 2)), planes.max(axis=(1, 2)))
    assert 0 <= planes.min() < planes.max() <= 0.95
    assert np.abs(inputs[:, :3] - wanted).mean() > 0.002


def test_a_plane_of_no_noise_asks_for_no_change() -> None:
    recipe = load_recipe("restore-noise")
    inputs, wanted = recipe.batch({"colour": PICTURES}, random(), size=200, progress=0.5)
    told_nothing = inputs[:, 3, 0, 0] == 0
    assert told_nothing.any()
    assert np.array_equal(inputs[told_nothing, :3], wanted[told_nothing])


def test_a_small_picture_and_its_whole_lie_over_each_other() -> None:
    recipe = load_recipe("upscale-x2-photo")
    low, high = recipe.batch({"colour": PICTURES}, random(), size=6, progress=0.5)
    assert high.shape == (6, 3, 2 * low.shape[2], 2 * low.shape[3])
    reduced = high.reshape(6, 3, low.shape[2], 2, low.shape[3], 2).mean(axis=(3, 5))
    shifted = np.roll(reduced, 4, axis=3)
    assert np.abs(reduced - low).mean() < 0.6 * np.abs(shifted - low).mean()
