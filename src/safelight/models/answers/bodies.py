"""Bodies: the points of one body become what was seen."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from safelight.annotation import MASK_SIDE, Annotation, Keypoint
from safelight.models.answers.boxes import FAR, box_within, word
from safelight.models.contract import ModelOutput
from safelight.models.tensors import View

if TYPE_CHECKING:
    from safelight.models.answers.shapes import Values

# What belongs to the body by more than this is covered by it.
HALF = 0.5


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
        if point.score >= output.least and 0 <= point.x < width and 0 <= point.y < height
    ]
    if len(held) < 2:
        return None
    columns, rows = [point.x for point in held], [point.y for point in held]
    box = box_within((min(columns), min(rows), max(columns) // 1 + 1, max(rows) // 1 + 1), view)
    score = sum(point.score for point in held) / len(held)
    return None if box is None else Annotation("pose", word(output, 0), score, box, points)


def covered(one: Annotation, shares: Values, view: View) -> Annotation:
    """The body with the mask of what it covers, and a box that holds that too.

    shares are those of [rows, columns] over the whole tensor, from 0 to 1.
    """
    import numpy as np

    rows, columns = shares.shape
    down, across = np.nonzero(shares > HALF)
    if one.box is None or not len(down):
        return one
    left, top, width, height = one.box
    box = box_within(
        (
            min(float(view.x(across.min() / columns)), left),
            min(float(view.y(down.min() / rows)), top),
            max(float(view.x((across.max() + 1) / columns)), left + width),
            max(float(view.y((down.max() + 1) / rows)), top + height),
        ),
        view,
    )
    return one if box is None else replace(one, box=box, mask=_bits(shares, box, view))


def _bits(shares: Values, box: tuple[int, int, int, int], view: View) -> bytes:
    """The shares in the box as a mask: each cell is that of its middle."""
    import numpy as np

    left, top, width, height = box
    middles = (np.arange(MASK_SIDE) + 0.5) / MASK_SIDE
    rows, columns = shares.shape
    across = np.floor((left + middles * width - view.left) / view.width * columns).astype(int)
    down = np.floor((top + middles * height - view.top) / view.height * rows).astype(int)
    held = np.outer((down >= 0) & (down < rows), (across >= 0) & (across < columns))
    cells = shares[np.ix_(np.clip(down, 0, rows - 1), np.clip(across, 0, columns - 1))]
    return np.packbits((cells > HALF) & held).tobytes()
