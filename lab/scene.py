"""A scene: shapes laid over each other until nothing of the ground is special."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lab.shapes import any_outline, cover, lettering, rectangle, strokes
from lab.textures import Field, Fill, Paints, Random, any_fill, any_warp, flat, mix_paints

PICTURE_SIDE_PX = 512


@dataclass(frozen=True)
class Canvas:
    """A square of tones in 0..1, larger than the picture it becomes."""

    pixels: Field
    paints: Paints

    @property
    def side_px(self) -> int:
        """Width and height in pixels."""
        return int(self.pixels.shape[0])

    def lay(self, top: int, left: int, mask: Field, fill: Fill) -> None:
        """Paint `fill` through `mask`, whose corner lies at (top, left); may overhang."""
        y0, x0 = max(0, top), max(0, left)
        y1 = min(self.side_px, top + mask.shape[0])
        x1 = min(self.side_px, left + mask.shape[1])
        if y1 <= y0 or x1 <= x0:
            return
        y = np.arange(y0, y1, dtype=np.float32)[:, None]
        x = np.arange(x0, x1, dtype=np.float32)[None, :]
        part = mask[y0 - top : y1 - top, x0 - left : x1 - left]
        spot = self.pixels[y0:y1, x0:x1]
        spot += part * (fill(y, x) - spot)


def draw_scene(seed: tuple[int, ...]) -> NDArray[np.uint8]:
    """A 512 by 512 grey picture in 8 bits, decided by `seed` and nothing else."""
    random = np.random.default_rng(list(seed))
    side = round(PICTURE_SIDE_PX * random.uniform(1.5, 3.0))
    canvas = Canvas(np.zeros((side, side), np.float32), mix_paints(random))
    ground = any_fill(random, canvas.paints, radius_px=side / 2)
    canvas.lay(0, 0, np.ones((side, side), np.float32), ground)
    for _ in range(int(random.integers(4, 18))):
        lay_shape(random, canvas, side * random.uniform(0.08, 0.35))
    parts: list[Callable[[Random, Canvas], None]] = [lay_leaves] * int(random.integers(2, 5))
    parts += [lay_row] * int(random.integers(0, 4)) + [lay_hair] * int(random.integers(0, 4))
    parts += [lay_text] * int(random.integers(0, 3)) + [lay_shadow] * int(random.integers(0, 3))
    for index in random.permutation(len(parts)):
        parts[index](random, canvas)
    return _develop(random, canvas.pixels)


def lay_shape(random: Random, canvas: Canvas, radius_px: float) -> None:
    """One shape anywhere, sometimes with a soft shadow, sometimes out of focus."""
    middle_y, middle_x = random.uniform(0, canvas.side_px, 2)
    outline = any_outline(random, radius_px)
    softness = 1.0 if random.random() < 0.8 else random.uniform(1.5, 9)
    reach = int(radius_px + softness + 3)
    top, left = int(middle_y) - reach, int(middle_x) - reach
    y = np.arange(-reach, reach + 1, dtype=np.float32)[:, None] - np.float32(middle_y % 1)
    x = np.arange(-reach, reach + 1, dtype=np.float32)[None, :] - np.float32(middle_x % 1)
    distance = outline(y, x)
    if radius_px > 20 and random.random() < 0.25:
        dy, dx = (int(v) for v in random.normal(0, radius_px / 8, 2))
        shade = cover(distance, softness_px=radius_px * random.uniform(0.1, 0.5))
        canvas.lay(top + dy, left + dx, shade * np.float32(random.uniform(0.2, 0.7)), flat(0))
    mask = cover(distance, softness_px=softness)
    if random.random() < 0.1:
        mask = mask * np.float32(random.uniform(0.2, 0.9))
    canvas.lay(top, left, mask, any_fill(random, canvas.paints, radius_px=radius_px))


def lay_leaves(random: Random, canvas: Canvas) -> None:
    """Many shapes whose radii follow a power law, over all the canvas."""
    count = int(np.exp(random.uniform(np.log(100), np.log(1300))))
    power, smallest = random.uniform(2.3, 3.1), random.uniform(2.5, 8)
    radii = smallest * (1 - random.random(count)) ** (-1 / (power - 1))
    for radius in np.minimum(radii, canvas.side_px / 3):
        lay_shape(random, canvas, float(radius))


def lay_row(random: Random, canvas: Canvas) -> None:
    """Windows, fences, beads: one outline repeated on a lattice inside a rectangle."""
    side = int(canvas.side_px * random.uniform(0.2, 0.7))
    pitch = float(np.exp(random.uniform(np.log(8), np.log(90))))
    warp = any_warp(random, size_px=side)
    outline = any_outline(random, pitch * random.uniform(0.25, 0.5))
    aspect = np.float32(random.choice([1.0, 1.0, 0.5, 2.0]))
    top, left = (int(v) for v in random.uniform(-side / 2, canvas.side_px - side / 2, 2))
    y = np.arange(side, dtype=np.float32)[:, None]
    x = np.arange(side, dtype=np.float32)[None, :]
    u, v = np.broadcast_arrays(*warp(y, x))
    step = np.float32(pitch)
    u = (np.mod(u / step, 1) - np.float32(0.5)) * step
    v = (np.mod(v / step * aspect, 1) - np.float32(0.5)) * step / aspect
    frame = rectangle(random, side * 0.48)(y - side / 2, x - side / 2)
    mask = cover(outline(v, u), softness_px=1.0) * cover(frame, softness_px=1.0)
    canvas.lay(top, left, mask, any_fill(random, canvas.paints, radius_px=side / 2))


def lay_hair(random: Random, canvas: Canvas) -> None:
    """Bundles of strokes in a few tones: grass, hair, scratches."""
    side = int(canvas.side_px * random.uniform(0.15, 0.6))
    top, left = (int(v) for v in random.uniform(-side / 3, canvas.side_px - side / 2, 2))
    width = int(random.integers(1, 6))
    for _ in range(int(random.integers(2, 6))):
        mask = strokes(random, side, int(random.integers(10, 150)), width_px=width)
        canvas.lay(top, left, mask, flat(canvas.paints.tone(random)))


def lay_text(random: Random, canvas: Canvas) -> None:
    """A block of text, often on a plate of its own tone."""
    side = int(canvas.side_px * random.uniform(0.15, 0.5))
    size = int(np.exp(random.uniform(np.log(14), np.log(110))))
    top, left = (int(v) for v in random.uniform(-side / 3, canvas.side_px - side / 2, 2))
    ink, paper = canvas.paints.two_tones(random)
    if random.random() < 0.6:
        canvas.lay(top, left, np.ones((side, side), np.float32), flat(paper))
    canvas.lay(top, left, lettering(random, side, size_px=size), flat(ink))


def lay_shadow(random: Random, canvas: Canvas) -> None:
    """A large soft light or shadow over what is there."""
    radius = canvas.side_px * random.uniform(0.1, 0.5)
    side = int(2.4 * radius)
    axis = np.arange(side, dtype=np.float32) - np.float32(side / 2)
    distance = any_outline(random, radius)(axis[:, None], axis[None, :])
    mask = cover(distance, softness_px=radius * random.uniform(0.02, 0.5))
    top, left = (int(v) for v in random.uniform(-side / 2, canvas.side_px - side / 2, 2))
    tone = 0.0 if random.random() < 0.7 else 1.0
    canvas.lay(top, left, mask * np.float32(random.uniform(0.15, 0.6)), flat(tone))


def _develop(random: Random, pixels: Field) -> NDArray[np.uint8]:
    """Light, area reduction, slight blur, gamma, 8 bits."""
    side = pixels.shape[0]
    if random.random() < 0.5:
        y, x = np.ogrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
        slope_y, slope_x, vignette = random.normal(0, 0.12, 3)
        pixels = pixels * (1 + slope_y * y + slope_x * x - abs(vignette) * (x * x + y * y))
    size = (PICTURE_SIDE_PX, PICTURE_SIDE_PX)
    whole = Image.fromarray(pixels.astype(np.float32))
    small = np.asarray(whole.resize(size, Image.Resampling.BOX), np.float32)
    if random.random() < 0.35:
        small = _blur(small, sigma_px=random.uniform(0.25, 0.8))
    small = np.clip(small, 0, 1) ** np.float32(np.exp(random.normal(0, 0.25)))
    if random.random() < 0.1:
        grain = random.standard_normal(small.shape).astype(np.float32)
        small = small + grain * np.float32(random.uniform(0.002, 0.012))
    picture: NDArray[np.uint8] = np.clip(small * 255 + 0.5, 0, 255).astype(np.uint8)
    return picture


def _blur(pixels: Field, *, sigma_px: float) -> Field:
    taps = np.exp(-0.5 * (np.arange(-3, 4) / sigma_px) ** 2)
    taps = (taps / taps.sum()).astype(np.float32)
    for axis in (0, 1):
        width = [(3, 3) if a == axis else (0, 0) for a in (0, 1)]
        padded = np.pad(pixels, width, mode="edge")
        count = pixels.shape[axis]
        pixels = np.zeros_like(pixels)
        for index, tap in enumerate(taps):
            pixels = pixels + tap * padded.take(range(index, index + count), axis)
    return pixels
