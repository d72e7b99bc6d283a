"""One strip through the net, tile by tile: luma by the net, colour and transparency by bicubic."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from safelight.ops.upscaling.bicubic import REACH, enlarge_across, enlarge_down

if TYPE_CHECKING:
    from safelight.ops.upscaling.bicubic import Plane
    from safelight.ops.upscaling.strips import Samples, Strip

# Luma of ITU-R BT.601, which the nets were trained on.
WEIGHTS = (0.299, 0.587, 0.114)
# Rows that are merged at once, so that they stay in the processor's cache.
ROWS_AT_ONCE = 128


@dataclass(frozen=True)
class Enlarger:
    """What stays the same for all tiles. peak is the largest sample; bands counts alpha."""

    session: Any
    peak: int
    bands: int
    has_alpha: bool

    @property
    def scale(self) -> int:
        return int(self.session.model.output.scale)

    @property
    def halo(self) -> int:
        return int(self.session.model.input.halo)

    @property
    def margin(self) -> int:
        """Rows and columns that a tile needs on each side."""
        return max(self.halo, REACH)

    def enlarge(self, strip: Strip, tile: int, done: Callable[[int], None]) -> Samples:
        """The strip at scale, [rows, columns, bands]; done is told each finished tile's width."""
        import numpy as np

        width = strip.window.shape[1]
        luma, others = self._planes(strip)
        rows = (strip.bottom - strip.top) * self.scale
        out: Samples = np.empty((rows, width * self.scale, self.bands), strip.window.dtype)
        for left in range(0, width, tile):
            right = min(left + tile, width)
            box = (strip.top - strip.start, strip.bottom - strip.start, left, right)
            self._merge(
                self._by_net(luma, box),
                enlarge_down(others[:, :, left : right + 2 * REACH], self.scale),
                out[:, left * self.scale : right * self.scale],
            )
            done(right - left)
        return out

    def _planes(self, strip: Strip) -> tuple[Plane, Plane]:
        """Luma of the whole window; and what goes through bicubic: each colour less luma, alpha.

        The latter for the strip's rows alone, with REACH more on all four sides.
        """
        import numpy as np

        window, colours = strip.window, self.bands - self.has_alpha
        luma: Plane = window[..., 0].astype(np.float32)
        if colours > 1:
            luma *= np.float32(WEIGHTS[0])
            luma += window[..., 1] * np.float32(WEIGHTS[1])
            luma += window[..., 2] * np.float32(WEIGHTS[2])
        rows = np.arange(strip.top - REACH, strip.bottom + REACH) - strip.start
        around = rows.clip(0, window.shape[0] - 1)
        bands = range(1 if colours == 1 else 0, self.bands)
        size = (len(bands), len(around), window.shape[1] + 2 * REACH)
        others: Plane = np.empty(size, np.float32)
        for plane, band in zip(others[:, :, REACH:-REACH], bands, strict=True):
            plane[...] = window[around, :, band]
            plane += np.float32(0.5) if band == colours else -luma[around]
        others[:, :, :REACH] = others[:, :, REACH : REACH + 1]
        others[:, :, -REACH:] = others[:, :, -REACH - 1 : -REACH]
        return luma, others

    def _by_net(self, luma: Plane, box: tuple[int, int, int, int]) -> Plane:
        """The net's answer for the box, 0..peak, and half a step more: so cutting off rounds."""
        import numpy as np

        top, bottom, left, right = box
        above, before, s = min(self.halo, top), min(self.halo, left), self.scale
        patch = luma[top - above : bottom + self.halo, left - before : right + self.halo]
        facts, given = self.session.model.input, self.session.model.output
        low, high = facts.range
        value = patch * np.float32((high - low) / self.peak / facts.std[0])
        value += np.float32((low - facts.mean[0]) / facts.std[0])
        if facts.layout == "NCHW":
            answer = self.session.run(value[None, None])[0, 0]
        else:
            answer = self.session.run(value[None, :, :, None])[0, :, :, 0]
        down, across = slice(above * s, (above + bottom - top) * s), slice(before * s, None)
        low, high = given.range
        step = self.peak / (high - low)
        plane: Plane = answer[down, across][:, : (right - left) * s] * np.float32(step)
        plane += np.float32(0.5 - low * step)
        return plane

    def _merge(self, luma: Plane, others: Plane, out: Samples) -> None:
        """Enlarge the others across, add luma to the colours, cut to 0..peak, interleave."""
        import numpy as np

        colours = self.bands - self.has_alpha
        first = 1 if colours == 1 else 0
        if first:
            out[..., 0] = luma.clip(0, self.peak)
        buffer = np.empty((ROWS_AT_ONCE, luma.shape[1]), np.float32)
        for row in range(0, luma.shape[0], ROWS_AT_ONCE):
            part = luma[row : row + ROWS_AT_ONCE]
            merged = buffer[: part.shape[0]]
            for band, plane in enumerate(others, first):
                enlarge_across(plane[row : row + ROWS_AT_ONCE], self.scale, merged)
                if band < colours:
                    merged += part
                np.clip(merged, 0, self.peak, out=merged)
                out[row : row + ROWS_AT_ONCE, :, band] = merged
