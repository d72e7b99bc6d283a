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
from functools import partial
from pathlib import Path
from statistics import fmean

from bench.cutout_more import drawn_shots, other_table, speed_table
from bench.cutout_plain import METHODS, Cover, Method, Picture
from bench.cutout_score import Score, scores
from bench.cutout_sets import SEVEN, Shot, bricks, photos, real_things, shots
from bench.tables import Goal, Table, missing, show
from safelight.image import DOUBTFUL
from safelight.ops.cutting.surface import tensor

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared/data"
BUILTIN = ROOT / "src/safelight/models/builtin"
NETS = {"net": "cutout.onnx", "net, float32": "cutout-fp32.onnx"}
GOOD, FAILED = 0.9, 0.8
FRESH = 100
"""Added to the seeds of the sets for a second drawing, which nobody looked at before."""


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


def seven_sets(*, every: int = 1, seeds_from: int = 0) -> dict[str, list[Shot]]:
    """The sets by name, each of every so many objects."""
    things, behind = real_things(DATA)[::every], photos(DATA)
    return {
        name: shots(things, kind, behind, seed=seed)
        for seed, (name, kind) in enumerate(SEVEN.items(), seeds_from)
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
    """Whether the confidence that the operation gives tells failures from the rest."""
    every = [score for found in by_set.values() for score in found]
    failed = [s for s in every if s.overlap < FAILED]
    caught = fmean(s.confidence < DOUBTFUL for s in failed) if failed else 1.0
    fine = [s for s in every if s.overlap > GOOD]
    alarms = fmean(s.confidence < DOUBTFUL for s in fine) if fine else 0.0
    notes = (
        f"{len(failed)} of {len(every)} pictures below {FAILED}; sent on: {caught:.0%} of them, "
        f"and {alarms:.0%} of those above {GOOD} (confidence below {DOUBTFUL}).",
    )
    return Table(
        "Confidence", (), notes=notes, goals=(Goal("failures sent on", caught, 0.9, is_floor=True),)
    )


def fresh_table(net: Method, plain: Method, *, every: int) -> Table:
    """The seven sets composed again with other random numbers."""
    made = seven_sets(every=every, seeds_from=FRESH)
    rows = []
    for name, found in made.items():
        cells = [fmean(s.overlap for s in scores(method, found)) for method in (net, plain)]
        rows.append((name, *(f"{value:.3f}" for value in cells)))
    head = ("set", "net", "best plain method")
    return Table("The same objects set again, other random numbers", head, tuple(rows))


def tables(quick: bool) -> list[Table]:
    """Everything; quick: every third object."""
    title = "Cutting out"
    nets = {name: BUILTIN / file for name, file in NETS.items() if (BUILTIN / file).exists()}
    if not DATA.exists() or not nets:
        return [missing(title, "the frames of shared/data, or the net")]
    every = 3 if quick else 1
    methods = {name: onnx_method(file) for name, file in nets.items()} | METHODS
    made = seven_sets(every=every)
    made["brick wall"] = shots(real_things(DATA)[::every], bricks, photos(DATA), seed=7)
    if drawn := drawn_shots()[::every]:
        made["drawn, held out"] = drawn
    results: dict[str, dict[str, list[Score]]] = {}
    for name, method in methods.items():
        results[name] = {key: scores(method, found) for key, found in made.items()}
    ours = next(iter(nets))
    best = max(METHODS, key=lambda name: _mean(results[name]))
    net = results[ours]
    shown = [quality_table(results), share_table(net, _mean(results[best])), clip_table(net)]
    shown += [doubt_table(net), fresh_table(methods[ours], METHODS[best], every=every)]
    chosen = {name: method for name, method in methods.items() if "tolerance" not in name}
    speed = speed_table(methods[ours], made["white"][0].picture)
    return [*shown, other_table(chosen, DATA), speed]


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
