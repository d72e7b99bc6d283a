"""The cutter beyond the seven sets: drawn scenes never trained on, an alpha, frames, time."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from statistics import fmean
from time import thread_time

import cv2
import numpy as np

from bench.cutout_plain import Cover, Method, Picture
from bench.cutout_score import overlap
from bench.cutout_sets import SIDE_PX, Shot, read
from bench.tables import Goal, Table
from lab.compose import composite
from lab.cutting_out import held_out
from lab.recipes.cutout import recipe
from safelight.ops.cutting.surface import tensor

DRAWN, SEED = 120, 77
ROUNDS = 300


def drawn_shots() -> list[Shot]:
    """Drawn product shots of objects and grounds held out of training; none where not drawn."""
    if not all(pool.path.exists() for pool in recipe.pools):
        return []
    pools = held_out({pool.name: np.load(pool.path, mmap_mode="r") for pool in recipe.pools})
    random = np.random.default_rng(SEED)
    pairs = [composite(pools, random, SIDE_PX) for _ in range(DRAWN)]
    scaled = [(picture, cover.astype(np.float32) / np.float32(255)) for picture, cover in pairs]
    return [Shot("drawn", picture, truth) for picture, truth in scaled if truth.mean() > 0.01]


def fit(picture: Picture) -> Picture:
    """Stretched to the net's side."""
    found: Picture = cv2.resize(picture, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA)
    return found


def _mask(file: Path) -> Cover:
    """The alpha of a picture, or its grey, at the net's side in 0..1."""
    found = read(file, cv2.IMREAD_UNCHANGED)
    plane = found[..., 3 if found.shape[2] == 4 else 0] if found.ndim == 3 else found
    return fit(plane).astype(np.float32) / np.float32(255)


def other_table(methods: Mapping[str, Method], data: Path) -> Table:
    """The lemur's real alpha on grey, the frames as they are, and agreement with other tools."""
    folder = data / "bgremoval"
    alpha = _mask(folder / "pymatting/lemur_alpha.png")
    body = fit(read(folder / "pymatting/lemur.png")).astype(np.float32)
    grey = (body * alpha[..., None] + 190 * (1 - alpha[..., None])).astype(np.uint8)
    frames, tools = [], []
    for file in sorted((folder / "davis/images").glob("*.jpg"))[::3]:
        frames.append((fit(read(file)), _mask(folder / "davis/masks" / f"{file.stem}.png")))
    for mark in ("u2net", "out"):
        for file in sorted(folder.glob(f"*/*.{mark}.png")):
            plain = next(f for f in file.parent.glob(f"{file.name.split('.')[0]}.*") if f != file)
            tools.append((fit(read(plain)), _mask(file)))
    rows = []
    for name, method in methods.items():
        gap = float(np.abs(method(grey) - alpha).mean())
        pairs = [fmean(overlap(method(p), t) for p, t in found) for found in (frames, tools)]
        rows.append((name, f"{gap:.3f}", *(f"{value:.3f}" for value in pairs)))
    head = ("method", "lemur, mean difference", "frames as they are", "agreement with other tools")
    return Table(
        "Beyond plain grounds",
        head,
        tuple(rows),
        notes=(
            "Agreement is with what u2net and rembg gave for the same pictures; it is not truth.",
        ),
    )


def speed_table(method: Method, picture: Picture) -> Table:
    """Milliseconds of one picture on one thread, as processor time: the fitted ground, the net.

    The least of many rounds: what other jobs on the machine add is no part of either.
    """
    fitted, whole = [], []
    for _ in range(ROUNDS):
        began = thread_time()
        tensor(picture)
        fitted.append((thread_time() - began) * 1000)
        method(picture)
        whole.append((thread_time() - began) * 1000 - fitted[-1])
    ground, both = min(fitted), min(whole)
    goal = Goal("net, one thread", both - ground, 25, "ms", digits=1)
    return Table(
        "Time at 320 px",
        ("ground ms", "net ms"),
        ((f"{ground:.1f}", f"{both - ground:.1f}"),),
        notes=(
            f"Processor time, the least of {ROUNDS} rounds: other jobs on the machine add little.",
        ),
        goals=(goal,),
    )
