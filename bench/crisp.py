"""What the eye sees first, in figures: ringing beside an edge, and whether flat areas stay flat.

    python -m bench.crisp [--quick] [--check] [--markdown]

Steps of 8 bit. Ringing: the largest swing past an edge between two flat colours, from one small
pixel away on. Left over: the standard deviation that a flat grey has after its noise was removed,
for each precision; a net in 8 bits must not be coarser than its twin.
"""

from __future__ import annotations

import sys

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bench.quality import Method, luma, net, upscalers
from bench.tables import Goal, Table, missing, show
from safelight.models.entry import Entry
from safelight.models.runtimes import open_session
from safelight.models.store import Store

DARK, LIGHT, SIDE = 40, 210, 48
SIGMAS = (15, 25, 50)
GREY, FLAT = 128, 192
MOST_COARSER = 0.5
LANCZOS = Image.Resampling.LANCZOS


def edge() -> Image.Image:
    """Dark left, light right."""
    values = np.full((SIDE, SIDE, 3), DARK, np.uint8)
    values[:, SIDE // 2 :] = LIGHT
    return Image.fromarray(values)


def swing(large: NDArray[np.float64], scale: int) -> float:
    """How far luma leaves the two flat colours, in steps of 0..255, away from the edge itself."""
    low, high = (float(luma(Image.new("RGB", (1, 1), (v, v, v)))[0, 0]) for v in (DARK, LIGHT))
    middle, near, far = SIDE // 2 * scale, scale, 12 * scale
    rows = slice(12 * scale, -12 * scale)
    left = np.abs(large[rows, middle - far : middle - near] - low).max()
    right = np.abs(large[rows, middle + near : middle + far] - high).max()
    return float(max(left, right)) * 255 / 219


def ringing() -> Table:
    rows, goals = [], []
    for scale in (2, 4):
        size = (SIDE * scale, SIDE * scale)
        lanczos = swing(luma(edge().resize(size, LANCZOS)), scale)
        rows.append((f"x{scale} Lanczos", f"{lanczos:.1f}"))
        for name, entry in upscalers(scale).items():
            method: Method = net(entry)
            found = swing(method(edge()), scale)
            rows.append((f"x{scale} {name}", f"{found:.1f}"))
            goals.append(Goal(f"x{scale} {name}, beside Lanczos", found, lanczos, "steps"))
    return Table("Ringing beside an edge", ("", "steps"), tuple(rows), goals=tuple(goals))


def left_over(entry: Entry, sigma: int) -> float:
    """Standard deviation of a flat grey that had noise of sigma, away from the border."""
    with Store().open(entry) as model:
        session = open_session(entry, model.view(), threads=1)
    noise = np.random.default_rng(sigma).normal(GREY, sigma, (1, 3, FLAT, FLAT))
    colours = noise.clip(0, 255).round() / 255
    plane = np.full((1, 1, FLAT, FLAT), sigma / 100)
    tensor = np.concatenate([colours, plane], axis=1).astype(np.float32)
    answer = np.asarray(session.run(tensor), np.float64) * 255
    return float(answer[:, :, 24:-24, 24:-24].std(axis=(2, 3)).mean())


def flatness() -> Table:
    """The denoisers of the catalogue that are told the noise."""
    entries = {e.name: e for e in Store().entries() if e.input.kind == "rgb+sigma"}
    if not entries:
        return missing("Flat areas after denoising", "no model yet")
    found = {name: [left_over(entry, s) for s in SIGMAS] for name, entry in entries.items()}
    goals = []
    for name, entry in entries.items():
        if entry.exact in found:
            gaps = [a - b for a, b in zip(found[name], found[entry.exact], strict=True)]
            goals.append(Goal(f"{name}, coarser than its twin", max(gaps), MOST_COARSER, "steps"))
    return Table(
        "Left over in a flat grey after denoising, steps",
        ("", *(f"sigma {sigma}" for sigma in SIGMAS)),
        tuple((name, *(f"{value:.2f}" for value in row)) for name, row in found.items()),
        goals=tuple(goals),
    )


def tables(quick: bool) -> list[Table]:
    """Ringing of every upscaler, flatness of every denoiser; quick is the same."""
    return [ringing(), flatness()]


if __name__ == "__main__":
    sys.exit(show(__doc__, tables))
