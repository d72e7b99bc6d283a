"""Labels: which of what was seen is asked for."""

from __future__ import annotations

from collections.abc import Sequence

from safelight.annotation import Annotation
from safelight.ops.looking.skeletons import SURE

# How many labels may be asked for at once.
LABELS = 64
# What stands for every label.
ANY = "any"
# What a score may lose on its way through the wall, where it has 32 bits.
ROUNDED = 1e-6


def is_asked(sight: Annotation, labels: Sequence[str], least: float) -> bool:
    """Whether its label is one of these, in capitals or not, or none is named; and it is sure
    enough.
    """
    word = sight.label.casefold()
    is_named = not labels or any(label.casefold() in (word, ANY) for label in labels)
    return is_named and sight.score >= least - ROUNDED


def around(sight: Annotation) -> tuple[float, float, float, float]:
    """Left, top, width and height of all that was seen of it: its box and its surer points."""
    left, top, width, height = sight.box or (0, 0, 0, 0)
    sure = [point for point in sight.points if point.score >= SURE]
    across = [left, left + width, *(point.x for point in sure)]
    down = [top, top + height, *(point.y for point in sure)]
    return min(across), min(down), max(across) - min(across), max(down) - min(down)
