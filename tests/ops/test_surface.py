"""The smooth ground fitted around an object, and what the net is given of it."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from safelight.ops.cutting.surface import LEAST_NOISE, PLANES, fit, tensor

SIDE = 160
Picture = NDArray[np.uint8]
Mask = NDArray[np.bool_]


def axes() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Places -1 to 1, down and across."""
    axis = np.linspace(-1, 1, SIDE)
    return axis[:, None] + 0 * axis, axis[None, :] + 0 * axis[:, None]


def even() -> NDArray[np.float64]:
    return 0.8 + 0 * axes()[0]


def sloping() -> NDArray[np.float64]:
    y, x = axes()
    return 0.6 + 0.15 * y - 0.1 * x


def vignetted() -> NDArray[np.float64]:
    y, x = axes()
    return 0.8 - 0.2 * (x * x + y * y)


def floored() -> NDArray[np.float64]:
    y, x = axes()
    return np.where(y > 0.3 + 0.05 * x, 0.45 + 0.1 * y, 0.8 + 0.03 * x)


GROUNDS = {"even": even, "sloping": sloping, "vignetted": vignetted, "floored": floored}


def shot(ground: NDArray[np.float64], *, noise: float = 0.008) -> tuple[Picture, Mask]:
    """A disc of another colour on the ground, with noise; where the disc is."""
    y, x = axes()
    inside = x**2 + (y - 0.1) ** 2 < 0.25
    plane = ground[..., None] * np.array([1.0, 0.97, 0.92])
    plane[inside] = (0.25, 0.2, 0.55)
    plane = plane + np.random.default_rng(3).normal(0, noise, plane.shape)
    return (np.clip(plane, 0, 1) * 255 + 0.5).astype(np.uint8), inside


@pytest.mark.parametrize("name", GROUNDS)
def test_the_ground_is_found_and_the_object_stands_out(name: str) -> None:
    picture, inside = shot(GROUNDS[name]())
    distance = tensor(picture)[6]
    assert np.quantile(distance[~inside], 0.95) < 0.5
    assert distance[inside].min() > 0.7


def test_noise_without_a_surface_is_no_ground() -> None:
    """The control: where nothing is smooth, nothing stands out either."""
    picture = np.random.default_rng(1).integers(0, 256, (SIDE, SIDE, 3), np.uint8)
    ground = fit(picture.astype(np.float32) / np.float32(255))
    assert ground.noise > 20 * LEAST_NOISE
    assert tensor(picture)[6].max() < 0.5


def test_an_object_over_a_third_of_one_border_does_not_bend_the_ground() -> None:
    picture, _ = shot(sloping())
    picture[50:104, :60] = (20, 30, 120)
    away = np.abs(fit(picture.astype(np.float32) / np.float32(255)).colours[..., 0] - sloping())
    assert away.max() < 0.06


@pytest.mark.parametrize("side", [64, 128, 320])
def test_planes_have_one_form_at_every_size(side: int) -> None:
    picture = np.full((side, side, 3), 200, np.uint8)
    planes = tensor(picture)
    assert planes.shape == (PLANES, side, side)
    assert planes.dtype == np.float32
    assert np.isfinite(planes).all()
    assert planes[:3].min() >= 0
    assert planes[:3].max() <= 1
    assert np.abs(planes[3:6]).max() < 0.05
    assert planes[6].max() < 0.2


def test_the_same_picture_gives_the_same_planes() -> None:
    picture, _ = shot(floored())
    assert np.array_equal(tensor(picture), tensor(picture.copy()))


@pytest.mark.parametrize("value", [0, 255])
def test_one_colour_to_the_edge_of_the_range(value: int) -> None:
    planes = tensor(np.full((96, 96, 3), value, np.uint8))
    assert planes[6].max() < 0.05
