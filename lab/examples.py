"""Draw the example pictures and plant metadata in them.

    python -m lab.examples

Everything in them is invented: the scenes, the people, the cameras and the places (open sea).
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from lab import paintings
from lab.tags import Planted, exif, thumbnail_of, xmp

FOLDER = Path(__file__).resolve().parents[1] / "examples/pictures"


@dataclass(frozen=True)
class Example:
    """One file of the example folder."""

    file: str
    paint: Callable[[], Image.Image]
    planted: Planted


EXAMPLES = (
    Example(
        "lake.jpg",
        paintings.lake,
        Planted(
            artist="Maren Quillfeather",
            make="Halvard Optical",
            model="Halvard H-3",
            serial="HO-3-0091827",
            latitude=48.4331,
            longitude=-28.7412,
            taken="2024:08:17 20:41:09",
            comment="Evening swim with Ottoline",
        ),
    ),
    Example(
        "still-life.jpg",
        paintings.still_life,
        Planted(
            artist="Ottoline Marsh",
            make="Pellucid",
            model="Pellucid Pocket 12",
            serial="PP12-5540013",
            latitude=-31.2045,
            longitude=-12.5098,
            taken="2025:01:05 11:20:44",
            comment="Kitchen table at 4 Tallow Lane",
            orientation=6,
        ),
    ),
    Example(
        "poster.png",
        paintings.poster,
        Planted(
            artist="Caspian Thule",
            make="Inkwright",
            model="Inkwright Desk 2",
            serial="ID2-771-A",
            latitude=41.7781,
            longitude=-44.1206,
            taken="2025:03:22 09:02:10",
            comment="Draft 7, do not show to the council yet",
        ),
    ),
    Example(
        "mug.jpg",
        paintings.mug,
        Planted(
            artist="Bram Oakenshade",
            make="Halvard Optical",
            model="Halvard Studio S",
            serial="HO-S-4410022",
            latitude=-40.0172,
            longitude=88.6650,
            taken="2025:06:30 14:55:31",
            comment="Sold to P. Lanternjaw, order 20931",
        ),
    ),
    Example(
        "town.webp",
        paintings.city,
        Planted(
            artist="Isolde Farrow",
            make="Pellucid",
            model="Pellucid Pocket 12",
            serial="PP12-5540877",
            latitude=36.9150,
            longitude=-155.3308,
            taken="2025:11:02 22:13:57",
            comment="From the window of the clinic",
        ),
    ),
)


def save(example: Example, folder: Path) -> None:
    """Paint one example and write it with its planted metadata."""
    image, planted = example.paint(), example.planted
    if planted.orientation == 6:
        image = image.transpose(Image.Transpose.ROTATE_90)
    path = folder / example.file
    block, packet = exif(planted, thumbnail_of(image)), xmp(planted)
    if path.suffix == ".png":
        image.save(path, optimize=True, exif=block, pnginfo=_chunks(planted, packet))
    elif path.suffix == ".webp":
        image.save(path, quality=88, method=6, exif=b"Exif\0\0" + block, xmp=packet)
    else:
        image.save(path, quality=92, exif=b"Exif\0\0" + block, xmp=packet, comment=planted.comment)


def _chunks(planted: Planted, packet: bytes) -> PngInfo:
    chunks = PngInfo()
    chunks.add_text("Author", planted.artist)
    chunks.add_text("Source", f"{planted.make} {planted.model} {planted.serial}")
    chunks.add_text("Comment", planted.comment, zip=True)
    chunks.add_itxt("XML:com.adobe.xmp", packet.decode())
    return chunks


def main() -> None:
    """Write every example."""
    parser = argparse.ArgumentParser(description="draw the example pictures")
    parser.add_argument("--folder", type=Path, default=FOLDER)
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    for example in EXAMPLES:
        save(example, folder)
        print(example.file)


if __name__ == "__main__":
    main()
