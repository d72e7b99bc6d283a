"""How well objects are cut out, beside plain methods: seven sets of real objects on set grounds.

    python bench/cutout.py [--quick] [--check] [--markdown]
    python bench/cutout.py --checkpoint          the training run's weights, the seven sets alone

Needs opencv-python-headless and ONNX Runtime (lab/requirements.txt has both), and with --checkpoint
torch. Overlap is intersection over union at coverage 0.5.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import fmean
from time import perf_counter

import cv2
import numpy as np

from bench.cutout_plain import METHODS, Cover, Method, Picture
from bench.cutout_sets import SEVEN, SIDE_PX, Shot, bricks, photos, read, real_things, shots
from bench.tables import Goal, Table, missing, show
from safelight.ops.cutting.surface import tensor

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared/data"
BUILTIN = ROOT / "src/safelight/models/builtin"
NETS = {"net": "cutout.onnx", "net, float32": "cutout-fp32.onnx"}
GOOD, FAILED = 0.9, 0.8
UNSURE = 0.12
"""Doubt above which a picture is sent to a stronger model; see `doubt`."""


@dataclass(frozen=True)
class Score:
    """One picture: overlap with the truth, mean absolute difference, and the mask's own doubt."""

    clip: str
    overlap: float
    gap: float
    doubt: float


def overlap(cover: Cover, truth: Cover) -> float:
    """Intersection over union of what is more than half covered."""
    one, other = cover > 0.5, truth > 0.5
    return float((one & other).sum() / max(1, (one | other).sum()))


def doubt(cover: Cover) -> float:
    """The undecided share of a mask: 0 where every pixel is in or out."""
    return float(np.minimum(cover, 1 - cover).sum() / max(1.0, float(cover.sum())))


def onnx_method(file: Path) -> Method:
    """A net in an ONNX file, on one thread."""
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name

    def method(picture: Picture) -> Cover:
        found: Cover = session.run(None, {name: tensor(picture)[None]})[0][0, 0]
        return found

    return method


def checkpoint_method() -> Method:
    """The averaged weights of the training run as they are now."""
    import torch

    from lab.learn import trained
    from lab.pool import CACHE
    from lab.recipe import load_recipe

    torch.set_num_threads(1)
    net = trained(load_recipe("cutout"), CACHE)

    def method(picture: Picture) -> Cover:
        with torch.no_grad():
            found: Cover = net(torch.from_numpy(tensor(picture))[None])[0, 0].numpy()
        return found

    return method


def scores(method: Method, made: list[Shot]) -> list[Score]:
    """Every picture of a set."""
    found = []
    for shot in made:
        cover = method(shot.picture)
        gap = float(np.abs(cover - shot.truth).mean())
        found.append(Score(shot.clip, overlap(cover, shot.truth), gap, doubt(cover)))
    return found


def seven_sets(*, every: int = 1) -> dict[str, list[Shot]]:
    """The sets by name, each of every so many objects."""
    things, behind = real_things(DATA)[::every], photos(DATA)
    return {
        name: shots(things, kind, behind, seed=seed)
        for seed, (name, kind) in enumerate(SEVEN.items())
    }


Results = Mapping[str, Mapping[str, list[Score]]]
"""By method, by set."""


def quality_table(results: Results) -> Table:
    """Mean overlap of every method on every set, and the goals of the seven."""
    first = next(iter(results.values()))
    rows = []
    for name in first:
        cells = [f"{fmean(s.overlap for s in by_set[name]):.3f}" for by_set in results.values()]
        rows.append((name, str(len(first[name])), *cells))
    means = {method: _mean(by_set) for method, by_set in results.items()}
    rows.append(("mean of the seven", "", *(f"{value:.3f}" for value in means.values())))
    return Table("Overlap (IoU at 0.5), real objects", ("set", "n", *results), tuple(rows))


def _mean(by_set: Mapping[str, list[Score]]) -> float:
    return fmean(fmean(s.overlap for s in by_set[name]) for name in SEVEN)


def share_table(by_set: Mapping[str, list[Score]], plain: float) -> Table:
    """The net alone: how often it is good, how far off, and what was asked of it."""
    rows = []
    for name, found in by_set.items():
        good = fmean(s.overlap > GOOD for s in found)
        worst = min(found, key=lambda s: s.overlap)
        gap = fmean(s.gap for s in found)
        row = (name, f"{good:.0%}", f"{gap:.4f}", f"{worst.overlap:.3f} {worst.clip}")
        rows.append(row)
    sets = {name: fmean(s.overlap for s in by_set[name]) for name in SEVEN}
    goal = partial(Goal, is_floor=True, digits=3)
    often = [fmean(s.overlap > GOOD for s in by_set[name]) for name in list(SEVEN)[:2]]
    goals = (
        goal("mean of the seven sets", _mean(by_set), 0.93),
        goal("lowest of the seven sets", min(sets.values()), 0.90),
        goal("above the best plain method", _mean(by_set) - plain, 0.05),
        goal("share above 0.9 on white and contact shadow", min(often), 0.85),
    )
    head = ("set", "above 0.9", "mean difference", "worst")
    return Table("The net, set by set", head, tuple(rows), goals=goals)


def clip_table(by_set: Mapping[str, list[Score]]) -> Table:
    """Mean over the seven sets by what the object is."""
    every = [score for name in SEVEN for score in by_set[name]]
    clips = sorted({score.clip for score in every})
    rows = [(clip, f"{fmean(s.overlap for s in every if s.clip == clip):.3f}") for clip in clips]
    return Table("By clip, mean of the seven", ("clip", "overlap"), tuple(rows))


def doubt_table(by_set: Mapping[str, list[Score]]) -> Table:
    """Whether the mask's own doubt tells failures from the rest."""
    every = [score for found in by_set.values() for score in found]
    failed = [s for s in every if s.overlap < FAILED]
    caught = fmean(s.doubt > UNSURE for s in failed) if failed else 1.0
    fine = [s for s in every if s.overlap > GOOD]
    alarms = fmean(s.doubt > UNSURE for s in fine) if fine else 0.0
    notes = (
        f"{len(failed)} of {len(every)} pictures below {FAILED}; sent on: {caught:.0%} of them, "
        f"and {alarms:.0%} of those above {GOOD} (doubt above {UNSURE}).",
    )
    return Table(
        "Confidence", (), notes=notes, goals=(Goal("failures sent on", caught, 0.9, is_floor=True),)
    )


def fit(picture: Picture) -> Picture:
    """Stretched to the net's side."""
    found: Picture = cv2.resize(picture, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA)
    return found


def _mask(file: Path) -> Cover:
    """The alpha of a picture, or its grey, at the net's side in 0..1."""
    found = read(file, cv2.IMREAD_UNCHANGED)
    plane = found[..., 3 if found.shape[2] == 4 else 0] if found.ndim == 3 else found
    return fit(plane).astype(np.float32) / np.float32(255)


def other_table(methods: Mapping[str, Method]) -> Table:
    """The lemur's real alpha on grey, the frames as they are, and agreement with other tools."""
    folder = DATA / "bgremoval"
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
    """Milliseconds of one picture on one thread: the fitted ground, and all of it."""
    fitted, whole = [], []
    for _ in range(15):
        began = perf_counter()
        tensor(picture)
        fitted.append((perf_counter() - began) * 1000)
        method(picture)
        whole.append((perf_counter() - began) * 1000 - fitted[-1])
    ground, both = sorted(fitted)[7], sorted(whole)[7]
    goal = Goal("net, one thread", both - ground, 25, "ms", digits=1)
    return Table(
        "Time at 320 px",
        ("ground ms", "net ms"),
        ((f"{ground:.1f}", f"{both - ground:.1f}"),),
        goals=(goal,),
    )


def tables(quick: bool) -> list[Table]:
    """Everything; quick: every third object."""
    title = "Cutting out"
    nets = {name: BUILTIN / file for name, file in NETS.items() if (BUILTIN / file).exists()}
    if not DATA.exists() or not nets:
        return [missing(title, "the frames of shared/data, or the net")]
    methods = {name: onnx_method(file) for name, file in nets.items()} | METHODS
    made = seven_sets(every=3 if quick else 1)
    things = real_things(DATA)[:: 3 if quick else 1]
    made["brick wall"] = shots(things, bricks, photos(DATA), seed=7)
    results = {
        name: {key: scores(method, found) for key, found in made.items()}
        for name, method in methods.items()
    }
    net = results[next(iter(nets))]
    plain = max(_mean(results[name]) for name in METHODS)
    shown = [quality_table(results), share_table(net, plain), clip_table(net), doubt_table(net)]
    chosen = {name: method for name, method in methods.items() if "tolerance" not in name}
    speed = speed_table(methods[next(iter(nets))], made["white"][0].picture)
    return [*shown, other_table(chosen), speed]


def checkpoint_tables(quick: bool) -> list[Table]:
    """The training run as it is now."""
    method = checkpoint_method()
    made = seven_sets(every=3 if quick else 1)
    by_set = {name: scores(method, found) for name, found in made.items()}
    return [quality_table({"checkpoint": by_set}), share_table(by_set, 0.0), clip_table(by_set)]


if __name__ == "__main__":
    if "--checkpoint" in sys.argv:
        sys.argv.remove("--checkpoint")
        sys.exit(show(__doc__, checkpoint_tables))
    sys.exit(show(__doc__, tables))
