"""Bodies: the points of one body become what was seen."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from safelight.annotation import Annotation, Keypoint, Seen
from safelight.models.answers.boxes import FAR, box_within, word
from safelight.models.contract import ModelOutput
from safelight.models.tensors import View

if TYPE_CHECKING:
    from safelight.models.answers.shapes import Values


def body(spots: Values, scores: Values, output: ModelOutput, view: View) -> Annotation | None:
    """One body of points [n, 2] as x, y in shares of the tensor's sides, with a score each.

    The box holds the points that are sure enough and lie in the picture; None where fewer than two
    do. The score is the mean of theirs.
    """
    import numpy as np

    near = np.clip(spots.astype(np.float64), -FAR, FAR)
    across, down = view.x(near[:, 0]), view.y(near[:, 1])
    sure = np.clip(scores.astype(np.float64), 0, 1)
    points = tuple(
        Keypoint(name, float(x), float(y), float(score))
        for name, x, y, score in zip(output.points, across, down, sure, strict=False)
    )
    width, height = view.picture
    held = [
        point
        for point in points
        if point.score >= output.least and 0 <= point.x <= width and 0 <= point.y <= height
    ]
    if len(held) < 2:
        return None
    columns, rows = [point.x for point in held], [point.y for point in held]
    box = box_within((min(columns), min(rows), max(columns), max(rows)), view)
    score = sum(point.score for point in held) / len(held)
    return None if box is None else Annotation("pose", word(output, 0), score, box, points)


def alone(one: Annotation | None, *, score: float | None = None) -> Seen:
    """What was seen, of one body at most; with another score where one is given."""
    if one is None:
        return Seen()
    return Seen((one if score is None else replace(one, score=score),))
