"""Training: a rule for tags, and how right it is on pictures that it was not fitted to.

Every figure is of held-out pictures: each part of the folds is judged by a rule that was fitted to
the other parts alone, with a strength and a calibration that were chosen without it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from safelight.errors import UsageError
from safelight.models.heads.figures import Answered, Figures, figures_of
from safelight.models.heads.folds import FOLDS, Places, alike, different, parted
from safelight.models.heads.logistic import Array, Rule, Scale, Turn, fitted, losses, probabilities

# From strong to weak: each fit starts where the one before ended.
STRENGTHS = (1.0, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001, 0.0003, 0.0001)
# Different pictures of a tag below which nothing can be held out.
LEAST = 3
# Logits may become so many times as large or small by calibration.
MOST_SCALE = 16.0
# So many weaker strengths in a row may be worse before no more are tried.
PATIENCE = 2
THIRDS = 24

Told = Callable[[float], None]


@dataclass(frozen=True)
class Trained:
    """A rule for vectors of length 1 that gives calibrated logits, and what it showed."""

    rule: Rule
    is_exclusive: bool
    figures: Figures


def trained(vectors: Array, wanted: Array, tags: Sequence[str], told: Told) -> Trained:
    """Fit tags [pictures, tags] of 0 and 1 to vectors of length 1; told hears the share done.

    Tags exclude each other where each picture has exactly one. Raises UsageError for too few
    pictures, or for too few that differ.
    """
    same = alike(vectors)
    each = different(same, wanted)
    _require_enough(tags, each)
    is_exclusive = len(tags) > 1 and bool((wanted.sum(axis=1) == 1).all())
    parts = parted(same, wanted, min(FOLDS, *each))
    turn = Turn.of(vectors)
    held = HeldOut(Lesson(turn.to(vectors), wanted, is_exclusive), same, parts)
    answered = held.judged(told)
    figures = figures_of(answered, wanted, tags, same, is_exclusive=is_exclusive)
    rule = turn.back(held.lesson.rule(held.place)).scaled(held.scale)
    return Trained(rule, is_exclusive, figures)


@dataclass(frozen=True)
class Lesson:
    """Vectors, and the tags of each as 0 and 1."""

    vectors: Array
    wanted: Array
    is_exclusive: bool

    def of(self, chosen: NDArray[np.bool_]) -> Lesson:
        """These pictures alone."""
        return Lesson(self.vectors[chosen], self.wanted[chosen], self.is_exclusive)

    def rules(self) -> Iterator[Rule]:
        """The rule of each strength, from strong to weak."""
        scale, rule = Scale.of(self.vectors), None
        vectors = scale.to(self.vectors)
        for strength in STRENGTHS:
            rule = fitted(
                vectors, self.wanted, strength, is_exclusive=self.is_exclusive, start=rule
            )
            yield scale.back(rule)

    def rule(self, place: int) -> Rule:
        """That of the strength at this place."""
        return next(islice(self.rules(), place, None))

    def loss(self, logits: Array, scale: float = 1.0) -> float:
        """How surprising the tags are for such logits, a picture."""
        return float(losses(logits * scale, self.wanted, is_exclusive=self.is_exclusive).mean())


class HeldOut:
    """Judges pictures by rules that were fitted without them."""

    def __init__(self, lesson: Lesson, same: Places, parts: Places) -> None:
        self.lesson, self._same, self._parts = lesson, same, parts
        self.place, self.scale = 0, 1.0

    def judged(self, told: Told) -> Answered:
        """The calibrated shares of every picture; finds the place of the strength, and the scale,
        that are best for all of them.
        """
        lesson, every = self.lesson, np.ones(len(self._parts), np.bool_)
        logits = self._logits(told)
        shares, half = np.zeros((2, *lesson.wanted.shape))
        for rest in self._rests:
            place, scale = self._best(logits, rest)
            fewer = lesson.of(rest & self._half(rest)).rule(place)
            less = fewer.logits(lesson.vectors[~rest])
            for into, given in ((shares, logits[place][~rest]), (half, less)):
                into[~rest] = probabilities(given * scale, is_exclusive=lesson.is_exclusive)
        self.place, self.scale = self._best(logits, every)
        return Answered(shares, half)

    @property
    def _rests(self) -> list[NDArray[np.bool_]]:
        """For each part the pictures of all others."""
        return [self._parts != part for part in range(int(self._parts.max()) + 1)]

    def _logits(self, told: Told) -> list[Array]:
        """Those of every picture by rules without it, by strength, as far as weaker ones help."""
        lesson, found, worse = self.lesson, list[Array](), 0
        paths = [(rest, lesson.of(rest).rules()) for rest in self._rests]
        least = math.inf
        while len(found) < len(STRENGTHS) and worse < PATIENCE:
            logits = np.zeros(lesson.wanted.shape)
            for rest, rules in paths:
                logits[~rest] = next(rules).logits(lesson.vectors[~rest])
            found.append(logits)
            loss = lesson.loss(logits)
            worse, least = (0, loss) if loss < least else (worse + 1, least)
            told(len(found) / len(STRENGTHS))
        return found

    def _best(self, logits: Sequence[Array], chosen: NDArray[np.bool_]) -> tuple[int, float]:
        """The place of the strength, and the scale, that are best for these held-out pictures."""
        lesson = self.lesson.of(chosen)
        each = [lesson.loss(given[chosen]) for given in logits]
        place = each.index(min(each))
        return place, calibration(lesson, logits[place][chosen])

    def _half(self, rest: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Every second of these pictures, by their tags; what is nearly the same stays together."""
        order = np.lexsort((self._same, *self.lesson.wanted.T))
        groups = list(dict.fromkeys(self._same[order][rest[order]].tolist()))
        return np.isin(self._same, groups[::2])


def calibration(lesson: Lesson, logits: Array) -> float:
    """How many times as large logits must be for shares that are as right as they say."""
    low, high = -math.log(MOST_SCALE), math.log(MOST_SCALE)
    for _ in range(THIRDS):
        near, far = low + (high - low) / 3, high - (high - low) / 3
        if lesson.loss(logits, math.exp(near)) < lesson.loss(logits, math.exp(far)):
            high = far
        else:
            low = near
    return math.exp((low + high) / 2)


def _require_enough(tags: Sequence[str], each: Sequence[int]) -> None:
    """Raises UsageError where nothing could be held out."""
    few = [tag for tag, count in zip(tags, each, strict=True) if count < LEAST]
    if few:
        raise UsageError(
            f"too few pictures that differ for {', '.join(few[:5])}: each tag needs {LEAST},"
            " copies and frames of one burst count once",
            hint="add pictures, or leave the tag away",
        )
