"""Logistic regression over vectors: the fit that is best for a strength, by L-BFGS of our own."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Sloped = Callable[[Array], tuple[float, Array]]

# Steps of L-BFGS, and how many of them it remembers.
STEPS, REMEMBERED = 100, 10
# A slope of this length is as good as none; a step that gains less is not taken further.
FLAT, ENOUGH = 3e-5, 1e-4
HALVINGS = 30
# What no logarithm goes below.
TINY = 1e-12
# An axis along which vectors have less of their power than this has none of them.
LOST = 1e-9


@dataclass(frozen=True)
class Rule:
    """Tags from a vector: logits = vector x matrix + offsets, [dimensions, tags] and [tags]."""

    matrix: Array
    offsets: Array

    def logits(self, vectors: Array) -> Array:
        """[pictures, tags] for [pictures, dimensions]."""
        return np.asarray(vectors @ self.matrix + self.offsets, np.float64)

    def scaled(self, scale: float) -> Rule:
        """The same with every logit this many times as large."""
        return Rule(self.matrix * scale, self.offsets * scale)


@dataclass(frozen=True)
class Scale:
    """Vectors about their middle, so large that their mean square is 1 whatever made them."""

    middle: Array
    factor: float

    @classmethod
    def of(cls, vectors: Array) -> Scale:
        """As these vectors are spread."""
        middle = vectors.mean(axis=0)
        spread = float(np.sqrt(np.square(vectors - middle).sum(axis=1).mean()))
        return cls(middle, 1 / max(spread, TINY))

    def to(self, vectors: Array) -> Array:
        """The vectors, spread so."""
        return np.asarray((vectors - self.middle) * self.factor, np.float64)

    def back(self, rule: Rule) -> Rule:
        """A rule for vectors as they were, from one for spread vectors."""
        matrix = rule.matrix * self.factor
        return Rule(matrix, rule.offsets - self.middle @ matrix)


@dataclass(frozen=True)
class Turn:
    """Vectors turned so that they spread along their axes, those along which they do alone."""

    axes: Array

    @classmethod
    def of(cls, vectors: Array) -> Turn:
        """As these vectors are spread about their middle, and their middle itself."""
        powers, axes = np.linalg.eigh(vectors.T @ vectors)
        return cls(axes[:, powers > LOST * max(float(powers[-1]), TINY)])

    def to(self, vectors: Array) -> Array:
        """The vectors by these axes."""
        return np.asarray(vectors @ self.axes, np.float64)

    def back(self, rule: Rule) -> Rule:
        """A rule for vectors as they were, from one for turned vectors."""
        return Rule(self.axes @ rule.matrix, rule.offsets)


def probabilities(logits: Array, *, is_exclusive: bool) -> Array:
    """Shares that are 1 together for each picture, or each tag by itself."""
    if not is_exclusive:
        return np.asarray(0.5 * (1 + np.tanh(logits / 2)), np.float64)
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float64)


def losses(logits: Array, wanted: Array, *, is_exclusive: bool) -> Array:
    """For each picture how surprising its tags are, in nats; of tags by themselves, the mean."""
    if is_exclusive:
        most = logits.max(axis=1)
        total = most + np.log(np.exp(logits - most[:, None]).sum(axis=1))
        return np.asarray(total - (logits * wanted).sum(axis=1), np.float64)
    each = np.logaddexp(0, logits) - wanted * logits
    return np.asarray(each.mean(axis=1), np.float64)


def fitted(
    vectors: Array, wanted: Array, strength: float, *, is_exclusive: bool, start: Rule | None = None
) -> Rule:
    """The rule that explains wanted [pictures, tags] of 0 and 1 best, kept small by strength.

    vectors are spread as Scale does, and soonest done where their axes are those of Turn; start is
    where the search begins.
    """
    size, tags = vectors.shape[1], wanted.shape[1]
    # Tags by themselves are each fitted as if there were no other.
    times = 1 if is_exclusive else tags
    # About as much as the slope bends along each axis: in such steps all are alike.
    bends = np.sqrt(np.square(vectors).mean(axis=0) / 4 + strength)[:, None]

    def sloped(point: Array) -> tuple[float, Array]:
        matrix, offsets = point[:-tags].reshape(size, tags) / bends, point[-tags:]
        logits = vectors @ matrix + offsets
        loss = times * float(losses(logits, wanted, is_exclusive=is_exclusive).mean())
        away = (probabilities(logits, is_exclusive=is_exclusive) - wanted) / len(vectors)
        slope = (vectors.T @ away + strength * matrix) / bends
        value = loss + strength / 2 * float(np.square(matrix).sum())
        return value, np.concatenate((slope.ravel(), away.sum(axis=0)))

    first = start or Rule(np.zeros((size, tags)), np.zeros(tags))
    point = lowest(sloped, np.concatenate(((first.matrix * bends).ravel(), first.offsets)))
    return Rule(point[:-tags].reshape(size, tags) / bends, point[-tags:])


def lowest(sloped: Sloped, start: Array) -> Array:
    """Where a convex function is least; sloped gives its value and its slope at a point."""
    point = start
    value, slope = sloped(point)
    seen: deque[tuple[Array, Array]] = deque(maxlen=REMEMBERED)
    for _ in range(STEPS):
        if float(np.abs(slope).max()) < FLAT:
            break
        way = -_turned(slope, seen)
        descent = float(way @ slope)
        length = 1.0 if seen else min(1.0, 1 / float(np.abs(slope).sum()))
        for _ in range(HALVINGS):
            there = point + length * way
            reached, further = sloped(there)
            if reached <= value + ENOUGH * length * descent:
                break
            length /= 2
        else:
            break
        moved, bent = there - point, further - slope
        if float(moved @ bent) > TINY:
            seen.append((moved, bent))
        point, value, slope = there, reached, further
    return point


def _turned(slope: Array, seen: deque[tuple[Array, Array]]) -> Array:
    """The slope times what is known of the inverse of the curvature."""
    way, shares = slope.copy(), []
    for moved, bent in reversed(seen):
        share = float(moved @ way) / float(moved @ bent)
        way -= share * bent
        shares.append(share)
    if seen:
        moved, bent = seen[-1]
        way *= float(moved @ bent) / float(bent @ bent)
    for (moved, bent), share in zip(seen, reversed(shares), strict=True):
        way += (share - float(bent @ way) / float(moved @ bent)) * moved
    return way
