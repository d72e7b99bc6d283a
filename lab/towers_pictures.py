"""Pictures for comparing towers: the same bytes on every machine, from whole numbers alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]

# Wider, higher, far larger and far smaller than what the towers take; one in its very size.
SIZES: dict[str, tuple[int, int]] = {
    "wide": (640, 360),
    "high": (300, 451),
    "large": (1280, 853),
    "small": (97, 131),
    "same": (224, 224),
}
GRAIN = 24
SHAPES = 40


def picture(name: str) -> Pixels:
    """The picture of this name, [rows, columns, 3] of sRGB: a ramp, shapes over it, grain."""
    width, height = SIZES[name]
    chance = np.random.default_rng([len(name), width, height])
    down, across = np.mgrid[0:height, 0:width].astype(np.int64)
    ramps = (across * 255 // width, down * 255 // height, (across + down) * 255 // (width + height))
    pixels = np.stack(ramps, axis=-1)
    for place in range(SHAPES):
        colour = chance.integers(0, 256, 3)
        x, y = int(chance.integers(0, width)), int(chance.integers(0, height))
        reach = int(chance.integers(2, max(width, height) // 4))
        is_round = (across - x) ** 2 + (down - y) ** 2 < reach**2
        is_square = (abs(across - x) < reach) & (abs(down - y) < reach // 2 + 1)
        is_striped = is_square & ((across + down) // (place % 7 + 1) % 2 == 0)
        pixels[(is_round, is_square, is_striped)[place % 3]] = colour
    pixels += chance.integers(-GRAIN, GRAIN + 1, pixels.shape)
    return pixels.clip(0, 255).astype(np.uint8)
