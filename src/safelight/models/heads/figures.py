"""Figures: how right a rule is on pictures that it was not fitted to, in plain numbers."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from safelight.models.heads.folds import Places, different
from safelight.models.heads.logistic import TINY, Array

# Different pictures of a tag below which its own figures say little.
ENOUGH = 20
# So sure a tag by itself must be to be given.
GIVEN = 0.5
BINS = 10
# 95 of 100 such intervals hold the true share.
WIDTH = 1.96


@dataclass(frozen=True, slots=True)
class Answered:
    """Shares [pictures, tags] of held-out pictures: by rules fitted to all others, and to half."""

    shares: Array
    half: Array


@dataclass(frozen=True, slots=True)
class TagFigures:
    """One tag: its pictures, how many of them differ, how many of those that it was given to have
    it, and how many of those that have it were given it; None where there are none.
    """

    tag: str
    pictures: int
    different: int
    precision: float | None
    recall: float | None

    @property
    def is_few(self) -> bool:
        """Whether more pictures are needed before these figures mean much."""
        return self.different < ENOUGH


@dataclass(frozen=True, slots=True)
class Figures:
    """Of held-out pictures. accuracy: all tags of a picture right; least and most: what it may
    really be; guessing: always giving what is most frequent; half: with half as many pictures.
    log_loss in nats a picture (of tags by themselves, a tag of a picture), and that of guessing by
    frequency. calibration_error: how far the shares are from how often they are right, 0..1.
    """

    pictures: int
    different: int
    accuracy: float
    least: float
    most: float
    guessing: float
    half: float
    log_loss: float
    guessing_loss: float
    calibration_error: float
    tags: tuple[TagFigures, ...]


def figures_of(
    answered: Answered, wanted: Array, tags: Sequence[str], same: Places, *, is_exclusive: bool
) -> Figures:
    """What held-out answers show. same: for each picture the first that is nearly the same."""
    given = _given(answered.shares, is_exclusive)
    right = (given == wanted).all(axis=1)
    apart = len(set(same.tolist()))
    accuracy = float(right.mean())
    least, most = interval(accuracy, apart)
    sets = Counter(row.tobytes() for row in wanted.astype(np.uint8))
    frequency = wanted.mean(axis=0)
    return Figures(
        pictures=len(wanted),
        different=apart,
        accuracy=accuracy,
        least=least,
        most=most,
        guessing=max(sets.values()) / len(wanted),
        half=float((_given(answered.half, is_exclusive) == wanted).all(axis=1).mean()),
        log_loss=_loss(answered.shares, wanted, is_exclusive),
        guessing_loss=_loss(np.tile(frequency, (len(wanted), 1)), wanted, is_exclusive),
        calibration_error=_calibration(answered.shares, wanted, right, is_exclusive),
        tags=tuple(
            TagFigures(
                tag,
                int(wanted[:, place].sum()),
                differ,
                _share(wanted[:, place], given[:, place]),
                _share(given[:, place], wanted[:, place]),
            )
            for place, (tag, differ) in enumerate(zip(tags, different(same, wanted), strict=True))
        ),
    )


def interval(share: float, count: int) -> tuple[float, float]:
    """Where the true share lies, of so many looked at, 95 times in 100 (Wilson)."""
    wide = WIDTH**2 / count
    middle = (share + wide / 2) / (1 + wide)
    reach = WIDTH * math.sqrt(share * (1 - share) / count + wide / (4 * count)) / (1 + wide)
    return max(0.0, min(share, middle - reach)), min(1.0, max(share, middle + reach))


def _given(shares: Array, is_exclusive: bool) -> Array:
    """The tags that a picture is given, as 0 and 1."""
    if is_exclusive:
        return np.asarray(np.eye(shares.shape[1])[shares.argmax(axis=1)], np.float64)
    return (shares >= GIVEN).astype(np.float64)


def _share(of: Array, among: Array) -> float | None:
    """How many of those marked among are marked in the other; None where none is marked."""
    count = float(among.sum())
    return float((of * among).sum()) / count if count else None


def _loss(shares: Array, wanted: Array, is_exclusive: bool) -> float:
    there = np.log(np.maximum(shares, TINY)) * wanted
    if is_exclusive:
        return float(-there.sum(axis=1).mean())
    away = np.log(np.maximum(1 - shares, TINY)) * (1 - wanted)
    return float(-(there + away).mean())


def _calibration(shares: Array, wanted: Array, right: Array, is_exclusive: bool) -> float:
    """The mean distance of shares from how often they are right, over bins of as many each."""
    said = shares.max(axis=1) if is_exclusive else shares.ravel()
    true = right.astype(np.float64) if is_exclusive else wanted.ravel()
    order = np.argsort(said, kind="stable")
    bins = [one for one in np.array_split(order, BINS) if len(one)]
    away = [abs(float(said[one].mean()) - float(true[one].mean())) * len(one) for one in bins]
    return sum(away) / len(said)
