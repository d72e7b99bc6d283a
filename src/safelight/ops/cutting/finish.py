"""The full picture, row by row: cut, edge colours cleaned, on a ground or on none."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import repeat
from typing import TYPE_CHECKING, Any

from safelight.errors import TimeExceeded
from safelight.operation import Context
from safelight.ops.cutting.cut import Cut, Rows, cut_rows
from safelight.ops.cutting.grounds import about_the_ground

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from safelight.ops.cutting.source import Source

    Samples = NDArray[Any]

PIXELS_AT_ONCE = 1 << 18


@dataclass(frozen=True)
class Finisher:
    """How a picture is finished. ground: 8-bit red, green, blue; what gives a lazy picture, from
    its top again each time; or None.
    """

    source: Source
    cut: Cut
    ctx: Context
    is_mask: bool = False
    ground: tuple[int, ...] | Callable[[], Any] | None = None

    @property
    def colours(self) -> int:
        """Colour bands of the source."""
        return int(self.source.small.bands) - self.source.has_alpha

    def rows(self) -> Iterator[memoryview]:
        """The finished rows, some at a time. Raises TimeExceeded after the deadline."""
        grounds = self._grounds()
        for samples, rows in self._cut():
            yield self._finished(samples, rows, next(grounds)).data.cast("B")

    def bounds(self) -> tuple[int, int, int, int] | None:
        """left, top, width, height of all that is not transparent; None if everything is."""
        import numpy as np

        by_row, by_strip = [], []
        for _, rows in self._cut():
            shown = rows.alpha >= 0.5 / 255
            by_row.append(shown.any(axis=1))
            by_strip.append(shown.any(axis=0))
        down = np.flatnonzero(np.concatenate(by_row))
        across = np.flatnonzero(np.stack(by_strip).any(axis=0))
        if not len(down):
            return None
        left, top = int(across[0]), int(down[0])
        return left, top, int(across[-1]) + 1 - left, int(down[-1]) + 1 - top

    def _cut(self) -> Iterator[tuple[Samples, Rows]]:
        from safelight.ops.tiling.strips import strips

        picture = self.source.fresh()
        height = picture.height
        for strip in strips(picture, _rows_at_once(picture), 0):
            if time.monotonic() > self.ctx.deadline:
                raise TimeExceeded
            samples = strip.window
            seen = self._seen(samples)
            rows = cut_rows(self.cut, seen, strip.top, height=height, peak=self.source.peak)
            self.ctx.progress(strip.bottom / height)
            yield samples, self._with_own(samples, rows)

    def _seen(self, samples: Samples) -> Samples:
        """The colours that the cut was prepared for: on a grey, where the picture lets through."""
        import numpy as np

        colours = samples[..., : self.colours]
        if not self.source.has_alpha:
            return colours
        peak = np.float32(self.source.peak)
        own = samples[..., self.colours, None] / peak
        under = np.float32(self.source.under / 255) * peak
        seen: Samples = under + (colours - under) * own
        return seen

    def _with_own(self, samples: Samples, rows: Rows) -> Rows:
        """What the picture let through before it still lets through."""
        import numpy as np

        if not self.source.has_alpha:
            return rows
        own = samples[..., self.colours] / np.float32(self.source.peak)
        is_whole = own >= 1
        kept = is_whole[rows.edge]
        return Rows(np.minimum(rows.alpha, own), rows.edge & is_whole, rows.colours[kept])

    def _grounds(self) -> Iterator[Samples]:
        """What lies under the strips, in their order: one colour, or the colours of their rows."""
        import numpy as np

        from safelight.ops.tiling.strips import strips

        if self.ground is None or isinstance(self.ground, tuple):
            colour = np.array(self.ground or (0,), np.float32)
            yield from repeat(colour * np.float32(self.source.peak / 255))
            return
        with about_the_ground():
            picture = self.ground()
            for strip in strips(picture, _rows_at_once(picture), 0):
                yield strip.window.astype(np.float32)

    def _finished(self, samples: Samples, rows: Rows, ground: Samples) -> Samples:
        import numpy as np

        peak = np.float32(self.source.peak)
        if self.is_mask:
            mask: Samples = np.rint(rows.alpha * 255).astype(np.uint8)
            return mask
        bands = self.colours
        picture = samples[..., :bands].copy()
        clean = rows.colours[:, :bands] * peak
        picture[rows.edge] = np.rint(clean)
        if self.ground is None:
            alpha = np.rint(rows.alpha * peak).astype(samples.dtype)
            # What was cut away must not be there any more for who looks under the transparency.
            picture[alpha == 0] = 0
            return np.concatenate([picture, alpha[..., None]], 2)
        under = rows.alpha < 1
        ground = np.broadcast_to(ground, picture.shape)[under]
        share = rows.alpha[under][:, None]
        picture[under] = np.rint(ground + (picture[under] - ground) * share)
        return picture


def _rows_at_once(picture: Any) -> int:
    return max(1, PIXELS_AT_ONCE // int(picture.width))


def finished(finisher: Finisher) -> tuple[Any, Any]:
    """The lazy picture, and what tells the trouble that its rows had."""
    from safelight.ops.tiling.rows import Shape, lazy_picture

    small = finisher.source.small
    is_deep = finisher.source.peak > 255 and not finisher.is_mask
    has_alpha = finisher.ground is None and not finisher.is_mask
    bands = 1 if finisher.is_mask else finisher.colours + has_alpha
    size = finisher.source.fresh()
    shape = Shape(size.width, size.height, bands, 16 if is_deep else 8, has_alpha)
    picture, rows = lazy_picture(shape, finisher.rows())
    interpretation = "b-w" if finisher.is_mask else small.interpretation
    return picture.copy(interpretation=interpretation), rows.trouble
