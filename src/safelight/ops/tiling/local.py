"""The local range of a plane: what keeps a net from ringing, and flat areas flat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from safelight.ops.tiling.net import Planes

# A patch is flat if its samples, so far around one, are within so many steps of 8 bit; and it is
# near if it lies at most so far away.
FLAT_RADIUS, FLAT_STEPS, NEAR = 1, 1.5, 3


@dataclass(frozen=True, slots=True)
class Range:
    """How far an answer may leave the samples around it.

    radius is how many source samples away these may be. slack is how much of the distance between
    the least and the greatest of them the answer may go beyond; tight is used in its place where a
    flat patch is near, as around drawn text and lines, because there a net rings.
    """

    radius: int
    slack: float
    tight: float

    @property
    def margin(self) -> int:
        """Samples that a bound depends on, on each side."""
        return max(self.radius, FLAT_RADIUS + NEAR)

    def bounds(self, planes: Planes, peak: int) -> tuple[Planes, Planes]:
        """The least and the greatest value that each sample may get, within 0..peak.

        What lies outside the planes counts for nothing. Where all samples around are the same,
        both are exactly that.
        """
        import numpy as np

        low = _spread(planes, self.radius, np.minimum)
        high = _spread(planes, self.radius, np.maximum)
        room = high - low
        if self.tight != self.slack:
            flat = _spread(planes, FLAT_RADIUS, np.maximum)
            flat = flat - _spread(planes, FLAT_RADIUS, np.minimum)
            is_near = _spread(flat, NEAR, np.minimum) <= FLAT_STEPS * peak / 255
            room *= np.where(is_near, np.float32(self.tight), np.float32(self.slack))
        else:
            room *= np.float32(self.slack)
        low -= room
        high += room
        return low.clip(0, peak), high.clip(0, peak)


def _spread(planes: Planes, radius: int, pick: Callable[..., Planes]) -> Planes:
    """The pick over a square window, in steps that double how far it sees."""
    import numpy as np

    for axis in (1, 2):
        sides = [(0, 0)] * 3
        sides[axis] = (radius, radius)
        planes = np.pad(planes, sides, mode="edge").swapaxes(axis, 2)
        seen, wanted = 1, 2 * radius + 1
        while seen < wanted:
            step = min(seen, wanted - seen)
            planes = pick(planes[..., :-step], planes[..., step:])
            seen += step
        planes = planes.swapaxes(axis, 2)
    return planes


def cut(planes: Planes, bounds: tuple[Planes, Planes], scale: int) -> None:
    """Cut enlarged planes to the bounds of the pixel that each sample lies in, in place."""
    import numpy as np

    low, high = bounds
    count, rows, columns = low.shape
    view = planes.reshape(count, rows, scale, columns * scale)
    wide = (low, high) if scale == 1 else (low.repeat(scale, 2), high.repeat(scale, 2))
    np.maximum(view, wide[0][:, :, None], out=view)
    np.minimum(view, wide[1][:, :, None], out=view)
