"""What the cutter learns from: drawn objects, drawn grounds, and the two composed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from lab.compose import composite
from lab.cutting_out import CuttingOut, held_out, view, weights_of
from lab.grounds import GROUNDS, HELD_OUT_GROUNDS, draw_ground
from lab.grounds import SIDE_PX as GROUND_PX
from lab.objects import HELD_OUT_OBJECTS, KINDS, OBJECTS, draw_object
from lab.recipe import Pools, Random, Schedule
from lab.recipes.cutout import recipe
from lab.sketch import PARTS, SIDE_PX, Sketch
from safelight.ops.cutting.surface import PLANES


@pytest.fixture(scope="module")
def pools() -> Pools:
    """A few drawings of each kind; plain noise stands in for the coloured scenes."""
    random = np.random.default_rng(0)
    objects = np.stack([draw_object((1, index)) for index in range(4)])
    grounds = np.stack([draw_ground((1, index)) for index in range(2)])
    scenes = random.integers(0, 256, (2, 96, 96, 3), np.uint8)
    return {
        "objects": objects,
        "grounds": grounds,
        "colour": scenes,
        HELD_OUT_OBJECTS.name: objects[:1],
        HELD_OUT_GROUNDS.name: grounds[:1],
    }


@pytest.mark.parametrize("kind", [kind for _, kind in KINDS], ids=lambda kind: kind.__name__)
def test_every_kind_of_object_covers_a_fair_share(kind: Callable[[Random, Sketch], None]) -> None:
    shares = []
    for seed in range(6):
        sketch = Sketch()
        kind(np.random.default_rng(seed), sketch)
        assert sketch.parts.max() < PARTS
        shares.append(np.count_nonzero(sketch.parts) / sketch.parts.size)
    assert 0.01 < np.median(shares) < 0.7


def test_an_object_is_decided_by_its_seed() -> None:
    first, again, other = (draw_object((5, index)) for index in (3, 3, 4))
    assert first.shape == (SIDE_PX, SIDE_PX, 4)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_what_is_covered_belongs_to_a_part() -> None:
    drawn = draw_object((5, 6))
    assert drawn[..., 2][drawn[..., 0] > 128].min() > 0


def test_a_ground_uses_the_whole_range() -> None:
    ground = draw_ground((5, 1))
    assert ground.shape == (GROUND_PX, GROUND_PX)
    assert int(np.ptp(ground)) > 200


def test_a_composite_is_decided_by_its_random_numbers(pools: Pools) -> None:
    pairs = [composite(pools, np.random.default_rng(seed), 128) for seed in (1, 1, 2)]
    assert all(np.array_equal(a, b) for a, b in zip(pairs[0], pairs[1], strict=True))
    assert not np.array_equal(pairs[0][0], pairs[2][0])
    for picture, cover in pairs:
        assert picture.shape == (128, 128, 3)
        assert cover.shape == (128, 128)
        assert picture.dtype == cover.dtype == np.uint8


def test_composites_hold_ground_and_object(pools: Pools) -> None:
    covers = [composite(pools, np.random.default_rng(seed), 96)[1] for seed in range(12)]
    shares = [float((cover > 128).mean()) for cover in covers]
    assert 0.05 < np.mean(shares) < 0.6


def test_a_view_has_the_planes_of_the_operation(pools: Pools) -> None:
    planes, cover, weights = view(pools, np.random.default_rng(3), 96)
    assert planes.shape == (PLANES, 96, 96)
    assert cover.shape == weights.shape == (1, 96, 96)


@pytest.mark.parametrize("progress", [0.1, 0.6, 0.95])
def test_a_batch_is_half_mirrored_and_a_side_the_net_takes(pools: Pools, progress: float) -> None:
    random = np.random.default_rng(4)
    planes, cover, weights = recipe.batch(pools, random, size=4, progress=progress)
    count = len(planes) // 2
    assert planes.shape[2] == planes.shape[3]
    assert planes.shape[2] % 32 == 0
    for part in (planes, cover, weights):
        assert np.array_equal(part[:count, ..., ::-1], part[count:])


def ring(side: int) -> tuple[NDArray[np.uint8], NDArray[np.bool_], NDArray[np.bool_]]:
    """A ring's coverage; the ground it encloses; the ground far outside."""
    axis = np.linspace(-1, 1, side)
    away = np.hypot(axis[:, None], axis[None, :])
    return ((away > 0.3) & (away < 0.5)).astype(np.uint8) * 255, away < 0.25, away > 1


def test_enclosed_ground_weighs_most() -> None:
    cover, inside, outside = ring(128)
    weights = weights_of(cover)
    assert (weights[inside] == 120).all()
    assert (weights[outside] == 64).all()


def test_a_cut_ring_encloses_nothing() -> None:
    """The control: with a way out the same ground is no longer enclosed."""
    cover, inside, _ = ring(128)
    cover[56:72, 64:] = 0
    assert weights_of(cover)[inside].max() < 120


def test_calibration_sees_only_what_training_does_not(pools: Pools) -> None:
    assert held_out(pools)["objects"] is pools[HELD_OUT_OBJECTS.name]
    assert {OBJECTS.seed, GROUNDS.seed}.isdisjoint({HELD_OUT_OBJECTS.seed, HELD_OUT_GROUNDS.seed})
    inputs = CuttingOut(Schedule(steps=1, batch=2)).calibration(
        pools, np.random.default_rng(1), size=2
    )
    assert inputs.shape == (2, PLANES, 320, 320)
    assert np.isfinite(inputs).all()
