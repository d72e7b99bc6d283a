"""Labelled photos, what finds alike ones without a model, and what happens to copies.

Every method gives a unit vector; likeness is the product of two.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageOps, UnidentifiedImageError

THUMBNAILS = "cifar10"
# Copies that the labels do not know; found by looking at the 45 nearest pairs of every method.
UNLABELLED = {
    "photos/mdn/balloons_square.jpg": "balloons",
    "photos/mdn/learn/balloons/square2.jpg": "balloons",
    "photos/mdn/balloons-landscape.avif": "two balloons",
    "photos/mdn/balloons-small.jpg": "two balloons",
    "photos/mdn/flowers.jpg": "flowers",
    "photos/mdn/learn/gallery/pic3.jpg": "flowers",
}
LONGEST_PX = 480

Vectors = NDArray[np.float32]
Describe = Callable[[Image.Image], Vectors]
Edit = Callable[[Image.Image, np.random.Generator], Image.Image]


@dataclass(frozen=True)
class Photo:
    """A photo that opens, at most 480 pixels long, and what is known of it."""

    name: str
    label: str
    group: str
    picture: Image.Image

    @property
    def is_thumbnail(self) -> bool:
        """One of the 400 thumbnails of ten classes."""
        return f"/{THUMBNAILS}/" in self.name


def photos(folder: Path, *, under: tuple[str, ...]) -> list[Photo]:
    """The labelled files below these folders, without what does not open."""
    found = []
    with (folder / "LABELS.csv").open(newline="") as table:
        for row in csv.DictReader(table):
            if row["path"].startswith(under):
                try:
                    with Image.open(folder / row["path"]) as opened:
                        picture = ImageOps.exif_transpose(opened).convert("RGB")
                except UnidentifiedImageError:
                    continue
                picture.thumbnail((LONGEST_PX, LONGEST_PX), Image.Resampling.BOX)
                group = row["group"] or UNLABELLED.get(row["path"], "")
                found.append(Photo(row["path"], row["label"], group, picture))
    return found


def unit(values: NDArray[np.floating]) -> Vectors:
    """The same direction, of length 1."""
    scaled: Vectors = (values / max(float(np.linalg.norm(values)), 1e-9)).astype(np.float32)
    return scaled


@lru_cache(maxsize=1)
def _cosines() -> NDArray[np.float64]:
    place = (np.arange(32) + 0.5) * np.pi / 32
    basis: NDArray[np.float64] = np.cos(np.arange(8)[:, None] * place[None, :])
    return basis


def perceptual_hash(picture: Image.Image) -> Vectors:
    """64 signs of the low DCT frequencies of a 32 by 32 grey picture against their median."""
    grey = np.asarray(picture.convert("L").resize((32, 32), Image.Resampling.LANCZOS), np.float64)
    low = (_cosines() @ grey @ _cosines().T).ravel()
    return unit(np.where(low > np.median(low[1:]), 1.0, -1.0))


def histogram(picture: Image.Image) -> Vectors:
    """Roots of the shares of 16 x 4 x 4 hues, saturations and values: Bhattacharyya's likeness."""
    return _shares(picture.convert("HSV"), (16, 4, 4))


def rgb_histogram(picture: Image.Image) -> Vectors:
    """The same over 8 x 8 x 8 reds, greens and blues."""
    return _shares(picture, (8, 8, 8))


def _shares(picture: Image.Image, bins: tuple[int, int, int]) -> Vectors:
    small = np.asarray(picture.resize((64, 64), Image.Resampling.BOX), np.int64).reshape(-1, 3)
    place = small * bins // 256
    index = (place[:, 0] * bins[1] + place[:, 1]) * bins[2] + place[:, 2]
    return unit(np.sqrt(np.bincount(index, minlength=int(np.prod(bins)))))


def together(parts: tuple[Describe, ...], shares: tuple[float, ...]) -> Describe:
    """Likeness as the weighted mean of the parts' likeness."""

    def describe(picture: Image.Image) -> Vectors:
        made = [np.sqrt(s) * part(picture) for part, s in zip(parts, shares, strict=True)]
        return unit(np.concatenate(made))

    return describe


def plain_methods() -> dict[str, Describe]:
    """What anybody can do without a model."""
    both = (perceptual_hash, histogram)
    return {
        "perceptual hash": perceptual_hash,
        "colour histogram": histogram,
        "RGB histogram": rgb_histogram,
        "hash + histogram, 1:3": together(both, (0.25, 0.75)),
        "hash + histogram, 1:1": together(both, (0.5, 0.5)),
        "hash + histogram, 3:1": together(both, (0.75, 0.25)),
    }


def _jpeg(picture: Image.Image, quality: int) -> Image.Image:
    kept = BytesIO()
    picture.save(kept, "JPEG", quality=quality)
    return Image.open(kept).convert("RGB")


def _cut(picture: Image.Image, random: np.random.Generator, *, share: float) -> Image.Image:
    width, height = (max(8, round(side * share)) for side in picture.size)
    left = int(random.integers(0, max(1, picture.width - width + 1)))
    top = int(random.integers(0, max(1, picture.height - height + 1)))
    return picture.crop((left, top, left + width, top + height))


def _marked(picture: Image.Image) -> Image.Image:
    veil = picture.copy()
    size = max(10, picture.width // 8)
    pen = ImageDraw.Draw(veil)
    pen.text((picture.width // 10, picture.height // 2), "SAMPLE", "white", font_size=size)
    return Image.blend(picture, veil, 0.6)


def _light(picture: Image.Image, *, gain: float, lift: float) -> Image.Image:
    return picture.point([min(255, max(0, round(v * gain + lift))) for v in range(256)] * 3)


EDITS: dict[str, Edit] = {
    "JPEG quality 15": lambda p, _: _jpeg(p, 15),
    "a quarter of the size": lambda p, _: p.resize((max(8, p.width // 4), max(8, p.height // 4))),
    "brighter, flatter": lambda p, _: _light(p, gain=0.75, lift=60),
    "darker, harder": lambda p, _: _light(p, gain=1.3, lift=-60),
    "grey": lambda p, _: p.convert("L").convert("RGB"),
    "blurred": lambda p, _: p.filter(ImageFilter.GaussianBlur(p.width / 100)),
    "mirrored": lambda p, _: ImageOps.mirror(p),
    "turned by 90 degrees": lambda p, _: p.transpose(Image.Transpose.ROTATE_90),
    "turned by 5 degrees": lambda p, _: p.rotate(5, Image.Resampling.BILINEAR),
    "cut to 80 % of each side": lambda p, r: _cut(p, r, share=0.8),
    "cut to 60 % of each side": lambda p, r: _cut(p, r, share=0.6),
    "written over": lambda p, _: _marked(p),
    "framed": lambda p, _: ImageOps.expand(p, p.width // 12, "black"),
    "stretched by 4:3": lambda p, _: p.resize((p.width * 4 // 3, p.height)),
    "mirrored, cut to 80 %, grey, JPEG quality 30": lambda p, r: _jpeg(
        ImageOps.mirror(_cut(p, r, share=0.8)).convert("L").convert("RGB"), 30
    ),
}
