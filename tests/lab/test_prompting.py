"""The prompted cutout learns from scenes with one thing in a box, seen the way it will be used."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from bench.prompted import box_around, deepest, overlap
from lab.colour import draw_colour
from lab.grounds import draw_ground
from lab.objects import draw_object
from lab.prompt_planes import BEYOND, MARGIN, NARROWEST, PLANES, tensor, view_of
from lab.prompting import SCENE_PX, drawn_box, prompted_view, scene

SIDE = 64
WHOLE = (0.0, 0.0, 1.0, 1.0)


@pytest.fixture(scope="module")
def pools() -> dict[str, NDArray[np.uint8]]:
    return {
        "objects": np.stack([draw_object((5, index)) for index in range(3)]),
        "grounds": np.stack([draw_ground((5, index)) for index in range(2)]),
        "colour": np.stack([draw_colour((5, index)) for index in range(2)]),
    }


def test_a_scene_shows_enough_of_the_thing(
    pools: dict[str, NDArray[np.uint8]],
) -> None:
    picture, cover = scene(pools, np.random.default_rng(1))
    assert picture.shape == (SCENE_PX, SCENE_PX, 3)
    assert np.count_nonzero(cover > 127) > 0.015 * SCENE_PX**2
    left, top, right, bottom = drawn_box(np.random.default_rng(2), cover)
    assert 0 <= left < right <= SCENE_PX
    assert 0 <= top < bottom <= SCENE_PX


def test_a_view_is_decided_by_its_random_numbers(
    pools: dict[str, NDArray[np.uint8]],
) -> None:
    planes, cover = prompted_view(pools, np.random.default_rng(3), SIDE)
    again, _ = prompted_view(pools, np.random.default_rng(3), SIDE)
    assert planes.shape == (PLANES, SIDE, SIDE)
    assert cover.shape == (1, SIDE, SIDE)
    assert np.array_equal(planes, again)
    assert planes.min() >= 0
    assert planes.max() <= 1
    assert (cover[0] > 127)[planes[3] == 1].mean() > 0.1


def test_the_view_is_the_box_and_its_margin_never_too_narrow() -> None:
    view = view_of((10, 20, 30, 60))
    assert view.width == pytest.approx(28)
    assert view.height == pytest.approx(56)
    assert view.inside((10, 20, 30, 60))[1] == pytest.approx(MARGIN / (1 + 2 * MARGIN))
    thin = view_of((10, 10, 12, 110))
    assert thin.width == pytest.approx(NARROWEST * thin.height)


def test_colours_of_the_inside_are_told_from_those_around() -> None:
    picture = np.full((SIDE, SIDE, 3), (20, 60, 200), np.uint8)
    picture[24:40, 24:40] = (220, 40, 30)
    planes = tensor(picture, (0.25, 0.25, 0.75, 0.75), (0.0, 0.0, 1.0, 0.9))
    assert planes[5, 30, 30] > 0.9
    assert planes[5, 18, 18] < 0.5
    assert planes[5, 2, 2] < 0.5
    assert planes[3, 30, 30] == 1
    assert planes[3, 2, 2] == 0
    assert planes[3, -1, 2] == BEYOND


def test_the_measure_knows_right_from_wrong() -> None:
    mask = np.zeros((40, 60), np.bool_)
    mask[10:30, 20:40] = True
    assert overlap(mask, mask) == 1
    assert overlap(~mask, mask) == 0
    assert box_around(mask) == (19.0, 9.0, 41.0, 31.0)
    row, column = deepest(mask)
    assert 15 < row < 25
    assert 25 < column < 35
