"""What the samples of a measured picture stand for, and the window through which it is looked at.

A scanner's numbers (Hounsfield units, counts) become 16-bit grey from the lowest to the highest, so
that none is lost. Formats without units get what a viewer shows: the window's part of that, cut at
both ends.
"""

from __future__ import annotations

import json
from dataclasses import astuple, dataclass
from typing import Any

from safelight.codecs.libvips import libvips

FIELD = "safelight-values"
FULL = 65_535


@dataclass(frozen=True, slots=True)
class Values:
    """What samples 0 and 65535 stand for, and the darkest and brightest value that is shown."""

    low: float
    high: float
    dark: float
    bright: float

    @property
    def step(self) -> float:
        """From one sample to the next, in the scanner's units."""
        return (self.high - self.low) / FULL or 1 / FULL

    @property
    def is_cut(self) -> bool:
        """True if some values lie outside the window."""
        ends = sorted((self.low, self.high))
        return min(self.dark, self.bright) > ends[0] or max(self.dark, self.bright) < ends[1]


def with_values(picture: Any, values: Values) -> Any:
    picture = picture.copy()
    picture.set_type(libvips().GValue.gstr_type, FIELD, json.dumps(astuple(values)))
    return picture


def values_of(picture: Any) -> Values | None:
    """None for a picture whose samples stand for nothing but brightness."""
    if not picture.get_typeof(FIELD):
        return None
    return Values(*map(float, json.loads(picture.get(FIELD))))


def as_shown(picture: Any) -> Any:
    """The picture through its window; unchanged without one."""
    values = values_of(picture)
    if values is None or picture.format != "ushort" or picture.bands != 1:
        return picture
    dark, bright = ((end - values.low) / values.step for end in (values.dark, values.bright))
    stretch = FULL / ((bright - dark) or 1)
    seen = picture.linear(stretch, 0.5 - dark * stretch).cast("ushort")
    seen = seen.copy(interpretation="grey16")
    seen.remove(FIELD)
    return seen
