"""The photograph control: the x4 `fast` net after the same few steps on drawn and on real pictures.

    python -m bench.control [--quick] [--markdown]

Same net, seed, schedule and number of pixels; only the pictures differ. It measures what drawing
costs, and nothing of it ships: the weights are never written anywhere. The photographs are Kodak's
and large ones of other sources, reduced to lose their compression; none is of a set that grades.
Needs torch, so it runs in the environment of the lab. It is not part of the lab: nothing that
trains a model may open a photograph.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from bench.tables import Table, missing, show
from bench.worn import ROOT, luma, pictures_of, psnr_db
from lab.learn import Run, tensors
from lab.recipe import Recipe, load_recipe

DATA = ROOT.parent / "shared/data"
SETS = {"Set5": ("set5", 5), "BSD100 (20)": ("bsd100", 20), "Urban100 (10)": ("urban100", 10)}
STEPS, QUICK_STEPS, SIDE_PX, SMALLEST_PX = 600, 20, 256, 512


def photographs() -> NDArray[np.uint8]:
    """Squares of luma cut from photographs that grade nothing."""
    squares = []
    for picture in pictures_of(DATA / "superres/kodak", 12):
        squares += _squares(Image.fromarray(picture).convert("L"))
    for path in sorted((DATA / "photos").rglob("*.jpg")):
        try:
            image = Image.open(path).convert("L")
        except UnidentifiedImageError:
            continue
        if min(image.size) >= SMALLEST_PX:
            half = (image.width // 2, image.height // 2)
            squares += _squares(image.resize(half, Image.Resampling.BOX))
    return np.stack(squares)


def _squares(image: Image.Image) -> list[NDArray[np.uint8]]:
    tones = np.asarray(image)
    rows, columns = (range(0, length - SIDE_PX + 1, SIDE_PX) for length in tones.shape)
    return [tones[y : y + SIDE_PX, x : x + SIDE_PX] for y in rows for x in columns]


def learnt(recipe: Recipe, pictures: NDArray[np.uint8], steps: int) -> Any:
    """The averaged net after `steps` steps on these pictures."""
    schedule = replace(recipe.schedule, steps=steps)
    run = Run(recipe, schedule, "cpu")
    for index in range(steps):
        random = np.random.default_rng([schedule.seed, index])
        pools = {recipe.pools[0].name: pictures}
        run.advance(recipe.batch(pools, random, size=schedule.batch, progress=index / steps))
    return run.mean.eval()


def score_db(net: Any, folder: Path, count: int) -> float:
    """Mean PSNR of luma at x4 over a set."""
    scores = []
    for whole in pictures_of(folder, count):
        image = Image.fromarray(whole)
        size = (image.width // 4, image.height // 4)
        small = np.asarray(image.resize(size, Image.Resampling.BICUBIC))
        tones = ((luma(small) - 16) / 219).astype(np.float32)[None, None]
        with torch.no_grad():
            large = net(*tensors((tones,), "cpu"))[0, 0].clamp(0, 1).numpy()
        scores.append(psnr_db(16 + 219 * large, luma(whole), border_px=4))
    return fmean(scores)


def tables(quick: bool) -> list[Table]:
    """Drawn, real, and the gap, by set."""
    title = "photograph control: x4 `fast`, the same steps on drawn and on real pictures"
    if not (DATA / "superres/kodak").is_dir():
        return [missing(title, "the photographs and the benchmark pictures")]
    torch.set_num_threads(1)
    recipe, steps = load_recipe("upscale-x4"), QUICK_STEPS if quick else STEPS
    real = photographs()
    drawn = recipe.pools[0].ready()
    drawn = drawn[: max(1, real.size // drawn[0].size)]
    rows, scores = [], []
    for name, pictures in (("drawn", drawn), ("real", real)):
        net = learnt(recipe, pictures, steps)
        row = [score_db(net, DATA / "superres" / folder, n) for folder, n in SETS.values()]
        scores.append(row)
        rows.append((f"{name}, {len(pictures)} pictures", *(f"{score:.2f}" for score in row)))
    gaps = [one - other for one, other in zip(*scores, strict=True)]
    rows.append(("drawn above real", *(f"{gap:+.2f}" for gap in gaps)))
    megapixels = [pictures.size / 1e6 for pictures in (drawn, real)]
    notes = (f"{steps} steps; {megapixels[0]:.0f} megapixels drawn, {megapixels[1]:.0f} real",)
    return [Table(title, ("PSNR of luma in dB", *SETS), tuple(rows), notes=notes)]


if __name__ == "__main__":
    sys.exit(show(__doc__, tables))
