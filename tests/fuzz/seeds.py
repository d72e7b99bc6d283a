"""Files to start from, by format: drawn ones with something in every place, and real ones."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from safelight.codecs import routing
from safelight.formats import TABLE, Format
from tests.codecs import making_heif, planting, planting_heif
from tests.codecs.making import jpeg, picture, png, saved, webp
from tests.codecs.test_profiles import full

FOLDERS = ("metadata", "formats", "hostile", "medical", "video")
LARGEST_BYTES = 48_000
MOST_DRAWN, MOST_REAL = 120, 60
PICTURES: dict[Format, str] = {"tiff": "TIFF", "gif": "GIF", "avif": "AVIF", "bmp": "BMP"}
MODES = ("L", "P", "RGBA", "1", "CMYK")


@cache
def seeds(shared: Path | None = None) -> dict[Format, list[bytes]]:
    """At least one file of every format that has some, none larger than LARGEST_BYTES."""
    dice = random.Random(1)
    found = {format: some(list(drawn(format)), MOST_DRAWN, dice) for format in TABLE}
    for format, real in shared_files(shared).items():
        found[format] += some(real, MOST_REAL, dice)
    return {format: files for format, files in found.items() if files}


def some(files: list[bytes], most: int, dice: random.Random) -> list[bytes]:
    small = [data for data in files if 0 < len(data) <= LARGEST_BYTES]
    return small if len(small) <= most else dice.sample(small, most)


def drawn(format: Format) -> Iterator[bytes]:
    """What the tests of this format are made from."""
    match format:
        case "jpeg":
            yield from (jpeg(), jpeg(progressive=True), full("jpeg"), jpeg(picture(mode="CMYK")))
            yield from planting.jpeg_plants().values()
            yield from planted("jpeg")
        case "png":
            yield from (png(), full("png"), *(png(picture(mode=mode)) for mode in MODES[:4]))
            yield from planting.png_plants().values()
            yield from planting.animated_png_plants().values()
        case "webp":
            yield from (webp(), webp(lossless=True), full("webp"))
            yield from planting.webp_plants().values()
            yield from planting.animated_webp_plants().values()
        case "avif" | "heic":
            yield making_heif.plain(format)
            yield from planting_heif.plants(format).values()
        case "svg":
            yield from import_module("tests.codecs.test_svg_clean").PLANTS.values()
        case _:
            yield from planted(format)


def planted(format: Format) -> Iterator[bytes]:
    """A plain picture where a library writes one, then what the format's own planting holds."""
    if format in PICTURES:
        yield saved(picture(), PICTURES[format])
    name = f"tests.codecs.planting_{format}"
    if find_spec(name) is not None:
        yield from import_module(name).plants().values()


def shared_files(shared: Path | None) -> dict[Format, list[bytes]]:
    """The small ones of the shared pictures."""
    found: dict[Format, list[bytes]] = {format: [] for format in TABLE}
    for folder in FOLDERS if shared is not None else ():
        for path in sorted((Path(shared or "") / folder).rglob("*")):
            if path.is_file() and path.stat().st_size <= LARGEST_BYTES:
                data = path.read_bytes()
                format = routing.route(data[: routing.ROUTE_BYTES])
                if format is not None:
                    found[format].append(data)
    return found
