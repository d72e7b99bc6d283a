"""How well pictures that belong together are found, beside a perceptual hash and a histogram.

    python -m bench.embed              print the tables
    python -m bench.embed --check      also exit 1 where the model is no better than plain methods

Every method gives a unit vector; likeness is the product of two. Needs the labelled photos, which
the project does not ship. Nothing is learnt from them; the labels only grade.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter_ns

import numpy as np
from numpy.typing import NDArray
from PIL import Image

os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import onnxruntime

from bench.likeness import EDITS, Describe, Photo, Vectors, photos, plain_methods, unit
from bench.tables import Goal, Spread, Table, missing, show

ROOT = Path(__file__).resolve().parents[1]
MODEL = ROOT / "src/safelight/models/builtin/embed.onnx"
DATA = ROOT.parent / "shared/data"
SPLITS, SHOTS, CLASSES = 50, 5, 10
NEAR, SAFE = 4, 0.95


def net(file: Path) -> Describe:
    """A model that takes a stretched RGB picture in 0..1 and gives a vector; one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    taken = session.get_inputs()[0]
    side = int(taken.shape[-1])

    def describe(picture: Image.Image) -> Vectors:
        small = picture.resize((side, side), Image.Resampling.BICUBIC)
        planes = np.asarray(small, np.float32).transpose(2, 0, 1)[None] / np.float32(255)
        return unit(np.asarray(session.run(None, {taken.name: planes})[0], np.float32).ravel())

    return describe


def safe_recall(likeness: NDArray[np.floating], is_mate: NDArray[np.bool_]) -> float:
    """Share of the true pairs found at the best threshold that is right 95 times of 100."""
    order = np.argsort(-likeness, kind="stable")
    right = np.cumsum(is_mate[order])
    is_safe = right / np.arange(1, order.size + 1) >= SAFE
    return float(right[is_safe].max(initial=0) / max(1, is_mate.sum()))


def grouped(vectors: Vectors, groups: list[str]) -> tuple[float, float, float]:
    """Share of pictures whose nearest is of their group; of mates among the nearest four; of pairs
    found where 95 of 100 found are right.
    """
    likeness = vectors @ vectors.T
    np.fill_diagonal(likeness, -2)
    same = np.array([[a == b and a != "" for b in groups] for a in groups])
    np.fill_diagonal(same, val=False)
    asked = np.flatnonzero(same.any(axis=1))
    near = np.argsort(-likeness[asked], axis=1, kind="stable")
    hits = np.take_along_axis(same[asked], near, axis=1)
    wanted = np.minimum(same[asked].sum(axis=1), NEAR)
    above = np.triu_indices(len(groups), 1)
    return (
        float(hits[:, 0].mean()),
        float((hits[:, :NEAR].sum(axis=1) / wanted).mean()),
        safe_recall(likeness[above], same[above]),
    )


def few_shot(vectors: Vectors, labels: list[str]) -> tuple[float, float]:
    """Accuracy and the standard error of its mean: 50 seeded splits, five pictures of each class
    known; the better rule of nearest class mean and nearest picture.
    """
    names = sorted(set(labels))
    numbers = np.array([names.index(label) for label in labels])
    rules: tuple[list[float], list[float]] = ([], [])
    for split in range(SPLITS):
        random = np.random.default_rng([5, split])
        known = np.concatenate(
            [random.permutation(np.flatnonzero(numbers == one))[:SHOTS] for one in range(CLASSES)]
        )
        asked = np.setdiff1d(np.arange(numbers.size), known)
        likeness = (vectors[asked] @ vectors[known].T).reshape(asked.size, CLASSES, SHOTS)
        means = vectors[known].reshape(CLASSES, SHOTS, -1).mean(axis=1)
        means /= np.linalg.norm(means, axis=1, keepdims=True)
        for scores, rule in zip(
            (vectors[asked] @ means.T, likeness.max(axis=2)), rules, strict=True
        ):
            rule.append(float((scores.argmax(axis=1) == numbers[asked]).mean()))
    best = max(rules, key=lambda rule: float(np.mean(rule)))
    return float(np.mean(best)), float(np.std(best) / np.sqrt(SPLITS))


def copies(describe: Describe, known: list[Photo], vectors: Vectors) -> dict[str, float]:
    """Share of edited copies whose nearest photo, of all, is the original; by edit."""
    scores = {}
    asked = [at for at, photo in enumerate(known) if not photo.is_thumbnail]
    for order, (name, edit) in enumerate(EDITS.items()):
        hits = []
        for at in asked:
            random = np.random.default_rng([7, order, at])
            likeness = vectors @ describe(edit(known[at].picture, random))
            hits.append(int(likeness.argmax()) == at)
        scores[name] = float(np.mean(hits))
    return scores


@dataclass(frozen=True)
class Scores:
    """What one method reached; shares from 0 to 1."""

    groups: tuple[float, float, float]
    clips: tuple[float, float, float]
    copies: dict[str, float]
    few_shot: tuple[float, float]

    @property
    def mean_copy(self) -> float:
        """Over all kinds of edit."""
        return float(np.mean(list(self.copies.values())))


def score(describe: Describe, library: list[Photo], clips: list[Photo]) -> Scores:
    """One method on everything; `clips` are photos that are known only in the second test."""
    first = np.stack([describe(photo.picture) for photo in library])
    more = np.stack([first[0] * 0, *(describe(photo.picture) for photo in clips)])[1:]
    groups = [photo.group for photo in library]
    thumbnails = [at for at, photo in enumerate(library) if photo.is_thumbnail]
    return Scores(
        grouped(first, groups),
        grouped(np.concatenate([first, more]), [*groups, *(photo.group for photo in clips)]),
        copies(describe, library, first),
        few_shot(first[thumbnails], [library[at].label for at in thumbnails]),
    )


def _row(name: str, scores: Scores) -> tuple[str, ...]:
    accuracy, error = scores.few_shot
    figures = (*scores.groups, *scores.clips, scores.mean_copy)
    return (name, *(f"{100 * one:.0f} %" for one in figures), f"{accuracy:.3f} ± {error:.3f}")


def _goals(ours: Scores, plain: dict[str, Scores]) -> tuple[Goal, ...]:
    """Better than the best plain method in each column, whichever that is."""
    best = {
        "mates of the group among the nearest 4": (ours.groups[1], lambda s: s.groups[1]),
        "pairs of a group where 95 of 100 are right": (ours.groups[2], lambda s: s.groups[2]),
        "nearest to an edited copy is its original": (ours.mean_copy, lambda s: s.mean_copy),
        "accuracy from five pictures of a class": (ours.few_shot[0], lambda s: s.few_shot[0]),
    }
    return tuple(
        Goal(what, mine, max(map(of, plain.values())), is_floor=True, digits=3)
        for what, (mine, of) in best.items()
    )


def _speed(describe: Describe, library: list[Photo], *, rounds: int) -> Spread:
    times = []
    for photo in library[:rounds]:
        began = perf_counter_ns()
        describe(photo.picture)
        times.append((perf_counter_ns() - began) / 1e6)
    return Spread.of(times)


def tables(quick: bool) -> list[Table]:
    """Quality beside plain methods, each kind of edit, and the time of one picture."""
    title = "Pictures that belong together"
    if not DATA.exists():
        return [missing(title, "the labelled photos, which the project does not ship")]
    library = photos(DATA, under=("photos/",))
    clips = photos(DATA, under=("bgremoval/davis/",))
    methods = plain_methods() | ({"embed": net(MODEL)} if MODEL.exists() else {})
    scores = {name: score(describe, library, clips) for name, describe in methods.items()}
    plain = {name: one for name, one in scores.items() if name != "embed"}
    kept = {name: scores[name] for name in ("hash + histogram, 1:3", "embed") if name in scores}
    head = ("method", "nearest", "mates in 4", "at 95 %", "nearest, clips", "mates in 4", "at 95 %")
    return [
        Table(
            title,
            (*head, "copies", "5-shot"),
            tuple(_row(name, one) for name, one in scores.items()),
            (
                f"{len(library)} photos, {len(clips)} frames of clips more in the second test;"
                " at 95 %: pairs found where 95 of 100 are right; 5-shot: 10 classes, 32 px.",
            ),
            _goals(scores["embed"], plain) if "embed" in scores else (),
        ),
        Table(
            "Edited copies whose nearest photo is the original",
            ("edit", *kept),
            tuple(
                (edit, *(f"{100 * one.copies[edit]:.0f} %" for one in kept.values()))
                for edit in EDITS
            ),
        ),
        Table(
            "Time of one picture of 480 px, one thread, in ms",
            ("method", "median and quarters"),
            tuple(
                (name, _speed(methods[name], library, rounds=20 if quick else 100).shown(2))
                for name in methods
            ),
        ),
    ]


if __name__ == "__main__":
    sys.exit(show(__doc__, tables))
