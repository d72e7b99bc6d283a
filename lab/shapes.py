"""Shapes: how much of each pixel a drawn outline covers, 0..1."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from lab.textures import Field, Random

Distance = Callable[[Field, Field], Field]
"""Signed distance in pixels from the outline, for offsets from the centre; inside is negative."""

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789,.:;!?&%$()+-=/"


def any_outline(random: Random, radius_px: float) -> Distance:
    """An outline that fits a disc of about this radius."""
    kind = random.random()
    if kind < 0.15:
        return ellipse(random, radius_px, round_one=True)
    if kind < 0.35:
        return ellipse(random, radius_px, round_one=False)
    if kind < 0.62:
        return rectangle(random, radius_px)
    if kind < 0.8:
        return polygon(random, radius_px)
    if kind < 0.93:
        return blob(random, radius_px)
    return ring(random, radius_px)


def ellipse(random: Random, radius_px: float, *, round_one: bool) -> Distance:
    """A disc, or an ellipse turned at random."""
    ratio = 1.0 if round_one else float(np.exp(-abs(random.normal(0, 0.7))))
    cos, sin = _turn(random.uniform(0, np.pi))
    minor = np.float32(max(0.7, radius_px * ratio))

    def distance(y: Field, x: Field) -> Field:
        u = (cos * x + sin * y) / np.float32(radius_px)
        v = (cos * y - sin * x) / minor
        return (np.hypot(u, v) - 1) * minor

    return distance


def rectangle(random: Random, radius_px: float) -> Distance:
    """A rectangle, upright half of the time, with corners sharp or round."""
    upright = random.random() < 0.5
    cos, sin = _turn(0.0 if upright else random.uniform(0, np.pi))
    ratio = float(np.exp(-abs(random.normal(0, 0.9))))
    swap = random.random() < 0.5
    width, height = (radius_px * ratio, radius_px) if swap else (radius_px, radius_px * ratio)
    corner = np.float32(min(width, height) * random.choice([0.0, 0.0, 0.3]))

    def distance(y: Field, x: Field) -> Field:
        u = np.abs(cos * x + sin * y) - np.float32(width) + corner
        v = np.abs(cos * y - sin * x) - np.float32(height) + corner
        outside = np.hypot(np.maximum(u, 0), np.maximum(v, 0))
        gap: Field = outside + np.minimum(np.maximum(u, v), 0) - corner
        return gap

    return distance


def polygon(random: Random, radius_px: float) -> Distance:
    """A convex polygon of three to seven sides."""
    sides = int(random.integers(3, 8))
    angles = 2 * np.pi * (np.arange(sides) + random.uniform(-0.35, 0.35, sides)) / sides
    angles = angles + random.uniform(0, 2 * np.pi)
    reach = (radius_px * random.uniform(0.45, 0.8, sides)).astype(np.float32)
    normals = [(np.float32(np.cos(a)), np.float32(np.sin(a))) for a in angles]

    def distance(y: Field, x: Field) -> Field:
        planes = [c * x + s * y - r for (c, s), r in zip(normals, reach, strict=True)]
        gap: Field = np.maximum.reduce(np.broadcast_arrays(*planes))
        return gap

    return distance


def blob(random: Random, radius_px: float) -> Distance:
    """A smooth closed curve, lobed or leaf-like."""
    orders = np.arange(2, 2 + int(random.integers(1, 6)))
    sizes = random.normal(0, 0.3, orders.size) / orders
    phases = random.uniform(0, 2 * np.pi, orders.size)

    def distance(y: Field, x: Field) -> Field:
        angle = np.arctan2(y, x)
        edge = np.full(angle.shape, 0.75, np.float32)
        for order, size, phase in zip(orders, sizes, phases, strict=True):
            edge += np.float32(size) * np.cos(np.float32(order) * angle + np.float32(phase))
        gap: Field = np.hypot(x, y) - np.float32(radius_px) * np.clip(edge, 0.15, 1)
        return gap

    return distance


def ring(random: Random, radius_px: float) -> Distance:
    """A disc with a hole."""
    outline = ellipse(random, radius_px * 0.85, round_one=random.random() < 0.6)
    width = np.float32(max(0.8, radius_px * random.uniform(0.04, 0.15)))
    return lambda y, x: np.abs(outline(y, x)) - width


def cover(distance_px: Field, *, softness_px: float) -> Field:
    """Coverage in 0..1 of a signed distance, with an edge this many pixels wide."""
    coverage: Field = np.clip(0.5 - distance_px / np.float32(softness_px), 0, 1).astype(np.float32)
    return coverage


def strokes(random: Random, side_px: int, count: int, *, width_px: int) -> Field:
    """A bundle of `count` bent hairs on a square, all leaning one way."""
    mask = Image.new("L", (side_px, side_px))
    pen = ImageDraw.Draw(mask)
    lean, bend = random.uniform(0, 2 * np.pi), random.normal(0, 0.8)
    spread = random.uniform(0.02, 0.6)
    step = np.linspace(0, 1, 9)
    for _ in range(count):
        angle = lean + random.normal(0, spread) + (bend + random.normal(0, spread)) * step
        length = side_px * random.uniform(0.1, 0.5)
        x = random.uniform(0.1, 0.9) * side_px + np.cumsum(np.cos(angle)) * length / 9
        y = random.uniform(0.1, 0.9) * side_px + np.cumsum(np.sin(angle)) * length / 9
        points = [(float(a), float(b)) for a, b in zip(x, y, strict=True)]
        pen.line(points, fill=255, width=width_px)
    return np.asarray(mask, np.float32) / 255


def lettering(random: Random, side_px: int, *, size_px: int) -> Field:
    """Lines of invented words in Pillow's own font, level or turned, on a square."""
    mask = Image.new("L", (side_px, side_px))
    pen = ImageDraw.Draw(mask)
    font = ImageFont.load_default(size=size_px)
    leading = size_px * random.uniform(1.05, 1.5)
    left = int(random.integers(0, max(1, side_px // 8)))
    line = 0.0
    while line < side_px:
        words = max(1, int(side_px / size_px / 2.2))
        text = " ".join(_word(random) for _ in range(words))
        pen.text((left, line), text, fill=255, font=font)
        line += leading
    if random.random() < 0.4:
        mask = mask.rotate(random.uniform(-60, 60), Image.Resampling.BILINEAR)
    return np.asarray(mask, np.float32) / 255


def _word(random: Random) -> str:
    return "".join(random.choice(list(LETTERS), size=int(random.integers(1, 9))))


def _turn(angle: float) -> tuple[np.float32, np.float32]:
    return np.float32(np.cos(angle)), np.float32(np.sin(angle))
