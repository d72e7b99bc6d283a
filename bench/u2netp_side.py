"""Cut pictures out the plain way with a u2netp-shaped net of random weights, one thread.

Not started by hand: bench/cutout_speed.py starts one of these for each core. Arguments: a folder of
pictures, a folder for the results, which of how many processes this is. The masks mean nothing.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from bench.graphs import opened, u2netp

SIDE = 320
MEAN = np.array((0.485, 0.456, 0.406), np.float32)
STD = np.array((0.229, 0.224, 0.225), np.float32)


def tensor_of(picture: Image.Image) -> Any:
    """320x320, normalised as the published net takes it."""
    small = picture.resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    values = np.asarray(small, np.float32) / 255
    return ((values - MEAN) / STD).transpose(2, 0, 1)[None]


def cut(session: Any, source: Path, target: Path) -> None:
    """Decode, net, mask at full size, PNG of a fast level."""
    with Image.open(source) as opened_file:
        picture = opened_file.convert("RGB")
    mask = session.run(None, {"x": tensor_of(picture)})[0][0, 0]
    low, high = float(mask.min()), float(mask.max())
    grey = Image.fromarray(((mask - low) / max(high - low, 1e-6) * 255).astype(np.uint8))
    picture.putalpha(grey.resize(picture.size, Image.Resampling.LANCZOS))
    picture.save(target, compress_level=1)


def main() -> None:
    source, target, place, count = sys.argv[1:]
    session = opened(u2netp(SIDE)[0])
    for path in sorted(Path(source).iterdir())[int(place) :: int(count)]:
        cut(session, path, Path(target) / f"{path.stem}.png")


if __name__ == "__main__":
    main()
