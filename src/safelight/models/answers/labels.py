"""Labels: a score for each word.

Tensors: one, of as many values as there are words, whatever its shape.
"""

from __future__ import annotations

from safelight.annotation import Annotation, Seen
from safelight.models.answers.boxes import word
from safelight.models.answers.shapes import Answers, activated, at_least, required
from safelight.models.contract import MAX_LABELS, ModelOutput
from safelight.models.tensors import View


def read(answers: Answers, output: ModelOutput, _view: View) -> Seen:
    """The words that are sure enough, the surest first; numbers where the entry has no words."""
    import numpy as np

    values = at_least(answers, 1)[0].reshape(-1)
    required(0 < len(values) <= MAX_LABELS)
    required(len(output.labels) in (0, len(values)), "number of labels")
    scores = np.clip(activated(values, output), 0, 1)
    order = np.argsort(-scores, kind="stable")[: output.most]
    return Seen(
        tuple(
            Annotation("label", word(output, int(place)), float(scores[place]))
            for place in order
            if scores[place] >= output.least
        )
    )
