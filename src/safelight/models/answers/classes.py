"""Classes: for each pixel the number of what it belongs to.

Tensors: one, of [rows, columns] of class numbers; the entry's channel is the class of the subject.
"""

from __future__ import annotations

import math

from safelight.annotation import Seen
from safelight.models.answers.mask import of_picture, planes_of
from safelight.models.answers.shapes import Answers, at_least, required
from safelight.models.contract import ModelOutput
from safelight.models.tensors import View


def read(answers: Answers, output: ModelOutput, view: View) -> Seen:
    """The mask of the subject's class, 0 or 1."""
    import numpy as np

    planes = planes_of(at_least(answers, 1)[0], output)
    required(len(planes) == 1 and math.isfinite(float(planes.max())))
    return Seen(mask=of_picture((planes[0] == output.channel).astype(np.float32), view))
