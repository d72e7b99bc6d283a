"""Real photographs, small: of the shared pictures; where those are absent, one that is drawn."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image, ImageDraw, ImageOps

from tests.conftest import SHARED

# Without a name in it of who is seen: hats on a wall, parrots, a rhinoceros, a house at night.
HATS = "superres/kodak/kodim03.png"
PARROTS = "superres/kodak/kodim23.png"
RHINO = "photos/mdn/rhino.jpg"
STREET = "metadata/exif-samples/jpg/gps/DSCN0012.jpg"
# Seen from below, on white: its middle is subject, the corners are ground.
BALLOON = "bgremoval/mdn/round-balloon-white-bg.png"
BATCH = (HATS, PARROTS, RHINO, STREET)


def photograph(name: str, width: int, height: int) -> Image.Image:
    """Made as large, with as much of its middle as fits that shape."""
    return ImageOps.fit(_opened(name), (width, height))


def whole_photograph(name: str, width: int, height: int) -> Image.Image:
    """All of it, on white."""
    return ImageOps.pad(_opened(name), (width, height), color="white")


def as_file(picture: Image.Image, format: str = "PNG", **more: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, format, **more)
    return out.getvalue()


def _opened(name: str) -> Image.Image:
    path = SHARED / name
    if not path.is_file():
        return _drawn()
    with Image.open(path) as found:
        over = found.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", over.size, "white"), over).convert("RGB")


def _drawn() -> Image.Image:
    """A mug on a plain ground."""
    picture = Image.new("RGB", (320, 240), (225, 228, 232))
    pen = ImageDraw.Draw(picture)
    pen.rounded_rectangle((96, 60, 198, 204), radius=20, fill=(150, 40, 35))
    pen.ellipse((179, 91, 237, 168), outline=(120, 30, 30), width=5)
    return picture
