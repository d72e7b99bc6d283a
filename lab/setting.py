"""What an object is set on and in: the ground behind it, and the shadows it throws."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from lab.recipe import Random

Colours = NDArray[np.float32]
"""[side, side, 3], 0 to 255."""

Mask = NDArray[np.uint8]


def tone(random: Random, palette: NDArray[np.float32]) -> NDArray[np.float32]:
    """The colour of a ground: pale, grey, black, one of the object's own, or any other."""
    kind = random.random()
    if kind < 0.34:
        colour = random.uniform(215, 255) + random.normal(0, 3, 3)
    elif kind < 0.54:
        colour = random.uniform(70, 220) + random.normal(0, 6, 3)
    elif kind < 0.61:
        colour = random.uniform(0, 45) + random.normal(0, 3, 3)
    elif kind < 0.79:
        own = palette[int(random.integers(len(palette)))]
        colour = own * random.uniform(0.8, 1.2) + random.normal(0, random.choice([4.0, 18.0]), 3)
    else:
        colour = random.uniform(20, 250, 3)
        colour = colour.mean() + (colour - colour.mean()) * random.uniform(0.2, 1.0)
    return np.clip(colour, 2, 254).astype(np.float32)


def ground(
    random: Random, side: int, palette: NDArray[np.float32], *, grounds: Mask, scenes: Mask
) -> Colours:
    """A ground of one of the many kinds."""
    far = random.random()
    if far < 0.13:
        return _out_of_focus(random, side, scenes)
    if far < 0.24:
        return _glows(random, side, palette)
    colour = tone(random, palette)
    plane = np.empty((side, side, 3), np.float32)
    plane[:] = colour
    if random.random() < 0.25:
        plane = _floor(random, side, colour)
    if random.random() < 0.42:
        plane += _ramp(random, side)
    if random.random() < 0.38:
        plane *= _vignette(random, side)
    kind = random.random()
    if kind < 0.4:
        strong = kind < 0.22
        plane = _textured(random, plane, grounds, strong=strong)
    return plane


@lru_cache(maxsize=16)
def _grid(side: int) -> tuple[Colours, Colours]:
    axis = np.linspace(-1, 1, side, dtype=np.float32)
    return axis[:, None], axis[None, :]


def _ramp(random: Random, side: int) -> Colours:
    y, x = _grid(side)
    angle = random.uniform(0, 2 * np.pi)
    along = y * np.float32(np.sin(angle)) + x * np.float32(np.cos(angle))
    if random.random() < 0.3:
        along = along + np.float32(random.normal(0, 0.4)) * (x * x + y * y)
    size = abs(random.normal(0, 28))
    tint = (size + random.normal(0, size * random.choice([0.1, 0.8]), 3)).astype(np.float32)
    return along[..., None] * tint


def _vignette(random: Random, side: int) -> Colours:
    y, x = _grid(side)
    cy, cx = random.normal(0, 0.3, 2)
    far = (y - np.float32(cy)) ** 2 + (
        (x - np.float32(cx)) * np.float32(random.uniform(0.7, 1.2))
    ) ** 2
    light = 1 / (1 + far * np.float32(random.uniform(0.05, 0.5))) ** np.float32(
        random.uniform(0.7, 2)
    )
    return light[..., None].astype(np.float32)


def _floor(random: Random, side: int, wall: NDArray[np.float32]) -> Colours:
    """Two tones that meet in a line, sharp or rounded; the floor lightens or darkens forward."""
    y, x = _grid(side)
    line = np.float32(random.uniform(-0.5, 0.75)) + np.float32(random.normal(0, 0.06)) * x
    soft = np.float32(np.exp(random.uniform(np.log(1 / side), np.log(0.5))))
    share = np.clip((y - line) / soft + np.float32(0.5), 0, 1)[..., None]
    other = random.random() < 0.4
    floor = tone(random, wall[None]) if other else wall * random.uniform(0.6, 1.3)
    floor = np.clip(floor + random.normal(0, 4, 3), 2, 254).astype(np.float32)
    forward = 1 + np.float32(random.normal(0, 0.15)) * (y - line)
    return (wall * (1 - share) + floor * forward[..., None] * share).astype(np.float32)


def crop(random: Random, picture: Mask, side: int, *, closest: float = 0.35) -> Mask:
    """A square piece of a picture, mirrored or not, resized to `side`."""
    whole = min(picture.shape[:2])
    size = int(whole * random.uniform(closest, 1.0))
    top = int(random.integers(0, picture.shape[0] - size + 1))
    left = int(random.integers(0, picture.shape[1] - size + 1))
    piece = np.ascontiguousarray(picture[top : top + size, left : left + size])
    if random.random() < 0.5:
        piece = np.ascontiguousarray(piece[:, ::-1])
    way = cv2.INTER_AREA if size > side else cv2.INTER_LINEAR
    found: Mask = cv2.resize(piece, (side, side), interpolation=way)
    return found


def _textured(random: Random, plane: Colours, grounds: Mask, *, strong: bool) -> Colours:
    side = plane.shape[0]
    grey = crop(random, grounds[int(random.integers(len(grounds)))], side, closest=0.6)
    depth = random.uniform(0.25, 1.0) if strong else random.uniform(0.02, 0.25)
    if not strong or random.random() < 0.5:
        values = grey.astype(np.float32) * np.float32(2 * depth / 255) + np.float32(1 - depth)
        return plane * values[..., None]
    other = tone(random, plane[:1, 0])
    share = grey.astype(np.float32)[..., None] * np.float32(depth / 255)
    return (plane + (other - plane) * share).astype(np.float32)


def _out_of_focus(random: Random, side: int, scenes: Mask) -> Colours:
    """A drawn scene behind the plane of focus, at times with a table edge."""
    coarse = int(side / np.exp(random.uniform(np.log(3), np.log(16))))
    piece = crop(random, scenes[int(random.integers(len(scenes)))], max(8, coarse), closest=0.3)
    piece = cv2.GaussianBlur(piece, (0, 0), random.uniform(0.8, 2.0))
    plane = cv2.resize(piece, (side, side), interpolation=cv2.INTER_CUBIC).astype(np.float32)
    flat = 0.7 * random.random() ** 2
    mean = plane.reshape(-1, 3).mean(axis=0)
    found: Colours = (plane * np.float32(1 - flat) + mean * np.float32(flat)).astype(np.float32)
    return found


def _glows(random: Random, side: int, palette: NDArray[np.float32]) -> Colours:
    """A few large blurred patches on a plain ground: flowers, lamps, windows, far away."""
    small = side // 4
    plane = np.empty((small, small, 3), np.float32)
    plane[:] = tone(random, palette)
    for _ in range(int(random.integers(1, 7))):
        spot = np.zeros((small, small), np.float32)
        y, x = (int(v) for v in random.normal(0.5, 0.25, 2) * small)
        radii = [int(v) for v in random.uniform(0.04, 0.35, 2) * small + 1]
        if random.random() < 0.7:
            cv2.ellipse(spot, (x, y), radii, random.uniform(0, 180), 0, 360, 1.0, cv2.FILLED)
        else:
            cv2.rectangle(spot, (x - radii[0], y - radii[1]), (x + radii[0], y + radii[1]), 1.0, -1)
        spot = cv2.GaussianBlur(spot, (0, 0), small * random.uniform(0.02, 0.12))
        colour = random.uniform(5, 250, 3).astype(np.float32)
        plane += (spot * np.float32(random.uniform(0.3, 1.0)))[..., None] * (colour - plane)
    whole: Colours = cv2.resize(plane, (side, side), interpolation=cv2.INTER_CUBIC)
    return whole


def shadow(random: Random, cover: Mask) -> Colours | None:
    """How much light is left at each pixel of the ground, [side, side, 1]; None without shadow."""
    if random.random() > 0.78:
        return None
    side = cover.shape[0]
    small = side // 4
    thin = cv2.resize(cover, (small, small), interpolation=cv2.INTER_AREA)
    rows = np.flatnonzero(thin.max(axis=1) > 60)
    if rows.size == 0:
        return None
    foot = float(rows[-1])
    dark = np.zeros((small, small), np.float32)
    kinds = random.random(3) < (0.6, 0.45, 0.25)
    if kinds[0] or not kinds.any():
        low = random.uniform(0.03, 0.25)
        dark = np.maximum(
            dark,
            _thrown(random, thin, foot, fall=(low, random.normal(0, 0.2)), softness=(0.6, 3.5)),
        )
    if kinds[1]:
        lean, tall = random.normal(0, 0.9), random.uniform(0.2, 0.9)
        tall = -tall if random.random() < 0.35 else tall
        dark = np.maximum(dark, _thrown(random, thin, foot, fall=(tall, lean), softness=(0.6, 5.0)))
    if kinds[2]:
        dy, dx = random.normal(0.03, 0.04) * small, random.normal(0, 0.05) * small
        move = np.array([[1, 0, dx], [0, 1, dy]])
        moved = cv2.warpAffine(thin, move, (small, small))
        moved = cv2.GaussianBlur(moved, (0, 0), random.uniform(0.5, 5) * side / 256)
        dark = np.maximum(
            dark, moved.astype(np.float32) * np.float32(random.uniform(0.1, 0.6) / 255)
        )
    tint = (1 - random.uniform(0, 0.12, 3)).astype(np.float32)
    whole = cv2.resize(dark, (side, side), interpolation=cv2.INTER_LINEAR)
    found: Colours = 1 - whole[..., None] * tint
    return found


def _thrown(
    random: Random,
    thin: Mask,
    foot: float,
    *,
    fall: tuple[float, float],
    softness: tuple[float, float],
) -> NDArray[np.float32]:
    """The object's outline laid down from its foot: fall is how tall and how far leaning."""
    tall, lean = fall
    small = thin.shape[0]
    foot_x = random.normal(0, 0.01) * small
    move = np.array(
        [
            [1, lean * abs(tall), foot_x - lean * abs(tall) * foot],
            [0, tall, foot * (1 - tall) + random.uniform(-0.01, 0.03) * small],
        ]
    )
    moved = cv2.warpAffine(thin, move, (small, small))
    blur = np.exp(random.uniform(*np.log(softness))) * small / 64
    moved = cv2.GaussianBlur(moved, (0, 0), float(blur))
    strength = random.uniform(0.15, 0.85) / max(0.35, float(moved.max()) / 255)
    found: NDArray[np.float32] = np.minimum(
        moved.astype(np.float32) * np.float32(strength / 255), np.float32(0.92)
    )
    return found
