"""Parts: what is small in a large picture is looked for in overlapping parts of it too."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from safelight.annotation import Annotation
from safelight.models.contract import ModelInput, ModelOutput
from safelight.models.tensors import Part
from safelight.operation import Sample

# A picture is looked at in so many parts at most: those of a larger one are larger.
MOST = 48
# So much of a part's side is that of the next too.
SHARED = 0.25
# A box that ends so near an inner edge, in displayed pixels, may be half of a thing.
EDGE = 2
# Half of a thing is dropped where so much of it lies in another box.
HELD = 0.3

Box = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Found:
    """What was seen in a part, and whether an inner edge of it may have cut the thing."""

    note: Annotation
    is_cut: bool


def parts_of(facts: ModelInput, sample: Sample) -> list[Part]:
    """The parts to look at beside the whole; none where the picture is not so large."""
    side = facts.reach * float(min(facts.side, facts.rows))
    if not side or max(sample.width, sample.height) <= side:
        return []
    while _count(sample.width, side) * _count(sample.height, side) > MOST:
        side *= 1.1
    width, height = min(side, sample.width), min(side, sample.height)
    return [
        Part(left, top, width, height)
        for top in _starts(sample.height, side)
        for left in _starts(sample.width, side)
    ]


def _count(length: int, side: float) -> int:
    """How many parts lie in a row."""
    return 1 + max(0, math.ceil((length - side) / (side * (1 - SHARED))))


def _starts(length: int, side: float) -> list[float]:
    """Where they start: equally far from each other."""
    count = _count(length, side)
    return [place * (length - side) / max(count - 1, 1) for place in range(count)]


def found_in(part: Part, notes: Sequence[Annotation], sample: Sample) -> Iterator[Found]:
    """What was seen in this part."""
    right, bottom = part.left + part.width, part.top + part.height
    for note in notes:
        if note.box is not None:
            left, top, width, height = note.box
            ends = (
                (left - part.left, part.left > 0),
                (top - part.top, part.top > 0),
                (right - left - width, right < sample.width),
                (bottom - top - height, bottom < sample.height),
            )
            yield Found(note, any(is_inner and near <= EDGE for near, is_inner in ends))


def merged(every: Sequence[Found], output: ModelOutput) -> tuple[Annotation, ...]:
    """Each thing once, the surest first; halves only of what was seen nowhere as a whole."""
    kept: list[Annotation] = []
    for one in sorted(every, key=lambda found: (found.is_cut, -found.note.score)):
        alike = (other for other in kept if other.label == one.note.label)
        if not any(_is_same(one, other, output.overlap) for other in alike):
            kept.append(one.note)
    return tuple(sorted(kept, key=lambda note: -note.score)[: output.most])


def _is_same(one: Found, other: Annotation, overlap: float) -> bool:
    if one.note.box is None or other.box is None:
        return False
    both, own = _shared(one.note.box, other.box), _area(one.note.box)
    is_half = one.is_cut and both > HELD * own
    return is_half or both > overlap * (own + _area(other.box) - both)


def _shared(one: Box, other: Box) -> int:
    across = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    down = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    return max(across, 0) * max(down, 0)


def _area(box: Box) -> int:
    return box[2] * box[3]
