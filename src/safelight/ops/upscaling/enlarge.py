"""One strip through the net, tile by tile: luma by the net, colour and transparency by bicubic."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from safelight.ops.upscaling.bicubic import REACH, Plane, enlarge_across, enlarge_down
from safelight.ops.upscaling.strips import Samples, Strip

# Luma of ITU-R BT.601, which the nets were trained on.
WEIGHTS = np.array([0.299, 0.587, 0.114], np.float32)
# Rows that are merged at once, so that they stay in the processor's cache.
ROWS_AT_ONCE = 64


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
        """The strip at scale, [rows, columns, bands]; done is told the columns of each finished tile."""
        width = strip.window.shape[1]
        rows = (strip.bottom - strip.top) * self.scale
        out: Samples = np.empty((rows, width * self.scale, self.bands), strip.window.dtype)
        for left in range(0, width, tile):
            right = min(left + tile, width)
            part = out[:, left * self.scale : right * self.scale]
            self._tile(strip, left, right, part)
            done(right - left)
        return out

    def _tile(self, strip: Strip, left: int, right: int, out: Samples) -> None:
        top, bottom = strip.top - strip.start, strip.bottom - strip.start
        luma = self._luma(strip.window, (top, bottom, left, right))
        others = self._others(strip.window, (top, bottom, left, right))
        for row in range(0, luma.shape[0], ROWS_AT_ONCE):
            rows = slice(row, row + ROWS_AT_ONCE)
            self._merge(luma[rows], others[:, rows], out[rows])

    def _luma(self, window: Samples, box: tuple[int, int, int, int]) -> Plane:
        """The net's answer for the box, 0..peak and half a step more, so that cutting off rounds."""
        top, bottom, left, right = box
        above, before = min(self.halo, top), min(self.halo, left)
        patch = window[top - above : bottom + self.halo, left - before : right + self.halo]
        facts, given = self.session.model.input, self.session.model.output
        low, high = facts.range
        value = _luma_of(patch) * np.float32((high - low) / self.peak / facts.std[0])
        value += np.float32((low - facts.mean[0]) / facts.std[0])
        is_rows_first = facts.layout == "NCHW"
        answer = self.session.run(value[None, None] if is_rows_first else value[None, :, :, None])
        plane = answer[0, 0] if is_rows_first else answer[0, :, :, 0]
        s = self.scale
        plane = plane[
            above * s : (above + bottom - top) * s, before * s : (before + right - left) * s
        ]
        low, high = given.range
        luma: Plane = plane * np.float32(self.peak / (high - low))
        luma += np.float32(0.5 - low * self.peak / (high - low))
        return luma

    def _others(self, window: Samples, box: tuple[int, int, int, int]) -> Plane:
        """What goes through bicubic, enlarged downwards: each colour less luma, and alpha."""
        top, bottom, left, right = box
        rows = np.clip(np.arange(top - REACH, bottom + REACH), 0, window.shape[0] - 1)
        columns = np.clip(np.arange(left - REACH, right + REACH), 0, window.shape[1] - 1)
        patch = window[rows[:, None], columns[None, :]]
        planes = np.moveaxis(patch, 2, 0).astype(np.float32)
        colours = self.bands - self.has_alpha
        if colours > 1:
            planes[:colours] -= _luma_of(patch)
        else:
            planes = planes[1:]
        if self.has_alpha:
            planes[-1] += np.float32(0.5)
        return enlarge_down(planes, self.scale)

    def _merge(self, luma: Plane, others: Plane, out: Samples) -> None:
        colours = self.bands - self.has_alpha
        if colours == 1:
            out[..., 0] = np.clip(luma, 0, self.peak)
        buffer = np.empty(luma.shape, np.float32)
        for index in range(others.shape[0]):
            band = index if colours > 1 else index + 1
            enlarge_across(others[index], self.scale, buffer)
            if band < colours:
                buffer += luma
            np.clip(buffer, 0, self.peak, out=buffer)
            out[..., band] = buffer


def _luma_of(patch: Samples) -> Plane:
    """Luma of [rows, columns, bands] in the samples' own range."""
    if patch.shape[2] < 3:
        return patch[..., 0].astype(np.float32)
    red, green, blue = (patch[..., band].astype(np.float32) for band in range(3))
    luma: Plane = red * WEIGHTS[0] + green * WEIGHTS[1] + blue * WEIGHTS[2]
    return luma
