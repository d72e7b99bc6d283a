"""Drawn pictures, clean ones and such as went through noise or JPEG."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pyvips
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFilter

from safelight.ops.restoring.sample import patches
from tests.contract import with_pillow


def scene(width: int = 320, height: int = 240, seed: int = 1) -> Any:
    """Drawn: soft ground, shapes in many colours, some texture, slightly soft as photographs."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    ground = np.stack([110 + 60 * np.sin(x / 90 + k) + 30 * np.cos(y / 70) for k in range(3)], 2)
    picture = Pillow.fromarray(ground.astype(np.uint8))
    pen = ImageDraw.Draw(picture)
    for _ in range(40):
        left, top = (int(random.integers(0, side)) for side in (width, height))
        size, colour = int(random.integers(6, 70)), tuple(map(int, random.integers(20, 235, 3)))
        shape = pen.ellipse if random.random() < 0.5 else pen.rectangle
        shape((left, top, left + size, top + size // 2), fill=colour)
    return np.asarray(picture.filter(ImageFilter.GaussianBlur(0.7)))


def noisy(array: Any, sigma: float) -> Any:
    added = array + np.random.default_rng(5).normal(0, sigma, array.shape)
    return added.round().clip(0, 255).astype(np.uint8)


def as_jpeg(array: Any, quality: int) -> Any:
    data = with_pillow(array, "JPEG", quality=quality)
    return np.asarray(Pillow.open(io.BytesIO(data)).convert("RGB"))


def psnr_db(one: Any, other: Any) -> float:
    """Over all colours, against 255."""
    gap = float(np.mean((one.astype(np.float64) - other) ** 2))
    return float(10 * np.log10(255**2 / max(gap, 1e-12)))


def sampled(array: Any) -> Any:
    interpretation = "srgb" if array.ndim == 3 else "b-w"
    return patches(pyvips.Image.new_from_array(array, interpretation=interpretation))


def page() -> Any:
    """Black words on white."""
    picture = Pillow.new("RGB", (400, 300), "white")
    for line in range(18):
        ImageDraw.Draw(picture).text((4, 4 + line * 16), "the quick brown fox 0123 " * 3, "black")
    return np.asarray(picture)


def pixel_art() -> Any:
    random = np.random.default_rng(4)
    colours = random.integers(0, 256, (12, 3)).astype(np.uint8)
    small: Any = colours[random.integers(0, 12, (40, 50))]
    return small.repeat(8, 0).repeat(8, 1)
