"""Draw the sheets of docs/images that show what the models learn from.

    python -m lab.sheets

The first pictures of each pool, made smaller. No sheet is picked by hand.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lab.colour import COLOUR
from lab.compose import composite
from lab.grounds import GROUNDS
from lab.objects import OBJECTS
from lab.pool import Pool
from lab.upscaling import GREY

FOLDER = Path(__file__).resolve().parents[1] / "docs/images"
COLUMNS, ROWS, SIDE_PX, GAP_PX = 6, 3, 160, 4
LARGEST_BYTES = 150_000
# Enough to compose from; the pools themselves have hundreds.
PALETTE_OF = {"objects": (OBJECTS, 18), "grounds": (GROUNDS, 12), "colour": (COLOUR, 12)}

Picture = NDArray[np.uint8]


def firsts(pool: Pool, count: int) -> list[Picture]:
    """The first pictures of a pool, drawn now."""
    return [pool.draw((pool.seed, index)) for index in range(count)]


def cut_out(planes: Picture) -> Picture:
    """An object of the pool in grey on white: its light, its parts in different tones."""
    cover = planes[..., :1].astype(np.float32) / 255
    tone = 90 + planes[..., 2:3].astype(np.float32) * 37 % 120
    lit = np.clip(tone * (planes[..., 1:2] / np.float32(128)), 0, 255)
    shown: Picture = (255 + cover * (lit - 255)).astype(np.uint8).repeat(3, axis=2)
    return shown


def composites() -> Iterator[Picture]:
    """Product shots and, beside each, the coverage that is to be found in it."""
    pools = {name: np.stack(firsts(pool, count)) for name, (pool, count) in PALETTE_OF.items()}
    for index in range(COLUMNS * ROWS // 2):
        random = np.random.default_rng([OBJECTS.seed, index])
        picture, cover = composite(pools, random, 2 * SIDE_PX)
        yield picture
        yield cover[..., None].repeat(3, axis=2)


def sheets() -> dict[str, list[Picture]]:
    """The pictures of each sheet, by the name of its file."""
    count = COLUMNS * ROWS
    return {
        "drawn-grey": [each[..., None].repeat(3, axis=2) for each in firsts(GREY, count)],
        "drawn-colour": firsts(COLOUR, count),
        "drawn-objects": [cut_out(each) for each in firsts(OBJECTS, count)],
        "drawn-composites": list(composites()),
    }


def laid_out(pictures: list[Picture]) -> Image.Image:
    """One sheet, row by row."""
    pitch = SIDE_PX + GAP_PX
    sheet = Image.new("RGB", (COLUMNS * pitch - GAP_PX, ROWS * pitch - GAP_PX), "white")
    for index, picture in enumerate(pictures):
        small = Image.fromarray(picture).resize((SIDE_PX, SIDE_PX), Image.Resampling.LANCZOS)
        sheet.paste(small, (index % COLUMNS * pitch, index // COLUMNS * pitch))
    return sheet


def save(sheet: Image.Image, path: Path) -> None:
    """As WebP, as good as its share of bytes allows."""
    for quality in range(85, 20, -10):
        sheet.save(path, quality=quality, method=6)
        if path.stat().st_size < LARGEST_BYTES:
            return
    raise SystemExit(f"{path.name} does not fit in {LARGEST_BYTES} bytes")


def main() -> None:
    """Draw every sheet."""
    parser = argparse.ArgumentParser(description="draw the sheets of what the models learn from")
    parser.add_argument("--folder", type=Path, default=FOLDER)
    folder = parser.parse_args().folder
    for name, pictures in sheets().items():
        path = folder / f"{name}.webp"
        save(laid_out(pictures), path)
        print(f"{path.name} {path.stat().st_size}")


if __name__ == "__main__":
    main()
