"""Big pictures for measuring, drawn in code: the busyness of a photograph, the same every time."""

from __future__ import annotations

from typing import Any

import pyvips

SEED = 2026


def photograph(width: int, height: int) -> Any:
    """A lazy RGB picture of clouds in three sizes, edges and a little grain."""
    planes = []
    for band in range(3):
        clouds: Any = 0
        for size, weight in ((512, 0.5), (64, 0.35), (8, 0.15)):
            cell = pyvips.Image.perlin(width, height, cell_size=size, seed=SEED + band, uchar=True)
            clouds = clouds + cell * weight
        planes.append(clouds)
    picture = planes[0].bandjoin(planes[1:])
    edges = (pyvips.Image.xyz(width, height)[0] // 97 % 2) * 40
    grain = pyvips.Image.gaussnoise(width, height, sigma=20, seed=SEED)
    return (picture + edges + grain).cast("uchar").copy(interpretation="srgb")


def jpeg(width: int, height: int) -> bytes:
    """The photograph as a JPEG of quality 90, 4:2:0."""
    data: bytes = photograph(width, height).jpegsave_buffer(Q=90, subsample_mode="on")
    return data
