"""Mask: how much each pixel belongs to the subject.

Tensors: one, of [rows, columns] in the entry's layout, the subject in the entry's channel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from safelight.annotation import Seen
from safelight.models.answers.shapes import Answers, activated, at_least, required
from safelight.models.contract import ModelOutput
from safelight.models.tensors import View

if TYPE_CHECKING:
    from safelight.models.answers.shapes import Values

# A mask has at most so many cells on each side.
MOST_CELLS = 8_192


def read(answers: Answers, output: ModelOutput, view: View) -> Seen:
    """The mask of the picture from 0 to 1, its padding cut away."""
    import numpy as np

    planes = planes_of(at_least(answers, 1)[0], output)
    required(output.channel < len(planes))
    plane = activated(planes, output, axis=0)[output.channel]
    low, high = output.range
    if output.scaling == "minmax":
        low, high = float(plane.min()), float(plane.max())
    scaled = (plane - low) / max(high - low, 1e-6)
    return Seen(mask=of_picture(np.nan_to_num(np.clip(scaled, 0, 1, dtype=np.float32)), view))


def planes_of(answer: Values, output: ModelOutput) -> Values:
    """An answer as [channels, rows, columns]. Raises ModelFaulty where it is no such thing."""
    import numpy as np

    if output.layout and answer.ndim == 4:
        required(len(answer) == 1)
        planes: Values = answer[0]
        if output.layout == "NHWC":
            planes = np.ascontiguousarray(answer[0].transpose(2, 0, 1))
    else:
        required(answer.ndim >= 2 and answer.size == answer.shape[-1] * answer.shape[-2])
        planes = answer.reshape(-1, *answer.shape[-2:])
    required(planes.size and max(planes.shape[1:]) <= MOST_CELLS)
    return planes


def of_picture(plane: Values, view: View) -> Values:
    """The cells of a plane that show the picture; where it shows a part alone, all else is 0."""
    import numpy as np

    rows, columns = plane.shape
    width, height = view.picture
    part = view.part
    left, right = _cells(-part.left, width - part.left, columns / part.width)
    top, bottom = _cells(-part.top, height - part.top, rows / part.height)
    shown = plane[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)]
    above, before = max(-top, 0), max(-left, 0)
    below, behind = max(bottom - rows, 0), max(right - columns, 0)
    required(max(above + below, before + behind) <= MOST_CELLS)
    return np.pad(shown, ((above, below), (before, behind)))


def _cells(first: float, last: float, per_pixel: float) -> tuple[int, int]:
    """The cells from one displayed pixel to another, at least one."""
    start = round(first * per_pixel)
    return start, max(round(last * per_pixel), start + 1)
