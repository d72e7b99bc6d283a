"""How much noise a picture has: the standard deviation, in steps of 8 bit.

Second differences along rows and columns leave noise and little else (J. Immerkaer, Fast noise
variance estimation, 1996). They are taken block by block, and the smooth blocks are believed:
texture only ever adds to what is found.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from safelight.ops.restoring.sample import Patch

    Values = NDArray[np.float32]

BLOCK, STEP = 24, 12
# The standard deviation of the second differences of noise of 1.
GAIN = 6.0
# From the mean of the absolute to the standard deviation, for a normal distribution.
TO_DEVIATION = 1.2533
# The share of blocks, the smoothest first, of which the last is believed; and what that block of a
# picture of nothing but noise shows less than the truth, measured.
BELIEVED, SHORT_OF_TRUTH = 0.15, 0.945
# Samples so near to black or white were cut off there, and their noise with them. Blocks with such
# samples count only where there is no other.
CUT_OFF, FEW, MOST = 1.0, 0.02, 0.5
# Among fewer blocks none may be without an edge, and an edge looks like noise.
LEAST_BLOCKS = 16
LEAST_SIDE = 8


def noise_sigma(patches: Sequence[Patch]) -> float:
    """The noise of one colour, as the mean of all colours; 0 where too little is there to tell."""
    import numpy as np

    found = [
        _smooth_sigma([patch[colour] for patch in patches]) for colour in range(len(patches[0]))
    ]
    return float(np.mean(found))


def _smooth_sigma(planes: Sequence[Values]) -> float:
    import numpy as np

    usable = [plane for plane in planes if min(plane.shape) >= LEAST_SIDE]
    if not usable:
        return 0.0
    levels, lost = (np.concatenate(parts) for parts in zip(*map(_blocks, usable), strict=True))
    for most in (FEW, MOST):
        believed = levels[lost <= most]
        if len(believed) >= max(LEAST_BLOCKS, FEW * len(levels)):
            # Sorted by hand: numpy imports more on the first call of a quantile.
            return float(np.sort(believed)[int(BELIEVED * len(believed))] / SHORT_OF_TRUTH)
    return 0.0


def _blocks(plane: Values) -> tuple[Values, Values]:
    """For each block what it shows as noise, and the share of its samples that were cut off."""
    import numpy as np

    rough = plane[:, :-2] - 2 * plane[:, 1:-1] + plane[:, 2:]
    rough = np.abs(rough[:-2] - 2 * rough[1:-1] + rough[2:])
    inner = plane[1:-1, 1:-1]
    is_cut = (inner <= CUT_OFF) | (inner >= 255 - CUT_OFF)
    levels = _means(rough) * np.float32(TO_DEVIATION / GAIN)
    return levels.ravel(), _means(is_cut.astype(np.float32)).ravel()


def _means(values: Values) -> Values:
    """Means over blocks that overlap by half; one block if the plane is smaller than that."""
    import numpy as np

    rows, columns = min(BLOCK, values.shape[0]), min(BLOCK, values.shape[1])
    total = np.pad(values.astype(np.float64).cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    sums = total[rows:] - total[:-rows]
    sums = sums[:, columns:] - sums[:, :-columns]
    means: Values = (sums[::STEP, ::STEP] / (rows * columns)).astype(np.float32)
    return means
