"""A mug drawn in code: the picture, how much of each pixel is mug, and the mug's own colours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

FINER = 3


@dataclass(frozen=True)
class Drawn:
    """picture and colours [rows, columns, 3] of 8 bits; cover [rows, columns] from 0 to 1."""

    picture: Any
    cover: Any
    colours: Any


def drawn_mug(
    width: int = 480,
    height: int = 400,
    *,
    ground: tuple[int, int, int] = (255, 255, 255),
    colour: tuple[int, int, int] = (190, 60, 50),
) -> Drawn:
    """A round body with a handle that the ground shows through, shaded from the side."""
    y, x = np.mgrid[0 : height * FINER, 0 : width * FINER].astype(np.float32) / FINER
    across, down = (x - width * 0.45) / width, (y - height * 0.5) / height
    body = (np.abs(across) < 0.2) & (np.abs(down) < 0.28)
    foot = (across / 0.2) ** 2 + ((down - 0.28) / 0.06) ** 2 < 1
    ring = ((across - 0.2) / 0.12) ** 2 + (down / 0.2) ** 2
    inside = body | foot | ((ring < 1) & (ring > 0.5))
    cover = inside.reshape(height, FINER, width, FINER).mean((1, 3)).astype(np.float32)
    light = 0.8 + 0.25 * np.sin(3 + 8 * across[::FINER, ::FINER])
    colours = np.clip(light[..., None] * np.array(colour, np.float32), 0, 255)
    mixed = colours * cover[..., None] + np.array(ground, np.float32) * (1 - cover[..., None])
    return Drawn(_bytes(mixed), cover, _bytes(colours))


def _bytes(plane: Any) -> Any:
    return np.rint(plane).astype(np.uint8)
