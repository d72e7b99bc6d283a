"""Skeletons: which named points of a body or a face belong together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from safelight.annotation import Keypoint

# Below this a point is a guess.
SURE = 0.3
_SIDES = ("left", "right")
# Of each side of a body; a name without a side is looked for as it is.
_LIMBS = (
    ("shoulder", "elbow"),
    ("elbow", "wrist"),
    ("hip", "knee"),
    ("knee", "ankle"),
    ("ankle", "heel"),
    ("heel", "foot index"),
    ("ankle", "foot index"),
    ("wrist", "pinky"),
    ("wrist", "index"),
    ("wrist", "thumb"),
    ("pinky", "index"),
    ("shoulder", "hip"),
    ("ear", "eye"),
    ("ear", "eye outer"),
    ("eye outer", "eye"),
    ("eye", "eye inner"),
    ("eye inner", "nose"),
    ("eye", "nose"),
)
_ACROSS = (
    ("left shoulder", "right shoulder"),
    ("left hip", "right hip"),
    ("mouth left", "mouth right"),
)
# Where a model has the finer point, the coarser line would cross it.
_FINER = {("ear", "eye"): "eye outer", ("eye", "nose"): "eye inner"}


def bones(points: Sequence[Keypoint]) -> Iterator[tuple[Keypoint, Keypoint]]:
    """Each pair of points that a line joins, both of them sure enough."""
    known = {point.name: point for point in points if point.score >= SURE}
    names = {point.name for point in points}
    for side in _SIDES:
        for near, far in _LIMBS:
            finer = _FINER.get((near, far))
            if finer is not None and f"{side} {finer}" in names:
                continue
            yield from _joined(known, _named(side, near), _named(side, far))
    for near, far in _ACROSS:
        yield from _joined(known, near, far)


def _named(side: str, joint: str) -> str:
    return joint if joint == "nose" else f"{side} {joint}"


def _joined(known: dict[str, Keypoint], near: str, far: str) -> Iterator[tuple[Keypoint, Keypoint]]:
    if near in known and far in known:
        yield known[near], known[far]
