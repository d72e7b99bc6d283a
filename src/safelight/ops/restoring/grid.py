"""Whether a picture shows the grid of blocks that JPEG leaves, wherever that grid begins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from safelight.ops.restoring.sample import Patch

    Values = NDArray[np.float32]

SIDE = 8
# For each quality the strongest grid that pictures saved with it showed, measured, best first.
STRONGEST = ((95, 0.3), (88, 1.0), (85, 1.3), (80, 1.55), (70, 1.8), (60, 2.1), (40, 3.5))
WORST = 30
# Larger steps are edges of what is shown, and count as this much.
LARGEST_STEP = 12.0
# With less than this between the lines, the picture is pixel art that was enlarged.
LEAST_BETWEEN = 0.02
# Fewer samples than this along a side tell nothing.
LEAST_SIDE = 48


def blockiness(patches: Sequence[Patch]) -> float:
    """How much larger the steps across the lines of a grid are than elsewhere, as a share.

    The lesser of both directions, each at the phase of the grid that shows most; 0 for none.
    """
    luma = [patch.mean(axis=0) for patch in patches if min(patch.shape[1:]) >= LEAST_SIDE]
    if not luma:
        return 0.0
    return min(_along(luma), _along([plane.T for plane in luma]))


def best_quality(strength: float) -> int:
    """The best quality that a JPEG may have been saved with whose grid is so strong."""
    return next((quality for quality, most in STRONGEST if strength <= most), WORST)


def _along(planes: Sequence[Values]) -> float:
    """The excess of the strongest phase over the next one.

    Of a phase its usual line counts, and no single edge; phases beside it share its step.
    """
    import numpy as np

    strongest, weight = 0.0, 0
    for plane in planes:
        steps = _jumps(plane)
        phases = np.array([_usual(steps[phase::SIDE]) for phase in range(SIDE)])
        best = int(phases.argmax())
        between = np.roll(phases, -best)[2:-1].max()
        if between > LEAST_BETWEEN:
            strongest += (phases[best] / between - 1) * plane.size
        weight += plane.size
    return float(strongest / weight)


def _usual(values: Values) -> float:
    """The median. Sorted by hand: numpy imports more on the first call of its own."""
    import numpy as np

    return float(np.sort(values)[len(values) // 2])


def _jumps(plane: Values) -> Values:
    """For each line between two columns, the mean of how far the step there passes what the steps
    beside it lead to expect.
    """
    import numpy as np

    steps = np.diff(plane, axis=1)
    expected = (steps[:, :-2] + steps[:, 2:]) / 2
    jumps = np.abs(steps[:, 1:-1] - expected)
    found: Values = np.minimum(jumps, LARGEST_STEP).mean(axis=0)
    return found
