"""One strip through a net, tile by tile: the net's planes, and around them what it does not take.

A net of luma gets luma; what each colour differs from it goes through bicubic. A net of colour
gets the colours, or grey three times, and its answer is averaged back. Transparency goes through
bicubic, which at scale 1 leaves it as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from safelight.ops.tiling.bicubic import REACH, enlarge_across, enlarge_down
from safelight.ops.tiling.local import Range, cut
from safelight.ops.tiling.net import Net
from safelight.ops.tiling.strips import Strip

if TYPE_CHECKING:
    from safelight.ops.tiling.bicubic import Plane
    from safelight.ops.tiling.net import Planes
    from safelight.ops.tiling.strips import Samples

    Box = tuple[int, int, int, int]

# Luma of ITU-R BT.601, which the nets were trained on.
WEIGHTS = (0.299, 0.587, 0.114)
# Input rows that are merged at once, so that they stay in the processor's cache.
ROWS_AT_ONCE = 16


@dataclass(frozen=True)
class Painter:
    """What stays the same for all tiles. peak is the largest sample; bands counts alpha."""

    net: Net
    peak: int
    bands: int
    has_alpha: bool
    range: Range

    @property
    def colours(self) -> int:
        return self.bands - self.has_alpha

    @property
    def margin(self) -> int:
        """Rows and columns that a tile needs on each side."""
        return max(self.net.halo, REACH, self.range.margin)

    def paint(self, strip: Strip, tile: int, done: Callable[[int], None]) -> Samples:
        """The strip at scale, [rows, columns, bands]; done is told each finished tile's width."""
        import numpy as np

        width, scale = strip.window.shape[1], self.net.scale
        shown, others = self._shown(strip), self._others(strip)
        rows = (strip.bottom - strip.top) * scale
        out: Samples = np.empty((rows, width * scale, self.bands), strip.window.dtype)
        for left in range(0, width, tile):
            right = min(left + tile, width)
            box = (strip.top - strip.start, strip.bottom - strip.start, left, right)
            self._merge(
                (self._answer(shown, box), self._bounds(shown, box)),
                enlarge_down(others[:, :, left : right + 2 * REACH], scale),
                out[:, left * scale : right * scale],
            )
            done(right - left)
        return out

    def _shown(self, strip: Strip) -> Planes:
        """What the net is shown of the whole window: luma, or the colours; grey is one plane."""
        import numpy as np

        window = strip.window
        if self.colours == 1 or self.net.colours == 1:
            luma: Planes = window[None, ..., 0].astype(np.float32)
            if self.colours > 1:
                luma *= np.float32(WEIGHTS[0])
                luma += window[..., 1] * np.float32(WEIGHTS[1])
                luma += window[..., 2] * np.float32(WEIGHTS[2])
            return luma
        shown: Planes = np.empty((self.colours, *window.shape[:2]), np.float32)
        for band in range(self.colours):
            shown[band] = window[..., band]
        return shown

    def _others(self, strip: Strip) -> Planes:
        """What goes through bicubic, and half a step more, so that cutting off rounds.

        Each colour less luma where the net takes luma, and alpha; for the strip's rows alone, with
        REACH more on all four sides.
        """
        import numpy as np

        window = strip.window
        rows = np.arange(strip.top - REACH, strip.bottom + REACH) - strip.start
        around = window[rows.clip(0, window.shape[0] - 1)]
        by_luma = self.colours > 1 and self.net.colours == 1
        bands = [*range(self.colours if by_luma else 0), *range(self.colours, self.bands)]
        others: Planes = np.empty((len(bands), len(rows), window.shape[1] + 2 * REACH), np.float32)
        for plane, band in zip(others[:, :, REACH:-REACH], bands, strict=True):
            plane[...] = around[..., band]
            plane += np.float32(0.5)
        if by_luma:
            luma = self._shown(Strip(around, 0, 0, 0))
            others[: self.colours, :, REACH:-REACH] -= luma
        others[:, :, :REACH] = others[:, :, REACH : REACH + 1]
        others[:, :, -REACH:] = others[:, :, -REACH - 1 : -REACH]
        return others

    def _answer(self, shown: Planes, box: Box) -> Planes:
        """The net's answer for the box in 0..peak, one plane for each that it was shown."""
        import numpy as np

        top, bottom, left, right = box
        above, before, s = min(self.net.halo, top), min(self.net.halo, left), self.net.scale
        patch = shown[
            :, top - above : bottom + self.net.halo, left - before : right + self.net.halo
        ]
        answer = self.net.run(
            np.broadcast_to(patch, (self.net.colours, *patch.shape[1:])), self.peak
        )
        down = slice(above * s, (above + bottom - top) * s)
        answer = answer[:, down, before * s : (before + right - left) * s]
        if len(answer) == len(shown):
            return answer
        mean: Planes = answer.mean(axis=0, keepdims=True, dtype=np.float32)
        return mean

    def _bounds(self, shown: Planes, box: Box) -> tuple[Planes, Planes]:
        top, bottom, left, right = box
        more = self.range.margin
        above, before = min(more, top), min(more, left)
        near = shown[:, top - above : bottom + more, left - before : right + more]
        low, high = self.range.bounds(near, self.peak)
        inner = (..., slice(above, above + bottom - top), slice(before, before + right - left))
        return low[inner], high[inner]

    def _merge(
        self, answered: tuple[Planes, tuple[Planes, Planes]], others: Planes, out: Samples
    ) -> None:
        """Cut the answer to its bounds, enlarge the others across, add, round, interleave."""
        import numpy as np

        answer, (low, high) = answered
        scale, step = self.net.scale, ROWS_AT_ONCE * self.net.scale
        buffer: Plane = np.empty((step, answer.shape[2]), np.float32)
        for row in range(0, answer.shape[1], step):
            part = np.ascontiguousarray(answer[:, row : row + step])
            source = slice(row // scale, row // scale + ROWS_AT_ONCE)
            cut(part, (low[:, source], high[:, source]), scale)
            merged = buffer[: part.shape[1]]
            for band in range(self.bands):
                self._band(band, part, others[:, row : row + step], merged)
                np.clip(merged, 0, self.peak, out=merged)
                out[row : row + step, :, band] = merged

    def _band(self, band: int, part: Planes, others: Planes, merged: Plane) -> None:
        """One band of some rows, and half a step more, into merged."""
        import numpy as np

        if band == self.colours:
            enlarge_across(others[-1], self.net.scale, merged)
        elif len(part) == self.colours:
            np.add(part[band], np.float32(0.5), out=merged)
        else:
            enlarge_across(others[band], self.net.scale, merged)
            merged += part[0]
