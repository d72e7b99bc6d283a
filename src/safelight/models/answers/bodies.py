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
CORNERS = ((0, 0), (1, 0), (0, 1), (1, 1))


def body(spots: Values, scores: Values, output: ModelOutput, view: View) -> Annotation | None:
    """One body of points [n, 2] as x, y in shares of the tensor's sides, with a score each.

    The box holds the points that are sure enough and lie in the picture; None where fewer than two
    do. The score is the mean of theirs.
    """
    import numpy as np

    places = view.places(np.clip(spots, -FAR, FAR))
    sure = np.clip(scores.astype(np.float64), 0, 1)
    points = tuple(
        Keypoint(name, float(x), float(y), float(score))
        for name, (x, y), score in zip(output.points, places, sure, strict=False)
    )
    width, height = view.picture
    held = [
        point
        for point in points
        if point.score >= output.least and 0 <= point.x < width and 0 <= point.y < height
    ]
    if len(held) < 2:
        return None
    inside = np.array([(point.x, point.y) for point in held])
    box = box_within(np.concatenate((inside, np.floor(inside) + 1)), view)
    score = sum(point.score for point in held) / len(held)
    return None if box is None else Annotation("pose", word(output, 0), score, box, points)


def covered(one: Annotation, shares: Values, view: View) -> Annotation:
    """The body with the mask of what it covers, and a box that holds that too.

    shares are those of [rows, columns] over the whole tensor, from 0 to 1.
    """
    import numpy as np

    cells = np.argwhere(shares > HALF)[:, ::-1]
    if one.box is None or not len(cells):
        return one
    left, top, width, height = one.box
    size = (shares.shape[1], shares.shape[0])
    ends = [view.places((cells + corner) / size) for corner in CORNERS]
    held = [((left, top), (left + width, top + height)), *ends]
    box = box_within(np.concatenate(held), view)
    return one if box is None else replace(one, box=box, mask=_bits(shares, box, view))


def _bits(shares: Values, box: tuple[int, int, int, int], view: View) -> bytes:
    """The shares in the box as a mask: each cell is that of its middle."""
    import numpy as np

    left, top, width, height = box
    down, across = np.mgrid[:MASK_SIDE, :MASK_SIDE].reshape(2, -1)
    middles = (np.stack((across, down), axis=1) + 0.5) / MASK_SIDE * (width, height) + (left, top)
    size = np.array((shares.shape[1], shares.shape[0]))
    cells = np.floor(view.shares(middles) * size).astype(int)
    is_held = ((cells >= 0) & (cells < size)).all(axis=1)
    across, down = np.clip(cells, 0, size - 1).T
    return np.packbits((shares[down, across] > HALF) & is_held).tobytes()
