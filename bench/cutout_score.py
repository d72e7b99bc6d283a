"""How a mask is judged: overlap with the truth, difference, and how decided it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.cutout_plain import Cover, Method
from bench.cutout_sets import Shot

NOTHING, EVERYTHING = 0.002, 0.98


@dataclass(frozen=True)
class Score:
    """One picture: overlap with the truth, mean absolute difference, and the mask's confidence."""

    clip: str
    overlap: float
    gap: float
    confidence: float


def overlap(cover: Cover, truth: Cover) -> float:
    """Intersection over union of what is more than half covered."""
    one, other = cover > 0.5, truth > 0.5
    return float((one & other).sum() / max(1, (one | other).sum()))


def confidence(cover: Cover) -> float:
    """How decided a mask is, as the operation has it: 1 where every pixel is in or out."""
    if not NOTHING < float(cover.mean()) < EVERYTHING:
        return 0.0
    return max(0.0, 1 - 4 * float((cover * (1 - cover)).sum()) / float(cover.sum()))


def scores(method: Method, made: list[Shot]) -> list[Score]:
    """Every picture of a set."""
    found = []
    for shot in made:
        cover = method(shot.picture)
        gap = float(np.abs(cover - shot.truth).mean())
        found.append(Score(shot.clip, overlap(cover, shot.truth), gap, confidence(cover)))
    return found
