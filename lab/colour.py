"""Colour scenes: the shapes of lab.scene, each laid in a small range of colours of its own.

Luma comes from the fills, as in grey scenes. Chroma comes from the layer: two chromas, one for
dark tones and one for light ones. Layers of one tone but another chroma are common, so there are
edges in luma, in chroma, and in both.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lab.draw import TRAINING_SEED
from lab.pool import Pool
from lab.scene import (
    Canvas,
    lay_hair,
    lay_leaves,
    lay_row,
    lay_shadow,
    lay_shape,
    lay_text,
)
from lab.textures import Field, Fill, Paints, Random, any_fill, mix_paints

COLOUR_SIDE_PX = 320
RED_FROM_CR, BLUE_FROM_CB = 1.402, 1.772
GREEN_FROM_CB, GREEN_FROM_CR = -0.344136, -0.714136


@dataclass(frozen=True)
class Colours:
    """The chromas of one scene, [count, 2] as (Cb, Cr) around 0, and how layers take them."""

    random: Random
    chromas: Field
    spread: float

    def pair(self) -> tuple[Field, Field]:
        """The chromas of a layer's dark and light tones."""
        dark = self._one()
        return dark, (self._one() if self.random.random() < 0.3 else self._near(dark))

    def _one(self) -> Field:
        return self._near(self.chromas[int(self.random.integers(len(self.chromas)))])

    def _near(self, chroma: Field) -> Field:
        near: Field = chroma + self.random.normal(0, 0.15 * self.spread, 2)
        return near


@dataclass(frozen=True)
class ColourCanvas(Canvas):
    """A square of luma that carries two planes of chroma of the same size."""

    chroma: Field
    colours: Colours

    def lay(self, top: int, left: int, mask: Field, fill: Fill) -> None:
        """Paint luma as a grey canvas does, and the layer's chroma by the same tones."""
        y0, x0 = max(0, top), max(0, left)
        y1 = min(self.side_px, top + mask.shape[0])
        x1 = min(self.side_px, left + mask.shape[1])
        if y1 <= y0 or x1 <= x0:
            return
        y = np.arange(y0, y1, dtype=np.float32)[:, None]
        x = np.arange(x0, x1, dtype=np.float32)[None, :]
        part = mask[y0 - top : y1 - top, x0 - left : x1 - left]
        tone = fill(y, x)
        spot = self.pixels[y0:y1, x0:x1]
        spot += part * (tone - spot)
        if self.colours.spread:
            self._tint(np.s_[y0:y1, x0:x1], part, tone)

    def _tint(self, place: tuple[slice, slice], part: Field, tone: Field) -> None:
        dark, light = self.colours.pair()
        for plane, low, high in zip(self.chroma, dark, light, strict=True):
            spot = plane[place]
            spot += part * (np.float32(low) + np.float32(high - low) * tone - spot)


def mix_colours(random: Random) -> Colours:
    """Grey in one scene of eight, else muted, natural or saturated chromas of a few hues."""
    spread = float(random.choice([0.0, 0.05, 0.12, 0.25, 0.4], p=[0.13, 0.2, 0.3, 0.22, 0.15]))
    count = int(random.integers(2, 8))
    hue = random.uniform(0, 2 * np.pi) + random.normal(0, random.choice([0.4, 3.0]), count)
    radius = spread * random.beta(1.2, 1.2, count) * 1.6
    chromas = np.stack([radius * np.cos(hue), radius * np.sin(hue)], axis=1)
    return Colours(random, chromas.astype(np.float32), spread)


def draw_colour(seed: tuple[int, int]) -> NDArray[np.uint8]:
    """A 320 by 320 colour picture [H, W, 3] in 8 bits, decided by `seed` and nothing else."""
    random = np.random.default_rng([*seed, 3])
    side = round(COLOUR_SIDE_PX * random.uniform(1.3, 3.0))
    paints, colours = mix_paints(random), mix_colours(random)
    canvas = ColourCanvas(
        np.zeros((side, side), np.float32),
        paints,
        np.zeros((2, side, side), np.float32),
        colours,
    )
    if random.random() < 0.12:
        _lay_poster(random, canvas, paints)
    else:
        _lay_scene(random, canvas, paints)
    return _develop(random, canvas)


def _lay_scene(random: Random, canvas: ColourCanvas, paints: Paints) -> None:
    side = canvas.side_px
    ground = any_fill(random, paints, radius_px=side / 2)
    canvas.lay(0, 0, np.ones((side, side), np.float32), ground)
    for _ in range(int(random.integers(4, 18))):
        lay_shape(random, canvas, side * random.uniform(0.08, 0.35))
    parts = [lay_leaves] * int(random.integers(1, 4)) + [lay_row] * int(random.integers(0, 4))
    parts += [lay_hair] * int(random.integers(0, 4)) + [lay_text] * int(random.integers(0, 3))
    parts += [lay_shadow] * int(random.integers(0, 3))
    for index in random.permutation(len(parts)):
        parts[index](random, canvas)


def _lay_poster(random: Random, canvas: ColourCanvas, paints: Paints) -> None:
    """Flat graphics: few large shapes and much text, nothing between."""
    side = canvas.side_px
    canvas.lay(0, 0, np.ones((side, side), np.float32), any_fill(random, paints, radius_px=8))
    for _ in range(int(random.integers(2, 9))):
        lay_shape(random, canvas, side * random.uniform(0.05, 0.3))
    for _ in range(int(random.integers(3, 9))):
        lay_text(random, canvas)


def _develop(random: Random, canvas: ColourCanvas) -> NDArray[np.uint8]:
    """Light, colours, area reduction, slight blur, gamma, 8 bits."""
    luma = canvas.pixels
    side = canvas.side_px
    if random.random() < 0.4:
        y, x = np.ogrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
        slope_y, slope_x, vignette = random.normal(0, 0.12, 3)
        luma = luma * (1 + slope_y * y + slope_x * x - abs(vignette) * (x * x + y * y))
    blue, red = canvas.chroma
    planes = (
        luma + RED_FROM_CR * red,
        luma + GREEN_FROM_CB * blue + GREEN_FROM_CR * red,
        luma + BLUE_FROM_CB * blue,
    )
    size = (COLOUR_SIDE_PX, COLOUR_SIDE_PX)
    gamma = np.float32(np.exp(random.normal(0, 0.25)))
    blur_px = random.uniform(0.25, 0.8) if random.random() < 0.3 else 0.0
    small = []
    for plane in planes:
        whole = Image.fromarray(np.clip(plane, 0, 1).astype(np.float32))
        tones = np.asarray(whole.resize(size, Image.Resampling.BOX), np.float32)
        small.append(soften(tones, blur_px) ** gamma)
    picture: NDArray[np.uint8] = np.clip(np.stack(small, 2) * 255 + 0.5, 0, 255).astype(np.uint8)
    return picture


def soften(plane: Field, sigma_px: float) -> Field:
    """A Gaussian blur of one plane [H, W] or picture [H, W, C]; edges repeat; 0 leaves it."""
    if sigma_px <= 0:
        return plane
    reach = max(1, int(3 * sigma_px + 0.5))
    taps = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma_px) ** 2)
    taps = (taps / taps.sum()).astype(np.float32)
    for axis in (0, 1):
        width = [(reach, reach) if at == axis else (0, 0) for at in range(plane.ndim)]
        padded = np.pad(plane, width, mode="edge")
        count = plane.shape[axis]
        total = np.zeros_like(plane, np.float32)
        for index, tap in enumerate(taps):
            total += tap * padded.take(range(index, index + count), axis)
        plane = total
    return plane


COLOUR = Pool("colour", draw_colour, count=800, seed=TRAINING_SEED)
