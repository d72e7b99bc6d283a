"""Folds: pictures in parts of which each is held out once; what is nearly the same stays together.

Copies and frames of one burst in two parts would let a rule be asked about pictures that it knows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from safelight.models.heads.logistic import Array

FOLDS = 5
# Two vectors are of nearly the same picture where their product is larger, and they are nearer to
# each other than this share of how far vectors lie from their middle (both as squares): there are
# models whose vectors all point nearly one way. Of 99 photographs and the model that comes along,
# the 13 nearest pairs, copies and frames of bursts, lie below 0.06, all others above 0.26.
SAME, NEAR = 0.98, 0.1
# Rows that are compared with all at once.
BLOCK = 512

Places = NDArray[np.int64]


def alike(vectors: Array) -> Places:
    """For each picture the first that is nearly the same, or nearly the same as one that is.

    vectors are of length 1.
    """
    spread = float(np.square(vectors - vectors.mean(axis=0)).sum(axis=1).mean())
    least = max(SAME, 1 - NEAR * spread / 2)
    first = np.arange(len(vectors))
    for start in range(0, len(vectors), BLOCK):
        near = vectors[start : start + BLOCK] @ vectors.T > least
        for row, others in enumerate(near):
            others[start + row] = True
            known = np.unique(first[others])
            if len(known) > 1:
                first[np.isin(first, known)] = known[0]
    return first


def different(same: Places, wanted: Array) -> list[int]:
    """For each tag how many pictures of it are not nearly the same as another of it."""
    return [len(set(same[column > 0].tolist())) for column in wanted.T]


def parted(same: Places, wanted: Array, count: int) -> Places:
    """The part, from 0, that each picture is held out with: each tag is spread over all parts as
    evenly as what is the same allows.
    """
    members: dict[int, list[int]] = {}
    for place, first in enumerate(same.tolist()):
        members.setdefault(first, []).append(place)
    frequent = Counter(_tags(wanted, list(range(len(wanted)))))
    held: list[Counter[int]] = [Counter() for _ in range(count)]
    sizes = [0] * count
    parts = np.zeros(len(same), np.int64)
    # Large groups and rare tags first: what is left fills the gaps.
    for group in sorted(members.values(), key=lambda group: _order(wanted, group, frequent)):
        tags = Counter(_tags(wanted, group))
        rarest = min(tags, key=lambda tag: (frequent[tag], tag))
        part = min(range(count), key=lambda one: (held[one][rarest], sizes[one], one))
        parts[group] = part
        held[part].update(tags)
        sizes[part] += len(group)
    return parts


def _order(wanted: Array, group: Sequence[int], frequent: Counter[int]) -> tuple[int, int, int]:
    return -len(group), min(frequent[tag] for tag in _tags(wanted, group)), group[0]


def _tags(wanted: Array, group: Sequence[int]) -> list[int]:
    """The tags of these pictures, with their number for a picture that has none."""
    rows, none = wanted[list(group)], wanted.shape[1]
    found = [int(tag) for tag in np.nonzero(rows)[1]]
    return found + [none] * int((rows.sum(axis=1) == 0).sum())
