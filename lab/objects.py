"""Objects to be cut out, drawn as coverage, light, parts and ornament, to be painted anew.

A picture of the pool is [SIDE_PX, SIDE_PX, 4] in 8 bits: coverage of each pixel, light (128 leaves
a colour as it is), number of the part, ornament (lines, letters, dots, hairs; 0 to 255).
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from lab import creatures, vehicles, wares
from lab.pool import Pool
from lab.recipe import Random
from lab.shapes import lettering
from lab.sketch import OVERSAMPLING, SIDE_PX, Sketch

Draw = Callable[[Random, Sketch], None]
KINDS: tuple[tuple[float, Draw], ...] = (
    (0.13, creatures.animal),
    (0.13, vehicles.standing),
    (0.06, creatures.bird),
    (0.10, vehicles.car),
    (0.03, vehicles.van),
    (0.06, vehicles.bicycle),
    (0.05, vehicles.scooter),
    (0.09, wares.turned),
    (0.05, wares.box),
    (0.06, wares.panel),
    (0.05, wares.furniture),
    (0.03, wares.lattice),
    (0.03, wares.rings),
    (0.03, wares.plant),
    (0.06, wares.heap),
    (0.04, wares.bag),
)


def draw_object(seed: tuple[int, int]) -> NDArray[np.uint8]:
    """Object number seed[1] of this seed."""
    random = np.random.default_rng(list(seed))
    while True:
        sketch = Sketch()
        shares = np.array([share for share, _ in KINDS])
        KINDS[int(random.choice(len(KINDS), p=shares / shares.sum()))][1](random, sketch)
        if random.random() < 0.7:
            sketch.bend(random, strength=random.uniform(0.3, 2.0))
        _strands(random, sketch)
        if 0.03 < np.count_nonzero(sketch.parts) / sketch.parts.size < 0.8:
            return _develop(random, _cropped(sketch.parts))


def _strands(random: Random, sketch: Sketch) -> None:
    """Hair or fur along the outline of some objects."""
    kind = random.random()
    if kind > 0.16:
        return
    found, _ = cv2.findContours(
        (sketch.parts > 0).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE
    )
    outline = max(found, key=len)[:, 0, :]
    side = sketch.parts.shape[0]
    start, share = random.random(), random.uniform(0.1, 1.0)
    length = side * (random.uniform(0.01, 0.03) if kind < 0.1 else random.uniform(0.03, 0.09))
    lean = random.normal(0, 0.8)
    for place in np.arange(start, start + share, 5 / max(60, len(outline))):
        index = int(place * len(outline)) % len(outline)
        x, y = (int(v) for v in outline[index])
        ahead = outline[(index + 6) % len(outline)] - outline[index]
        away = np.arctan2(float(ahead[1]), float(ahead[0])) + np.pi / 2 + lean
        away += random.normal(0, 0.4)
        reach = length * random.uniform(0.3, 1)
        part = int(sketch.parts[y, x])
        tip = (int(x + reach * np.cos(away)), int(y + reach * np.sin(away)))
        cv2.line(sketch.parts, (x, y), tip, part, int(random.integers(1, 4)))


def _cropped(parts: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The object centred, filling most of the canvas."""
    left, top, width, height = cv2.boundingRect((parts > 0).astype(np.uint8))
    side = parts.shape[0]
    scale = 0.94 * side / max(width, height)
    move = np.array(
        [
            [scale, 0, side / 2 - scale * (left + width / 2)],
            [0, scale, side / 2 - scale * (top + height / 2)],
        ]
    )
    moved: NDArray[np.uint8] = cv2.warpAffine(parts, move, (side, side), flags=cv2.INTER_NEAREST)
    return moved


def _develop(random: Random, parts: NDArray[np.uint8]) -> NDArray[np.uint8]:
    size = (SIDE_PX, SIDE_PX)
    inside = (parts > 0).astype(np.uint8) * 255
    cover = cv2.resize(inside, size, interpolation=cv2.INTER_AREA)
    half = OVERSAMPLING // 2
    small = np.ascontiguousarray(parts[half::OVERSAMPLING, half::OVERSAMPLING])
    # Pixels half covered whose centre lies outside take the number of a neighbour.
    small = np.where(small > 0, small, cv2.dilate(small, np.ones((5, 5), np.uint8)))
    planes = (cover, _light(random, small, cover), small, _ornament(random, cover))
    return np.stack(planes, axis=-1)


def _light(random: Random, parts: NDArray[np.uint8], cover: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Light from one side on parts that bulge, darkness low down and in creases, a highlight."""
    height = np.zeros(parts.shape, np.float32)
    bulge = random.uniform(0.3, 1.2)
    for part in np.unique(parts):
        mask = ((parts == part) & (cover > 60)).astype(np.uint8)
        if part and mask.any():
            away = cv2.distanceTransform(mask, cv2.DIST_L2, 3)
            height += np.sqrt(np.minimum(away, random.uniform(8, 50))) * mask
    whole = cv2.distanceTransform((cover > 60).astype(np.uint8), cv2.DIST_L2, 3)
    height = height * np.float32(bulge) + np.sqrt(whole) * np.float32(random.uniform(0.3, 1.2))
    height = cv2.GaussianBlur(height, (0, 0), random.uniform(1.0, 3.0))
    dy, dx = cv2.Sobel(height, cv2.CV_32F, 0, 1) / 8, cv2.Sobel(height, cv2.CV_32F, 1, 0) / 8
    angle = random.normal(-np.pi / 2, 0.8)
    facing = dx * np.float32(np.cos(angle)) + dy * np.float32(np.sin(angle))
    facing = -facing / np.sqrt(1 + dx * dx + dy * dy)
    depth = random.uniform(0.2, 1.0)
    light = 1 + np.float32(depth) * facing
    light *= (
        1
        - np.float32(random.uniform(0, 0.35))
        * np.linspace(0, 1, len(light), dtype=np.float32)[:, None]
    )
    if random.random() < 0.5:
        shine = np.clip(facing - random.uniform(0.3, 0.8), 0, 1) ** 2
        light += np.float32(random.uniform(0.5, 4)) * shine
    grain = cv2.resize(
        random.standard_normal((16, 16)).astype(np.float32),
        parts.shape[::-1],
        interpolation=cv2.INTER_CUBIC,
    )
    light *= 1 + np.float32(random.uniform(0, 0.25)) * grain
    found: NDArray[np.uint8] = np.clip(light * 128, 0, 255).astype(np.uint8)
    return found


def _ornament(random: Random, cover: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Lines, dots, letters or a net over the object; nothing on a third of them."""
    mask = np.zeros(cover.shape, np.uint8)
    side = SIDE_PX
    kind = random.random()
    for _ in range(int(random.integers(2, 40)) if kind < 0.5 else 0):
        x, y = (int(v) for v in random.integers(0, side, 2))
        if random.random() < 0.5:
            dx, dy = (int(v) for v in random.normal(0, side / 6, 2))
            cv2.line(mask, (x, y), (x + dx, y + dy), 255, int(random.integers(1, 4)), cv2.LINE_AA)
        else:
            cv2.circle(mask, (x, y), int(random.integers(1, 9)), 255, -1, cv2.LINE_AA)
    if 0.4 < kind < 0.62:
        text = lettering(random, side, size_px=int(random.integers(12, 60)))
        top, left = random.integers(side // 4, side // 2, 2)
        high, wide = random.integers(side // 10, side // 2, 2)
        spot = (slice(top, top + high), slice(left, left + wide))
        mask[spot] = (text[spot] * 255).astype(np.uint8)
    found: NDArray[np.uint8] = cv2.min(mask, cover)
    return found


OBJECTS = Pool("objects", draw_object, 3200, 301)
HELD_OUT_OBJECTS = Pool("objects-unseen", draw_object, 120, 902)
