"""Product pictures drawn in code, for timing: one thing on a plain, shaded or lit ground."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

SIDE = 1_200
SEED = 2026
GROUNDS = ((250, 250, 250), (235, 232, 228), (205, 208, 212), (244, 238, 226), (120, 130, 142))


def ground(draw: np.random.Generator, side: int) -> Image.Image:
    """Light grounds mostly, with a slope of brightness and a little grain."""
    base = np.array(GROUNDS[draw.integers(len(GROUNDS))], np.float64)
    down = np.linspace(-1, 1, side)[:, None, None] * draw.uniform(-14, 14)
    across = np.linspace(-1, 1, side)[None, :, None] * draw.uniform(-10, 10)
    values = base + down + across + draw.normal(0, 1.5, (side, side, 1))
    return Image.fromarray(np.clip(values, 0, 255).astype(np.uint8))


def outline(draw: np.random.Generator, side: int) -> Image.Image:
    """The mask of a turned thing: bottle, vase or cup, sometimes with a handle."""
    mask = Image.new("L", (side, side), 0)
    pen = ImageDraw.Draw(mask)
    top, bottom = side * draw.uniform(0.12, 0.25), side * draw.uniform(0.78, 0.88)
    knots = draw.uniform(0.07, 0.26, 6) * side
    rows = np.linspace(top, bottom, 120)
    widths = np.interp(np.linspace(0, 5, 120), np.arange(6), knots)
    widths = np.convolve(np.pad(widths, 8, mode="edge"), np.ones(17) / 17, "valid")
    middle = side / 2 + draw.uniform(-0.08, 0.08) * side
    left = list(zip(middle - widths, rows, strict=True))
    right = list(zip(middle + widths, rows, strict=True))
    if draw.random() < 0.4:
        x, y, r = middle + widths[60], (top + bottom) / 2, side * 0.13
        pen.ellipse((x - r, y - r, x + r, y + r), outline=255, width=side // 32)
    pen.polygon([*left, *right[::-1]], fill=255)
    return mask


def surface(draw: np.random.Generator, side: int) -> Image.Image:
    """A body lit from one side, with bands and a label."""
    base = draw.uniform(20, 235, 3)
    light = 1.15 - 0.6 * np.abs(np.linspace(-1, 1, side) - draw.uniform(-0.5, 0.5))
    values = base[None, None] * light[None, :, None] + draw.normal(0, 2, (side, side, 1))
    picture = Image.fromarray(np.clip(values, 0, 255).astype(np.uint8))
    pen = ImageDraw.Draw(picture)
    for _ in range(int(draw.integers(0, 4))):
        top = int(draw.integers(side // 4, side * 3 // 4))
        red, green, blue = (int(v) for v in draw.integers(0, 255, 3))
        pen.rectangle((0, top, side, top + side // 30), fill=(red, green, blue))
    pen.text((side * 0.42, side * 0.55), "No. 7", fill="white", font_size=side / 18)
    return picture


def product(number: int, side: int = SIDE) -> Image.Image:
    """The picture of this number, the same every time."""
    return drawn(number, side)[0]


def drawn(number: int, side: int = SIDE) -> tuple[Image.Image, NDArray[np.uint8]]:
    """The picture and the true mask of its thing."""
    draw = np.random.default_rng([SEED, number])
    picture, mask = ground(draw, side), outline(draw, side)
    shadow = mask.resize((side, side // 3)).filter(ImageFilter.GaussianBlur(side / 50))
    fallen = Image.new("L", (side, side), 0)
    fallen.paste(shadow, (side // 24, side * 57 // 100))
    weight = draw.uniform(0.15, 0.5)
    picture.paste((40, 40, 44), mask=fallen.point([int(v * weight) for v in range(256)]))
    soft = mask.filter(ImageFilter.GaussianBlur(0.8))
    picture.paste(surface(draw, side), mask=soft)
    return picture, np.asarray(soft)


def save_all(folder: Path, count: int, side: int = SIDE) -> None:
    """JPEG files of quality 90 in a new folder."""
    folder.mkdir()
    for number in range(count):
        product(number, side).save(folder / f"{number:03}.jpg", quality=90)
