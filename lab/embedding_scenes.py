"""Two moments of one drawn scene: a ground, a few figures on it, and how far both moved between.

The first frame and the second are painted from the same numbers; only the places differ. What a
vector must hold on to is what the two have in common.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from lab.colour import (
    BLUE_FROM_CB,
    GREEN_FROM_CB,
    GREEN_FROM_CR,
    RED_FROM_CR,
    ColourCanvas,
    Colours,
    mix_colours,
)
from lab.pool import Pool
from lab.scene import lay_hair, lay_row, lay_shadow, lay_shape, lay_text
from lab.shapes import any_outline, cover
from lab.textures import Field, Fill, Paints, Random, any_fill, noise_tile

FRAME_SIDE_PX = 160
NOISES, NOISES_PER_SCENE = 64, 3
SCENES_SEED = 2027


@dataclass(frozen=True)
class MovedCanvas(ColourCanvas):
    """A colour canvas on which everything lies `move` pixels further down and right."""

    move: tuple[int, int]

    def lay(self, top: int, left: int, mask: Field, fill: Fill) -> None:
        """Paint at the moved place; the surface moves along."""
        down, right = self.move
        super().lay(top + down, left + right, mask, lambda y, x: fill(y - down, x - right))


def draw_moments(seed: tuple[int, int]) -> NDArray[np.uint8]:
    """[2, 160, 160, 3] in 8 bits: a scene now and a moment later, decided by `seed` alone."""
    random = np.random.default_rng([*seed, 5])
    paints = _mix_paints(random, seed[0])
    pan = tuple(int(v) for v in random.normal(0, 0.03 * FRAME_SIDE_PX, 2))
    stir = random.normal(0, 0.06 * FRAME_SIDE_PX, (4, 2)).astype(int)
    scene = int(random.integers(2**62))
    first = _paint(scene, paints, (0, 0), np.zeros_like(stir))
    second = _paint(scene, paints, (pan[0], pan[1]), stir)
    return np.stack([first, second])


def _mix_paints(random: Random, seed: int) -> Paints:
    tones = random.beta(0.9, 0.9, size=int(random.integers(3, 9))).astype(np.float32)
    picked = random.choice(NOISES, NOISES_PER_SCENE, replace=False)
    return Paints(tones, tuple(_noise(seed, int(index)) for index in picked))


@lru_cache(maxsize=NOISES)
def _noise(seed: int, index: int) -> Field:
    return noise_tile(np.random.default_rng([seed, index, 6]))


def _paint(scene: int, paints: Paints, pan: tuple[int, int], stir: Field) -> NDArray[np.uint8]:
    """The scene of this number; `pan` moves all of it, `stir` each figure besides."""
    random = np.random.default_rng(scene)
    side = FRAME_SIDE_PX
    canvas = MovedCanvas(
        np.zeros((side, side), np.float32),
        paints,
        np.zeros((2, side, side), np.float32),
        mix_colours(random),
        pan,
    )
    _lay_ground(random, canvas)
    for index in range(int(random.integers(1, len(stir) + 1))):
        move = (pan[0] + int(stir[index, 0]), pan[1] + int(stir[index, 1]))
        _lay_figure(random, replace(canvas, move=move))
    if random.random() < 0.2:
        lay_shadow(random, canvas)
    return _develop(random, canvas)


def _lay_ground(random: Random, canvas: MovedCanvas) -> None:
    side = canvas.side_px
    margin = side // 4
    whole = np.ones((side + 2 * margin, side + 2 * margin), np.float32)
    canvas.lay(-margin, -margin, whole, any_fill(random, canvas.paints, radius_px=side))
    if random.random() < 0.5:
        horizon = int(side * random.uniform(0.2, 0.85))
        softness = float(np.exp(random.uniform(0, np.log(side / 3))))
        rows = np.arange(whole.shape[0], dtype=np.float32)[:, None] - horizon - margin
        below = np.broadcast_to(cover(-rows, softness_px=softness), whole.shape)
        canvas.lay(-margin, -margin, below, any_fill(random, canvas.paints, radius_px=side))
    largest = random.uniform(0.05, 0.3)
    for _ in range(int(random.integers(0, 40) * random.random())):
        lay_shape(random, canvas, side * float(random.uniform(0.02, largest)))
    for share, lay in ((0.3, lay_row), (0.2, lay_hair), (0.12, lay_text)):
        if random.random() < share:
            lay(random, canvas)


def _lay_figure(random: Random, canvas: MovedCanvas) -> None:
    """A thing: up to seven shapes around one place, in few colours."""
    side = canvas.side_px
    reach = side * float(np.exp(random.uniform(np.log(0.1), np.log(0.45))))
    middle = random.normal(side / 2, side / 6, 2)
    picked = random.integers(0, len(canvas.colours.chromas), 2)
    few = Colours(random, canvas.colours.chromas[picked], canvas.colours.spread * 0.6)
    own = replace(canvas, colours=few)
    fills = [any_fill(random, canvas.paints, radius_px=reach) for _ in range(3)]
    for index in range(int(random.integers(1, 8))):
        radius = reach * (1 if index == 0 else float(random.uniform(0.15, 0.7)))
        spot = middle + (random.normal(0, reach * 0.5, 2) if index else 0)
        size = int(radius + 3)
        axis = np.arange(-size, size + 1, dtype=np.float32)
        distance = any_outline(random, radius)(axis[:, None], axis[None, :])
        top, left = int(spot[0]) - size, int(spot[1]) - size
        if random.random() < 0.3:
            shade = cover(distance, softness_px=radius * 0.4) * np.float32(0.4)
            own.lay(top + int(radius / 8), left, shade, lambda y, x: np.zeros_like(y + x))
        own.lay(top, left, cover(distance, softness_px=1.0), fills[int(random.integers(3))])


def _develop(random: Random, canvas: ColourCanvas) -> NDArray[np.uint8]:
    """Light, colours, gamma, 8 bits."""
    luma, (blue, red), side = canvas.pixels, canvas.chroma, canvas.side_px
    y, x = np.ogrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
    slope_y, slope_x, vignette = random.normal(0, 0.1, 3)
    luma = luma * (1 + slope_y * y + slope_x * x - abs(vignette) * (x * x + y * y))
    planes = (
        luma + RED_FROM_CR * red,
        luma + GREEN_FROM_CB * blue + GREEN_FROM_CR * red,
        luma + BLUE_FROM_CB * blue,
    )
    gamma = np.float32(np.exp(random.normal(0, 0.25)))
    tones = np.clip(np.stack(planes, axis=2), 0, 1) ** gamma
    picture: NDArray[np.uint8] = (tones * 255 + 0.5).astype(np.uint8)
    return picture


MOMENTS = Pool("moments", draw_moments, count=4000, seed=SCENES_SEED)
