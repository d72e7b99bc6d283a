"""Small pictures made in code, with metadata planted where asked."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
from PIL import ExifTags, Image, ImageCms

FORMATS = {
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".png": "PNG",
    ".webp": "WEBP",
    ".tif": "TIFF",
    ".gif": "GIF",
    ".avif": "AVIF",
    ".bmp": "BMP",
}
MAKER = "Planted Camera Works"
SERIAL = "SN-0815-4711"


def draw(path: Path, *wishes: str) -> None:
    """A picture of 48 x 32 pixels, or as 300x200 says; `gps` plants place, maker and serial.

    `cmyk` and `deep` (16 bit grey) are other samples, `frames` makes three of it; `lines6` and
    `bars6` are upright and level stripes of 6 pixels each.
    """
    width, height = 48, 32
    for wish in wishes:
        if "x" in wish:
            width, height = map(int, wish.split("x"))
    picture = Image.linear_gradient("L").resize((width, height)).convert("RGB")
    path.parent.mkdir(parents=True, exist_ok=True)
    kind = FORMATS.get(path.suffix.lower(), "JPEG")
    data = io.BytesIO()
    if path.suffix.lower() == ".heic":
        from pillow_heif import from_pillow

        from_pillow(picture).save(data)
    elif "gps" in wishes:
        profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
        picture.save(data, kind, exif=planted(), icc_profile=profile)
    else:
        _as_wished(picture, wishes).save(data, kind, **_frames(picture, wishes))
    path.write_bytes(data.getvalue())


def _as_wished(picture: Image.Image, wishes: tuple[str, ...]) -> Image.Image:
    for wish in wishes:
        if wish.startswith(("lines", "bars")):
            return _striped(picture.size, int(wish.strip("linesbar")), is_level=wish[0] == "b")
    if "deep" in wishes:
        return picture.convert("I;16").point(lambda value: value * 257)
    return picture.convert("CMYK") if "cmyk" in wishes else picture


def _striped(size: tuple[int, int], wide: int, *, is_level: bool) -> Image.Image:
    across, down = np.meshgrid(np.arange(size[0]), np.arange(size[1]))
    light = (down if is_level else across) // wide % 2 * 255
    return Image.fromarray(light.astype(np.uint8)).convert("RGB")


def _frames(picture: Image.Image, wishes: tuple[str, ...]) -> dict[str, Any]:
    further = [picture.rotate(90), picture.rotate(180)]
    return {"save_all": True, "append_images": further} if "frames" in wishes else {}


def planted() -> Image.Exif:
    """EXIF with a place, a maker and a serial number."""
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = MAKER
    exif[ExifTags.Base.BodySerialNumber] = SERIAL
    exif[ExifTags.IFD.GPSInfo] = {1: "N", 2: (48.0, 8.0, 2.0), 3: "E", 4: (11.0, 34.0, 31.0)}
    return exif


def draw_noise(path: Path, side: int) -> None:
    """A picture that takes an encoder long: noise of side x side pixels."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.effect_noise((side, side), 90).convert("RGB").save(path)
