"""The example pictures: five invented scenes, each decided by its seed."""

from __future__ import annotations

import numpy as np
from PIL import Image

from lab.easel import OVERSAMPLING, Colour, Easel, clouds, ridge
from lab.textures import Field, Random


def lake() -> Image.Image:
    """Evening over a mountain lake, 640 by 426."""
    random = np.random.default_rng(11)
    easel = Easel(640, 426, (0, 0, 0))
    sky: list[tuple[float, Colour]] = [
        (0, (44, 52, 104)),
        (110, (122, 88, 142)),
        (190, (226, 128, 122)),
        (262, (255, 205, 140)),
    ]
    easel.pixels[:] = easel.blend(sky, easel.y)
    rows, columns = easel.pixels.shape[:2]
    veil = clouds(random, rows, columns, stretch=7) * np.clip(1 - easel.y / 260, 0, 1)
    easel.lay(np.clip(veil * 2.2 - 0.75, 0, 0.75), (255, 190, 165))
    distance = np.hypot(easel.y - 205, easel.x - 438)
    easel.lay(0.7 * np.exp(-distance / 60), (255, 226, 170))
    easel.lay(easel.oval(205, 438, 21, 21, soft_px=1.2), (255, 246, 214))
    _mountains(easel, random)
    _water(easel, random, shore_px=292)
    _pines(easel, random)
    return easel.finish(random)


def _mountains(easel: Easel, random: Random) -> None:
    far, near = np.array([196, 128, 140.0]), np.array([38, 40, 72.0])
    for depth in range(5):
        share = depth / 4
        line = (
            200
            + 19 * depth
            - (46 - 6 * depth) * ridge(random, easel.pixels.shape[1], roughness=0.35 + 0.05 * depth)
        )
        colour = far + (near - far) * share
        mist = np.clip((easel.y - line[None, :]) / 90, 0, 1)[..., None]
        easel.lay(easel.below(line), (colour + mist * (60 - 35 * share)).astype(np.float32))


def _water(easel: Easel, random: Random, *, shore_px: int) -> None:
    shore = shore_px * OVERSAMPLING
    depth = easel.pixels.shape[0] - shore
    rows = np.arange(depth)
    ripple = clouds(random, depth, easel.pixels.shape[1], stretch=0.06) - 0.5
    lift = ripple * (2 + rows[:, None] * 0.14)
    source = np.clip(shore - 1 - rows[:, None] * 1.6 + lift * 5, 0, shore - 1).astype(np.int64)
    mirror = easel.pixels[source, np.arange(easel.pixels.shape[1])[None, :]]
    deep = np.linspace(0.86, 0.5, depth)[:, None, None]
    easel.pixels[shore:] = mirror * deep + np.array([8, 16, 34]) * (1 - deep)
    easel.lay(0.35 * np.exp(-np.abs(easel.y - shore_px) / 1.3), (255, 215, 185))


def _pines(easel: Easel, random: Random) -> None:
    columns = easel.pixels.shape[1]
    ground = 408 - 16 * ridge(random, columns, roughness=0.2)
    for _ in range(58):
        x = random.uniform(-10, 250) if random.random() < 0.62 else random.uniform(520, 660)
        foot = float(np.interp(x, easel.x[0], ground)) + 6
        edge = min(abs(x - 0), abs(x - 640)) / 250
        tall = random.uniform(55, 95) * (1.25 - min(1.0, edge))
        for tier in np.linspace(0, 0.86, 9):
            half = tall * (0.025 + 0.17 * tier) * random.uniform(0.8, 1.1)
            top = foot - tall * (1 - tier * 0.85)
            points = [(top, x), (top + tall * 0.2, x - half), (top + tall * 0.2, x + half)]
            easel.fill(points, (16, 22 + 8 * (1 - float(tier)), 36))
    easel.lay(easel.below(ground.astype(np.float32)), (15, 20, 33))


def still_life() -> Image.Image:
    """Fruit and a vase on a table, 360 by 480, upright."""
    random = np.random.default_rng(23)
    easel = Easel(360, 480, (0, 0, 0))
    rows, columns = easel.pixels.shape[:2]
    light = np.hypot((easel.y - 90) / 420, (easel.x - 80) / 330)
    easel.pixels[:] = easel.blend([(0, (214, 196, 168)), (1.3, (92, 84, 84))], light)
    easel.pixels *= 0.94 + 0.12 * clouds(random, rows, columns, stretch=1)[..., None]
    grain = clouds(random, rows, columns, stretch=14)
    wood = easel.blend([(0.2, (98, 58, 36)), (0.8, (172, 112, 68))], grain)
    fade = np.clip(1.15 - np.hypot(easel.x - 110, easel.y - 380) / 420, 0.4, 1.15)
    easel.lay(easel.box(345, -5, 485, 365), wood * fade[..., None])
    _vase(easel)
    _ball(easel, random, (392, 112, 50), (226, 122, 36))
    _ball(easel, random, (410, 202, 36), (150, 34, 46))
    _ball(easel, random, (418, 290, 42), (126, 152, 58))
    return easel.finish(random)


def _vase(easel: Easel) -> None:
    easel.shade(easel.oval(382, 270, 20, 120, soft_px=26), 0.5)
    keys = ([95, 103, 120, 170, 240, 300, 350, 378, 384], [30, 27, 20, 26, 58, 70, 54, 36, 36])
    half = np.interp(easel.y, *keys).astype(np.float32)
    kernel = np.hanning(151) / np.hanning(151).sum()
    half = np.convolve(np.pad(half[:, 0], 75, mode="edge"), kernel, "valid")[:, None]
    across = np.clip((easel.x - 222) / half, -1, 1)
    light = 0.18 + 0.82 * np.clip(np.sqrt(1 - across**2) * 0.6 - across * 0.55, 0, 1)
    shine = np.exp(-(((across + 0.48) / 0.09) ** 2)) * 0.5
    glaze = easel.blend([(95, (60, 146, 150)), (384, (18, 70, 92))], easel.y)
    band = np.exp(-(((easel.y - 205) / 3) ** 2)) + np.exp(-(((easel.y - 216) / 1.6) ** 2))
    glaze += (np.array([235, 205, 140]) - glaze) * np.clip(band, 0, 1)[..., None]
    colour = glaze * light[..., None] + 255 * shine[..., None]
    inside = np.clip((half - np.abs(easel.x - 222)) * 1.5 + 0.5, 0, 1)
    tall = np.clip(easel.y - 97, 0, 1) * np.clip((386 + 4 * (1 - across**2)) - easel.y, 0, 1)
    easel.lay((inside * tall).astype(np.float32), np.clip(colour, 0, 255).astype(np.float32))
    easel.lay(easel.oval(98, 222, 7, 29.5), (86, 170, 172))
    easel.lay(easel.oval(99, 222, 5, 25.5), (10, 34, 44))


def _ball(easel: Easel, random: Random, place: Colour, colour: Colour) -> None:
    y, x, radius = place
    easel.shade(
        easel.oval(
            y + radius * 0.86, x + radius * 0.5, radius * 0.3, radius * 1.25, soft_px=radius * 0.45
        ),
        0.35,
    )
    u, v = (easel.x - x) / radius, (easel.y - y) / radius
    depth = np.sqrt(np.clip(1 - u * u - v * v, 0, 1))
    skin = clouds(random, *easel.pixels.shape[:2], stretch=1)
    lambert = np.clip(-0.5 * u - 0.62 * v + 0.6 * depth, 0, 1)
    bounce = 0.16 * np.clip(v, 0, 1) + 0.14
    shine = np.clip(-0.36 * u - 0.46 * v + 0.81 * depth, 0, 1) ** 40
    tone = (lambert + bounce) * (0.9 + 0.25 * (skin - 0.5))
    paint = np.asarray(colour, np.float32) * tone[..., None] * 1.1 + 200 * shine[..., None]
    easel.lay(easel.oval(y, x, radius, radius), np.clip(paint, 0, 255).astype(np.float32))


def poster() -> Image.Image:
    """A poster for an invented exhibition, 420 by 594."""
    random = np.random.default_rng(37)
    easel = Easel(420, 594, (240, 230, 210))
    red, blue, yellow, ink = (212, 62, 44), (32, 74, 128), (240, 178, 44), (28, 28, 34)
    easel.lay(easel.oval(206, 212, 150, 150), red)
    easel.lay(easel.oval(206, 212, 150, 150) * easel.box(206, 0, 400, 212), blue)
    easel.lay(easel.oval(206, 212, 96, 96), (240, 230, 210))
    easel.lay(easel.oval(206, 212, 96, 96) * easel.box(0, 212, 206, 420), yellow)
    easel.lay(easel.oval(206, 212, 52, 52), ink)
    easel.lay(easel.oval(190, 196, 13, 13), (240, 230, 210))
    stripes = (np.mod((easel.x + easel.y) / 9, 1) < 0.45).astype(np.float32)
    ring = easel.oval(206, 212, 150, 150) * (1 - easel.oval(206, 212, 96, 96))
    easel.lay(ring * easel.box(206, 212, 400, 420) * stripes, yellow)
    easel.fill([(36, 330), (36, 392), (98, 392)], blue)
    for row in range(4):
        for column in range(4):
            easel.lay(easel.oval(44 + 13 * row, 36 + 13 * column, 3.4, 3.4), ink)
    easel.write("SAFELIGHT", 372, 27, size_px=69, colour=ink)
    easel.lay(easel.box(456, 30, 460, 390), red)
    easel.write("Pictures that never left the room", 470, 29, size_px=22, colour=ink)
    easel.write("Hall of Lanterns, Little Marrow", 506, 30, size_px=14, colour=ink)
    easel.write("every evening from six until the candles are out", 526, 30, size_px=12, colour=ink)
    easel.write("drawn by a program; no one was photographed", 558, 30, size_px=9, colour=blue)
    easel.lay(easel.box(522, 340, 568, 390), blue)
    easel.lay(easel.oval(545, 365, 15, 15), yellow)
    return easel.finish(random, grain=0.8)


def mug() -> Image.Image:
    """A mug on white, 400 by 400."""
    random = np.random.default_rng(41)
    easel = Easel(400, 400, (252, 252, 252))
    easel.shade(easel.oval(318, 214, 26, 132, soft_px=44), 0.72)
    easel.shade(easel.oval(316, 196, 14, 98, soft_px=16), 0.55)
    arm = easel.oval(205, 292, 62, 56) * (1 - easel.oval(205, 290, 43, 37))
    tone = easel.blend([(140, (250, 222, 128)), (270, (176, 128, 32))], easel.y)
    easel.lay(arm, tone)
    across = np.clip((easel.x - 188) / 98, -1, 1)
    bulge = 15 * np.sqrt(1 - across**2)
    light = 0.5 + 0.62 * np.clip(np.sqrt(1 - across**2) * 0.55 - across * 0.5, 0, 1)
    shine = 0.3 * np.exp(-(((across + 0.55) / 0.08) ** 2))
    glaze: Field = np.empty_like(easel.pixels)
    glaze[:] = (242, 184, 52)
    height = easel.y - bulge
    turn = np.arcsin(across) * 98
    wave = np.abs(height - 200 - 9 * np.sin(turn / 11))
    glaze[wave < 5] = (250, 246, 232)
    glaze[np.abs(wave - 16) < 2.2] = (38, 70, 110)
    glaze[height > 284] = (38, 70, 110)
    paint = np.clip(glaze * light[..., None] + 255 * shine[..., None], 0, 255)
    sides = np.clip((98 - np.abs(easel.x - 188)) * 1.5 + 0.5, 0, 1)
    tall = np.clip((easel.y - 108) * 1.5, 0, 1) * np.clip((302 + bulge - easel.y) * 1.5, 0, 1)
    easel.lay((sides * tall).astype(np.float32), paint.astype(np.float32))
    easel.lay(easel.oval(108, 188, 18, 98), (252, 226, 150))
    easel.lay(easel.oval(109, 188, 14.5, 91), (150, 104, 26))
    easel.lay(easel.oval(113, 188, 10.5, 84), (58, 32, 18))
    easel.lay(0.5 * easel.oval(111, 160, 4, 40, soft_px=4), (140, 92, 58))
    return easel.finish(random, grain=0.5)


def city() -> Image.Image:
    """A town at night by the river, 600 by 400."""
    random = np.random.default_rng(59)
    easel = Easel(600, 400, (0, 0, 0))
    sky: list[tuple[float, Colour]] = [
        (0, (10, 14, 40)),
        (190, (38, 44, 92)),
        (300, (120, 84, 110)),
    ]
    easel.pixels[:] = easel.blend(sky, easel.y)
    for _ in range(120):
        y, x = random.uniform(0, 190), random.uniform(0, 600)
        easel.spark(y, x, random.uniform(0.3, 0.75), (255, 250, 235))
    easel.lay(0.5 * np.exp(-np.hypot(easel.y - 76, easel.x - 466) / 34), (200, 205, 235))
    crescent = easel.oval(76, 466, 25, 25) * (1 - easel.oval(69, 455, 22, 22, soft_px=1))
    easel.lay(crescent, (246, 240, 218))
    for depth, (low, high) in enumerate(((90, 150), (70, 130), (30, 95))):
        _houses(easel, random, depth=depth, lowest_px=low, highest_px=high)
    _water(easel, random, shore_px=300)
    return easel.finish(random)


def _houses(easel: Easel, random: Random, *, depth: int, lowest_px: int, highest_px: int) -> None:
    wall = np.array([(58, 52, 92), (38, 36, 70), (20, 20, 44)][depth], np.float64)
    left = -random.uniform(0, 20)
    while left < 600:
        width, tall = random.uniform(26, 62), random.uniform(lowest_px, highest_px) * 1.2
        top, right = 300 - tall, left + width
        tint = tuple(float(v) for v in wall * random.uniform(0.85, 1.2))
        easel.lay(easel.box(top, left, 301, right), (tint[0], tint[1], tint[2]))
        if random.random() < 0.35:
            peak = (top - width * 0.5, (left + right) / 2)
            easel.fill([(top, left), peak, (top, right)], (tint[0], tint[1], tint[2]))
        step = 9 + 2 * depth
        for y in np.arange(top + 7, 292, step):
            for x in np.arange(left + 5, right - 7, step * 0.85):
                if random.random() < 0.16 + 0.12 * depth:
                    glow = 0.5 + 0.5 * random.random()
                    pane = _pane(float(y), float(x), step * 0.5)
                    easel.pixels[pane] += glow * (np.array([255, 206, 120]) - easel.pixels[pane])
        left = right + random.uniform(-6, 12)


def _pane(y: float, x: float, side_px: float) -> tuple[slice, slice]:
    """The rows and columns of a lit pane, a little taller than wide."""
    top, left = round(y * OVERSAMPLING), max(0, round(x * OVERSAMPLING))
    side = round(side_px * OVERSAMPLING)
    return slice(top, top + round(side * 1.2)), slice(left, left + side)
