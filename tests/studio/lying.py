"""Pictures that lie another way in the file than they are displayed, and what is seen of them."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from PIL import Image

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)
# What an image element shows, in the middle of each of its quarters.
SEEN = """async (image) => {
  await image.decode();
  const context = new OffscreenCanvas(64, 96).getContext('2d');
  context.drawImage(image, 0, 0, 64, 96);
  const at = (x, y) => [...context.getImageData(x, y, 1, 1).data.slice(0, 3)];
  return [at(16, 24), at(48, 24), at(16, 72), at(48, 72)];
}"""


def quarters(format: str) -> bytes:
    """Stored as 96 by 64 and displayed as 64 by 96: there blue and red, below white and green."""
    picture = Image.new("RGB", (96, 64), RED)
    for colour, corner in ((GREEN, (48, 0)), (BLUE, (0, 32)), (WHITE, (48, 32))):
        picture.paste(colour, (*corner, corner[0] + 48, corner[1] + 32))
    exif = Image.Exif()
    exif[0x0112] = 6
    out = io.BytesIO()
    ways: dict[str, dict[str, Any]] = {"WEBP": {"lossless": True}, "AVIF": {"quality": 100}}
    picture.save(out, format, exif=exif, **ways.get(format, {}))
    return out.getvalue()


def close_to(found: list[list[int]], *colours: tuple[int, int, int]) -> bool:
    """Whether these are the colours, as far as a lossy format keeps them."""
    return bool((np.abs(np.array(found) - np.array(colours)) < 40).all())
