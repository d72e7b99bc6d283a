"""Draw what each model fails at, put it through, and keep a small sheet for its card.

    python -m bench.failures [NAME...]      names: those of the cards in docs/models

Every picture is drawn here, for the purpose; nothing is picked from many. What comes out is in
docs/images/fails-NAME.webp: the drawn picture, and what the model makes of it.
"""

from __future__ import annotations

import argparse
import io
import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageOps

from bench import subjects
from bench.products import product
from bench.sheets import Row, Run, as_jpeg, as_png, bench_engine, on, sheet
from safelight import Engine, Recipe
from safelight.recipe import operations
from safelight.settings import load

FOLDER = Path(__file__).resolve().parents[1] / "docs/images"
LARGEST_BYTES = 100_000
SIDE = (320, 240)
MAGENTA = (255, 0, 255)
Picture = Image.Image


def bricks() -> Picture:
    """A vase before a brick wall: strong texture behind the object."""
    picture = Image.new("RGB", SIDE, "#d8d0c4")
    pen = ImageDraw.Draw(picture)
    for row in range(0, SIDE[1], 16):
        for left in range(-40, SIDE[0], 40):
            x = left + row // 16 % 2 * 20
            pen.rectangle((x, row, x + 36, row + 12), fill=("#a4573c", "#8c4630")[(x // 40) % 2])
    pen.ellipse((110, 80, 210, 220), fill="#3c6ea0")
    pen.rectangle((140, 40, 180, 100), fill="#3c6ea0")
    return picture


def white_marks() -> Picture:
    """A dark box with white keys on white: parts that have the ground's colour."""
    picture = Image.new("RGB", SIDE, "white")
    pen = ImageDraw.Draw(picture)
    pen.rounded_rectangle((70, 50, 250, 200), 14, fill="#2c2f36")
    for number in range(9):
        x, y = 90 + number % 3 * 54, 64 + number // 3 * 44
        pen.rounded_rectangle((x, y, x + 38, y + 30), 6, fill="white")
    return picture


def mirrored() -> Picture:
    """A bottle on a glossy floor that shows it again."""
    picture = Image.new("RGB", SIDE, "#e8e8ec")
    pen = ImageDraw.Draw(picture)
    pen.rectangle((130, 20, 190, 140), fill="#2a7a4a")
    lower = picture.crop((0, 20, SIDE[0], 140)).transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    picture.paste(Image.blend(lower, Image.new("RGB", lower.size, "#e8e8ec"), 0.55), (0, 140))
    return picture


def hair() -> Picture:
    """A ball of single hairs."""
    picture = Image.new("RGB", SIDE, "#f2f2f0")
    pen, draw = ImageDraw.Draw(picture), np.random.default_rng(4)
    for angle in draw.uniform(0, 2 * np.pi, 260):
        length = draw.uniform(70, 112)
        pen.line(
            (160, 120, 160 + length * np.cos(angle), 120 + length * np.sin(angle)), fill="#50341c"
        )
    pen.ellipse((100, 60, 220, 180), fill="#6a4526")
    return picture


def cutout(run: Run) -> Iterator[tuple[str, Row]]:
    drawn = {
        "texture behind": bricks,
        "parts of the ground's colour": white_marks,
        "a mirror image": mirrored,
        "single hairs": hair,
    }
    for name, draw in drawn.items():
        yield name, {"drawn": draw(), "cut out": on(run(draw(), "cutout"), MAGENTA)}


def fine_stripes() -> Picture:
    """Stripes that get finer to the right, some beyond what a quarter of the size can hold."""
    across = np.arange(SIDE[0])
    wave = np.sin(across**2 / 170)[None, :] + 0 * np.arange(SIDE[1])[:, None]
    turned = np.sin((across[None, :] + 0.5 * np.arange(SIDE[1])[:, None]) ** 2 / 260)
    values = np.where(np.arange(SIDE[1])[:, None] < SIDE[1] // 2, wave, turned)
    return Image.fromarray((128 + 100 * values).astype(np.uint8)).convert("RGB")


def small_words() -> Picture:
    picture = Image.new("RGB", SIDE, "white")
    pen = ImageDraw.Draw(picture)
    for row, size in enumerate((30, 24, 18, 14)):
        pen.text((10, 12 + row * 54), "Sphinx of black quartz 0123", fill="black", font_size=size)
    return picture


def quarter(picture: Picture) -> Picture:
    return picture.resize((SIDE[0] // 4, SIDE[1] // 4), Image.Resampling.BICUBIC)


def pressed(picture: Picture, quality: int) -> Picture:
    return Image.open(io.BytesIO(as_jpeg(picture, quality))).convert("RGB")


def noisy(picture: Picture, sigma: float) -> Picture:
    grain = np.random.default_rng(3).normal(0, sigma, (*picture.size[::-1], 3))
    return Image.fromarray(np.clip(np.asarray(picture) + grain, 0, 255).round().astype(np.uint8))


def upscale(run: Run, model: str) -> Iterator[tuple[str, Row]]:
    """The drawn pictures at a quarter of their size, and back."""
    small = {
        "fine stripes": quarter(fine_stripes()),
        "small words": quarter(small_words()),
        "coloured words": quarter(subjects.coloured_text()),
        "saved hard as JPEG before": pressed(quarter(subjects.line_art()), 15),
    }
    if model == "photo":
        blurred = subjects.line_art().filter(ImageFilter.BoxBlur(5))
        small["shaken"] = quarter(blurred)
        small["faint grain that was meant"] = noisy(quarter(subjects.flat()), 5)
    for name, picture in small.items():
        yield name, {"given": picture, model: run(picture, "upscale", scale=4, model=model)}


def restore(run: Run) -> Iterator[tuple[str, Row]]:
    canvas = noisy(Image.new("RGB", SIDE, "#8a8f94"), 6)
    drawn: dict[str, tuple[Picture | bytes, dict[str, Any]]] = {
        "woven, noisy": (noisy(fine_stripes(), 40), {"denoise": 80, "jpeg": "off"}),
        "texture that is no noise": (canvas, {"denoise": 40, "jpeg": "off"}),
        "colour under JPEG 10": (
            as_jpeg(subjects.chroma(), 10),
            {"denoise": "off", "jpeg": "auto"},
        ),
        "a slope under JPEG 10": (as_jpeg(subjects.flat(), 10), {"denoise": "off", "jpeg": "auto"}),
    }
    for name, (given, wishes) in drawn.items():
        shown = Image.open(io.BytesIO(given)) if isinstance(given, bytes) else given
        yield name, {"given": shown, "repaired": run(given, "restore", **wishes)}


def embed(_run: Run) -> Iterator[tuple[str, Row]]:
    """Pairs with their likeness: copies that are found late, strangers that are taken for alike."""
    thing, other = (product(number, 240) for number in (0, 1))
    sloped = Image.linear_gradient("L").resize((240, 240)).point([90 + v // 8 for v in range(256)])
    pairs = {
        "cut to 60 %": (thing, thing.crop((20, 20, 164, 164))),
        "in a wide frame": (thing, ImageOps.expand(thing, 90, "#402818")),
        "two nearly empty ones": (Image.new("RGB", (240, 240), "#686868"), sloped.convert("RGB")),
        "two strangers": (thing, other),
    }
    with Engine(load({}, os.environ, FOLDER), jobs=1) as engine:
        for name, pair in pairs.items():
            first, second = (
                engine.run(as_png(one), Recipe((operations()["embed"](),))) for one in pair
            )
            likeness = np.dot(getattr(first, "vector", ()), getattr(second, "vector", ()))
            yield name, {"drawn": pair[0], f"likeness {likeness:.2f}": pair[1]}


SHEETS: dict[str, Callable[[Run], Iterator[tuple[str, Row]]]] = {
    "cutout": cutout,
    "upscale": partial(upscale, model="fast"),
    "upscale-photo": partial(upscale, model="photo"),
    "restore": restore,
    "embed": embed,
}


def beside(rows: list[tuple[str, Row]]) -> Picture:
    """The sheet, its rows in two columns."""
    half = -(-len(rows) // 2)
    left, right = sheet(rows[:half]), sheet(rows[half:])
    made = Image.new("RGB", (left.width + right.width, left.height), "#303030")
    made.paste(left, (0, 0))
    made.paste(right, (left.width, 0))
    return made


def save(picture: Picture, path: Path) -> None:
    """As WebP, as good as its share of bytes allows."""
    for quality in range(85, 20, -10):
        picture.save(path, quality=quality, method=6)
        if path.stat().st_size < LARGEST_BYTES:
            return
    raise SystemExit(f"{path.name} does not fit in {LARGEST_BYTES} bytes")


def main() -> None:
    parser = argparse.ArgumentParser(description="sheets of what the models fail at")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(SHEETS))
    names = parser.parse_args().names or [*SHEETS]
    if not set(names) <= set(SHEETS):
        parser.error(f"the names are {', '.join(SHEETS)}")
    with bench_engine() as run:
        for name in names:
            path = FOLDER / f"fails-{name}.webp"
            save(beside(list(SHEETS[name](run))), path)
            print(path.name, path.stat().st_size)


if __name__ == "__main__":
    main()
