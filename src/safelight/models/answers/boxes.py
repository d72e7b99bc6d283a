"""Boxes: candidates of any detector become what was seen. The one suppression of overlaps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from safelight.annotation import Annotation, Keypoint, Seen
from safelight.models.contract import ModelOutput
from safelight.models.tensors import View

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from safelight.models.answers.shapes import Values

    Places = NDArray[np.intp]

# So many of the surest candidates are compared with each other.
MOST_CANDIDATES = 4_000
# A coordinate beyond so many sides of the tensor is none.
FAR = 8.0


@dataclass(frozen=True)
class Candidates:
    """Boxes [n, 4] as left, top, right, bottom, points [n, points, 2] as x, y: all in shares of the
    tensor's width and height. scores [n] from 0 to 1, classes [n] (places of labels). extents, as
    boxes, are what is told in their place: the boxes then only say what is the same thing.
    """

    boxes: Values
    scores: Values
    classes: Places | None = None
    points: Values | None = None
    extents: Values | None = None


def seen(found: Candidates, output: ModelOutput, view: View) -> Seen:
    """What is sure enough, the surest first, of those that share too much the surest alone.

    Boxes are cut to the picture; what lies outside it was not seen.
    """
    import numpy as np

    sure = np.flatnonzero((found.scores >= max(output.least, 1e-6)) & _is_finite(found))
    sure = sure[np.argsort(-found.scores[sure], kind="stable")][:MOST_CANDIDATES]
    classes = np.zeros(len(sure), np.intp) if found.classes is None else found.classes[sure]
    near = np.clip(found.boxes[sure], -FAR, FAR)
    alone = sure[_apart(near, classes, output)]
    things = (_annotation(found, int(place), output, view) for place in alone)
    return Seen(tuple(thing for thing in things if thing is not None))


def _is_finite(found: Candidates) -> Any:
    """Which candidates lie somewhere: a wild answer may have none of its numbers left."""
    import numpy as np

    places = [
        one.reshape(len(found.scores), -1)
        for one in (found.boxes, found.points, found.extents)
        if one is not None
    ]
    return np.isfinite(np.concatenate(places, axis=1)).all(axis=1)


def _apart(boxes: Values, classes: Places, output: ModelOutput) -> list[int]:
    """Places of boxes, the surest first, of which no two of one class share too much."""
    import numpy as np

    areas = np.prod(np.maximum(boxes[:, 2:] - boxes[:, :2], 0), axis=1)
    is_left = np.ones(len(boxes), bool)
    kept: list[int] = []
    for place in range(len(boxes)):
        if not is_left[place]:
            continue
        kept.append(place)
        if len(kept) == output.most:
            break
        least = np.maximum(boxes[:, :2], boxes[place, :2])
        most = np.minimum(boxes[:, 2:], boxes[place, 2:])
        shared = np.prod(np.maximum(most - least, 0), axis=1)
        union = np.maximum(areas + areas[place] - shared, 1e-12)
        is_left &= ~((shared / union > output.overlap) & (classes == classes[place]))
    return kept


def _annotation(
    found: Candidates, place: int, output: ModelOutput, view: View
) -> Annotation | None:
    import numpy as np

    told = found.boxes if found.extents is None else found.extents
    corners = np.clip(told[place], -FAR, FAR)
    if corners[2] <= corners[0] or corners[3] <= corners[1]:
        return None
    box = box_within(view.places(corners[[[0, 1], [2, 1], [0, 3], [2, 3]]]), view)
    if box is None:
        return None
    kind = 0 if found.classes is None else int(found.classes[place])
    points = () if found.points is None else _points(found.points[place], output, view)
    score = min(float(found.scores[place]), 1.0)
    return Annotation("box", word(output, kind), score, box, points)


def box_within(places: Any, view: View) -> tuple[int, int, int, int] | None:
    """The box of whole pixels that holds these places [n, 2] in displayed pixels, cut to the
    picture; None where nothing is left.
    """
    import numpy as np

    width, height = view.picture
    (left, top), (right, bottom) = np.floor(places.min(axis=0)), np.ceil(places.max(axis=0))
    left, top = max(int(left), 0), max(int(top), 0)
    right, bottom = min(int(right), width), min(int(bottom), height)
    if right <= left or bottom <= top:
        return None
    return left, top, right - left, bottom - top


def word(output: ModelOutput, place: int) -> str:
    """The label at this place; its number where the entry has no words."""
    return output.labels[place] if place < len(output.labels) else str(place)


def _points(points: Values, output: ModelOutput, view: View) -> tuple[Keypoint, ...]:
    import numpy as np

    places = view.places(np.clip(points, -FAR, FAR))
    return tuple(
        Keypoint(name, float(x), float(y))
        for name, (x, y) in zip(output.points, places, strict=False)
    )
