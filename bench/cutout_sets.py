"""Real objects on plain and soft grounds: cut from the frames by their masks and set anew.

Written apart from the code that draws training pictures; nothing here is ever trained on. Frames
whose object is tiny, broken up by something before it, or hung on lines are left out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

SIDE_PX = 320
LEAST_AREA_PX, LEAST_WHOLE = 4000, 0.9
LEFT_OUT = ("paragliding",)
PHOTOS = ("flowers.jpg", "balloons1.jpg", "plumeria.jpg", "rhino.jpg", "ice-cream.jpg")

Random = np.random.Generator
Colours = NDArray[np.float32]
Picture = NDArray[np.uint8]


@dataclass(frozen=True)
class Thing:
    """A real object, cut loosely: colours 0..255 and coverage 0..1."""

    clip: str
    colours: Colours
    cover: Colours


@dataclass(frozen=True)
class Shot:
    """A composed picture [side, side, 3] and the truth [side, side] in 0..1."""

    clip: str
    picture: Picture
    truth: Colours


def read(file: Path, flag: int = cv2.IMREAD_COLOR) -> Picture:
    """The samples of a file, colours in the order red, green, blue, then alpha."""
    found = cv2.imread(str(file), flag)
    if found is None:
        raise FileNotFoundError(file)
    samples = np.asarray(found, np.uint8)
    if samples.ndim == 2:
        return samples
    return np.concatenate([samples[..., 2::-1], samples[..., 3:]], axis=2)


def real_things(data: Path) -> list[Thing]:
    """Every usable object of the frames, edges drawn in by two pixels and softened."""
    things = []
    for file in sorted((data / "bgremoval/davis/images").glob("*.jpg")):
        mask = read(data / "bgremoval/davis/masks" / f"{file.stem}.png", cv2.IMREAD_GRAYSCALE)
        inside = (mask > 0).astype(np.uint8)
        parts = cv2.connectedComponentsWithStats(inside)[2][1:, cv2.CC_STAT_AREA]
        clip = file.stem.rsplit("_", 1)[0]
        is_whole = parts.max() >= LEAST_WHOLE * parts.sum()
        if clip.startswith(LEFT_OUT) or parts.sum() < LEAST_AREA_PX or not is_whole:
            continue
        cover = cv2.erode(inside, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5)))
        soft = cv2.GaussianBlur(cover.astype(np.float32), (0, 0), 0.9)
        left, top, width, height = cv2.boundingRect(cover)
        spot = (slice(max(0, top - 3), top + height + 3), slice(max(0, left - 3), left + width + 3))
        colours = read(file).astype(np.float32)
        things.append(Thing(clip, colours[spot], soft[spot]))
    return things


def place(thing: Thing, random: Random) -> tuple[Colours, Colours]:
    """The object somewhere near the middle of a square, a little low: colours and coverage."""
    share = random.uniform(0.6, 0.86)
    high, wide = thing.cover.shape
    scale = share * SIDE_PX / max(high, wide)
    size = (max(1, round(wide * scale)), max(1, round(high * scale)))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    paint = cv2.resize(thing.colours, size, interpolation=way)
    cover = np.clip(cv2.resize(thing.cover, size, interpolation=way), 0, 1)
    if random.random() < 0.5:
        paint, cover = paint[:, ::-1], cover[:, ::-1]
    colours = np.zeros((SIDE_PX, SIDE_PX, 3), np.float32)
    whole = np.zeros((SIDE_PX, SIDE_PX), np.float32)
    top = int((SIDE_PX - size[1]) * random.uniform(0.5, 0.75))
    left = int((SIDE_PX - size[0]) * random.uniform(0.35, 0.65))
    spot = (slice(top, top + size[1]), slice(left, left + size[0]))
    colours[spot], whole[spot] = paint, cover
    return colours, whole


def _even(colour: NDArray[np.float64] | tuple[float, ...]) -> Colours:
    plane = np.empty((SIDE_PX, SIDE_PX, 3), np.float32)
    plane[:] = colour
    return plane


def _axes() -> tuple[Colours, Colours]:
    axis = np.linspace(-1, 1, SIDE_PX, dtype=np.float32)
    return axis[:, None], axis[None, :]


def _contact(cover: Colours, random: Random) -> Colours:
    """A dark ellipse under the object's foot, in 0..1."""
    rows, columns = np.nonzero(cover > 0.5)
    foot, middle, half = rows.max(), (columns.min() + columns.max()) / 2, np.ptp(columns) / 2
    y = np.arange(SIDE_PX, dtype=np.float32)[:, None]
    x = np.arange(SIDE_PX, dtype=np.float32)[None, :]
    flat = half * random.uniform(0.07, 0.14)
    away = np.hypot((x - middle) / (half * random.uniform(0.85, 1.1)), (y - foot + 1) / flat)
    dark = np.clip(1.3 - away, 0, 1).astype(np.float32)
    soft: Colours = cv2.GaussianBlur(dark, (0, 0), random.uniform(2, 6))
    return soft * np.float32(random.uniform(0.3, 0.65))


def _cast(cover: Colours, random: Random) -> Colours:
    """The outline laid to one side on the floor, in 0..1."""
    foot = float(np.nonzero(cover > 0.5)[0].max())
    tall, lean = random.uniform(0.25, 0.6), random.choice([-1, 1]) * random.uniform(0.3, 1.0)
    move = np.array([[1, -lean * tall, lean * tall * foot], [0, tall, foot * (1 - tall)]])
    laid = cv2.warpAffine(cover, move, (SIDE_PX, SIDE_PX))
    soft: Colours = cv2.GaussianBlur(laid, (0, 0), random.uniform(3, 8))
    return soft * np.float32(random.uniform(0.25, 0.5))


def white(thing: Colours, cover: Colours, random: Random, photo: Picture) -> Colours:
    return _even(random.uniform(246, 255) + random.normal(0, 1, 3))


def white_contact(thing: Colours, cover: Colours, random: Random, photo: Picture) -> Colours:
    plane = white(thing, cover, random, photo)
    return plane * (1 - _contact(cover, random)[..., None])


def vignette_cast(thing: Colours, cover: Colours, random: Random, photo: Picture) -> Colours:
    y, x = _axes()
    light = 1 - np.float32(random.uniform(0.15, 0.4)) * (x * x + y * y) / 2
    plane = _even(random.uniform(120, 220) + random.normal(0, 3, 3)) * light[..., None]
    return (plane * (1 - _cast(cover, random)[..., None])).astype(np.float32)


def gradient(thing: Colours, cover: Colours, random: Random, photo: Picture) -> Colours:
    y, x = _axes()
    angle = random.uniform(0, 2 * np.pi)
    share = (x * np.float32(np.cos(angle)) + y * np.float32(np.sin(angle)) + 1.42) / 2.84
    one, other = random.uniform(40, 245, (2, 3)).astype(np.float32)
    found: Colours = one + (other - one) * share[..., None]
    return found


def floor_wall(thing: Colours, cover: Colours, random: Random, photo: Picture) -> Colours:
    y, x = _axes()
    wall = random.uniform(130, 240) + random.normal(0, 12, 3)
    floor = wall * random.uniform(0.6, 0.9) + random.normal(0, 6, 3)
    line = np.float32(random.uniform(0.1, 0.5))
    share = np.clip((y - line) / np.float32(random.uniform(0.01, 0.12)) + 0.5, 0, 1) + 0 * x
    plane = _even(wall) + share[..., None] * (_even(floor) - _even(wall))
    dark = np.maximum(_contact(cover, random), _cast(cover, random) * np.float32(0.7))
    found: Colours = (plane * (1 - dark[..., None])).astype(np.float32)
    return found


def own_colour(thing: Colours, cover: Colours, random: Random, photo: Picture) -> Colours:
    """The object's mean colour, a little off, with slight shading."""
    mean = thing[cover > 0.9].mean(axis=0)
    y, _ = _axes()
    plane = _even(np.clip(mean + random.normal(0, 14, 3), 5, 250))
    return plane * (1 + np.float32(random.normal(0, 0.06)) * y)[..., None]


def defocused(thing: Colours, cover: Colours, random: Random, photo: Picture) -> Colours:
    small = cv2.resize(photo, (40, 40), interpolation=cv2.INTER_AREA)
    soft = cv2.GaussianBlur(small, (0, 0), random.uniform(1.5, 3))
    plane: Colours = cv2.resize(soft, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_CUBIC)
    return plane.astype(np.float32)


def bricks(thing: Colours, cover: Colours, random: Random, photo: Picture) -> Colours:
    """A wall at full strength: courses, joints, each brick of its own tone and grain."""
    y = np.arange(SIDE_PX)[:, None] + 0 * np.arange(SIDE_PX)[None, :]
    x = np.arange(SIDE_PX)[None, :] + 0 * y
    tall = random.uniform(14, 34)
    row = (y / tall).astype(int)
    along = x / (tall * 2.6) + 0.5 * (row % 2)
    tones = random.normal(1, 0.13, (40, 40))[row % 40, along.astype(int) % 40]
    grain = cv2.GaussianBlur(random.normal(0, 1, (SIDE_PX, SIDE_PX)), (0, 0), 1.1) * 0.25
    joint = ((y / tall) % 1 < 0.12) | (along % 1 < 0.05)
    body = np.array([150, 80, 60]) * random.uniform(0.7, 1.3) + random.normal(0, 12, 3)
    plane = body * (tones + grain)[..., None]
    plane[joint] = random.uniform(130, 215) * (1 + grain[joint, None] * 0.5)
    found: Colours = plane.astype(np.float32)
    return found


Ground = Callable[[Colours, Colours, Random, Picture], Colours]
SEVEN: dict[str, Ground] = {
    "white": white,
    "white + contact shadow": white_contact,
    "grey vignette + cast shadow": vignette_cast,
    "colour gradient": gradient,
    "floor + wall + shadow": floor_wall,
    "object-like colour": own_colour,
    "defocused photo": defocused,
}


def shots(things: list[Thing], ground: Ground, photos: list[Picture], *, seed: int) -> list[Shot]:
    """Each object once on this kind of ground, with a camera's noise and JPEG 92."""
    made = []
    for index, thing in enumerate(things):
        random = np.random.default_rng([seed, index])
        colours, cover = place(thing, random)
        plane = ground(colours, cover, random, photos[index % len(photos)])
        mixed = plane + cover[..., None] * (colours - plane)
        noisy = np.clip(mixed + random.normal(0, 1.2, mixed.shape) + 0.5, 0, 255).astype(np.uint8)
        packed = cv2.imencode(".jpg", noisy, [cv2.IMWRITE_JPEG_QUALITY, 92])[1]
        opened = np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)
        made.append(Shot(thing.clip, opened, cover))
    return made


def photos(data: Path) -> list[Picture]:
    """Public-domain photographs to be blurred out of recognition behind the objects."""
    files = [data / "photos/mdn" / name for name in PHOTOS]
    return [read(file) for file in files]
