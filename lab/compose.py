"""A product shot from drawn parts: objects painted afresh, set on a ground, and photographed.

`composite` gives the picture and the coverage of what is to be cut out. Everything comes from the
drawn pools and `random` alone.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from lab.recipe import Pools, Random
from lab.setting import Colours, crop, ground, shadow
from lab.sketch import PARTS

Mask = NDArray[np.uint8]
Palette = NDArray[np.float32]


def composite(pools: Pools, random: Random, side: int) -> tuple[Mask, Mask]:
    """One picture [side, side, 3] in sRGB and what is to be kept of it [side, side], in 8 bits."""
    count = 1 if random.random() < 0.8 else int(random.integers(2, 4))
    first = _palette(random)
    plane = ground(random, side, first[1:8], grounds=pools["grounds"], scenes=pools["colour"])
    painted = [
        _placed(pools, random, side, first if i == 0 else _palette(random), alone=count == 1)
        for i in range(count)
    ]
    cover = np.zeros((side, side), np.uint8)
    for _, mask in painted:
        cover = cv2.max(cover, mask)
    light = shadow(random, cover)
    if light is not None:
        plane *= light
    mirrored = random.random() < 0.14
    for colours, mask in painted:
        if mirrored:
            _reflect(random, plane, colours, mask)
    for colours, mask in painted:
        share = mask.astype(np.float32)[..., None] * np.float32(1 / 255)
        plane += share * (colours - plane)
    return _photographed(random, plane), cover


def _palette(random: Random) -> Palette:
    """A colour for each part: of one family, of a few, or of any."""
    kind = random.random()
    vivid = random.beta(1.0, 2.2)
    grey = random.uniform(0.05, 0.98, PARTS)
    if kind < 0.35:
        grey = np.clip(
            random.uniform(0.05, 0.95) + random.normal(0, random.uniform(0.03, 0.2), PARTS), 0, 1
        )
    elif kind < 0.55:
        grey = np.where(random.random(PARTS) < 0.6, random.beta(1, 6, PARTS), grey)
    elif kind < 0.7:
        grey = np.where(random.random(PARTS) < 0.6, random.beta(6, 1, PARTS), grey)
    family = random.normal(0, 0.5, 3)
    tint = family + random.normal(0, random.choice([0.1, 0.6]), (PARTS, 3))
    tint -= tint.mean(axis=1, keepdims=True)
    colours = grey[:, None] + tint * vivid * 0.5
    return np.clip(colours * 255, 4, 252).astype(np.float32)


def _placed(
    pools: Pools, random: Random, side: int, palette: Palette, *, alone: bool
) -> tuple[Colours, Mask]:
    """One object painted and set somewhere: its colours, and its coverage, [side, side]."""
    objects = pools["objects"]
    planes = objects[int(random.integers(len(objects)))]
    share = random.uniform(0.45, 0.95) if alone else random.uniform(0.25, 0.6)
    small = share * side < 0.55 * planes.shape[0]
    colours, cover = _painted(pools, random, np.asarray(planes), palette, half=small)
    own = cover.shape[0]
    scale = share * side / own
    turn = random.normal(0, 0.12) if random.random() < 0.8 else random.uniform(-np.pi, np.pi)
    wide = scale * np.exp(random.normal(0, 0.12)) * (1 if random.random() < 0.5 else -1)
    tall = scale * np.exp(random.normal(0, 0.12))
    skew = random.normal(0, 0.06)
    cos, sin = np.cos(turn), np.sin(turn)
    matrix = np.array([[cos, -sin], [sin, cos]]) @ np.array([[wide, skew * scale], [0, tall]])
    spread = 0.06 if alone else 0.2
    middle = side * (0.5 + np.clip(random.normal(0, spread, 2), -0.3, 0.3))
    if random.random() < 0.12:
        edge = int(random.integers(4))
        middle[edge % 2] = side * (random.uniform(0, 0.3) if edge < 2 else random.uniform(0.7, 1))
    move = np.concatenate([matrix, (middle - matrix @ (own / 2, own / 2))[:, None]], axis=1)
    area = (side, side)
    whole = cv2.warpAffine(
        colours, move, area, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    mask = cv2.warpAffine(cover, move, area, flags=cv2.INTER_LINEAR)
    return whole.astype(np.float32), mask


def _painted(
    pools: Pools, random: Random, planes: Mask, palette: Palette, *, half: bool
) -> tuple[Mask, Mask]:
    """The object's own picture in fresh paint [side, side, 3], and its coverage."""
    cover, light, parts, ornament = (np.ascontiguousarray(planes[..., i]) for i in range(4))
    if half:
        area = (planes.shape[1] // 2, planes.shape[0] // 2)
        cover, light, ornament = (
            cv2.resize(p, area, interpolation=cv2.INTER_AREA) for p in (cover, light, ornament)
        )
        parts = cv2.dilate(parts, np.ones((2, 2), np.uint8))[::2, ::2]
    side = cover.shape[0]
    paint = palette.copy()
    paint[0] = paint[1]
    colours = paint[parts]
    grounds = pools["grounds"]
    for _ in range(int(random.integers(0, 3))):
        grey = crop(random, grounds[int(random.integers(len(grounds)))], side, closest=0.25)
        depth = (
            random.uniform(0, 0.8, PARTS) * (random.random(PARTS) < 0.6) * random.uniform(0.2, 1)
        )
        values = (grey.astype(np.float32) - 128) * np.float32(1 / 128)
        change = values * depth.astype(np.float32)[parts]
        if random.random() < 0.6:
            colours *= (1 + change)[..., None]
        else:
            colours += change[..., None] * random.uniform(-110, 110, 3).astype(np.float32)
    if random.random() < 0.25:
        scenes = pools["colour"]
        scene = crop(random, scenes[int(random.integers(len(scenes)))], side, closest=0.25)
        share = (random.uniform(0, 1, PARTS) * (random.random(PARTS) < 0.4)).astype(np.float32)
        share[0] = 0
        colours += (scene - colours) * share[parts][..., None]
    ink = random.uniform(0, 255, 3).astype(np.float32)
    strength = np.float32(random.uniform(0.1, 1.0) / 255)
    colours += (ink - colours) * (ornament.astype(np.float32) * strength)[..., None]
    lit = np.float32(random.uniform(0.2, 1.3) / 128)
    colours *= ((light.astype(np.float32) - 128) * lit + 1)[..., None]
    return np.clip(colours, 0, 255).astype(np.uint8), cover


def _reflect(random: Random, plane: Colours, colours: Colours, mask: Mask) -> None:
    """A faint image of the object below it, fading."""
    side = mask.shape[0]
    rows = np.flatnonzero(mask.max(axis=1) > 60)
    if rows.size == 0:
        return
    foot = int(rows[-1])
    move = np.array([[1, 0, 0], [0, -1, 2 * foot]], np.float64)
    upside = cv2.warpAffine(colours, move, (side, side))
    share = cv2.warpAffine(mask, move, (side, side)).astype(np.float32) / 255
    away = np.arange(side, dtype=np.float32)[:, None] - foot
    share *= np.clip(1 - away / (side * random.uniform(0.05, 0.4)), 0, 1) * (away > 0)
    share *= np.float32(random.uniform(0.05, 0.45))
    share = cv2.GaussianBlur(share, (0, 0), random.uniform(0.4, 3))
    plane += share[..., None] * (upside - plane)


def _photographed(random: Random, plane: Colours) -> Mask:
    """What a camera makes of it: blur, exposure, noise, 8 bits, JPEG, sometimes grey."""
    side = plane.shape[0]
    if random.random() < 0.3:
        plane = cv2.GaussianBlur(plane, (0, 0), random.uniform(0.3, 1.0))
    if random.random() < 0.5:
        exposure = random.normal(1, 0.1) + random.normal(0, 0.04, 3)
        plane *= exposure.astype(np.float32)
        plane += np.float32(random.normal(0, 8))
    if random.random() < 0.5:
        noise = _noise()
        top, left = random.integers(0, noise.shape[0] - side, 2)
        size = np.float32(random.exponential(3.0))
        plane += noise[top : top + side, left : left + side] * size
    picture = cv2.convertScaleAbs(np.clip(plane, 0, 255))
    if random.random() < 0.5:
        curve = (np.arange(256) / 255) ** np.exp(random.normal(0, 0.2)) * 255
        picture = cv2.LUT(picture, curve.astype(np.uint8))
    if random.random() < 0.06:
        picture = cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    if random.random() < 0.5:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(random.integers(30, 97))]
        picture = cv2.imdecode(cv2.imencode(".jpg", picture, quality)[1], cv2.IMREAD_COLOR)
    return np.ascontiguousarray(picture)


@lru_cache(maxsize=1)
def _noise() -> Colours:
    """A fixed tile of grain; every picture takes its own piece of it."""
    return np.random.default_rng(5).standard_normal((640, 640, 3)).astype(np.float32)
