"""Blending: pixels are mixed as light is, and what is transparent has no colour to give."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from safelight.ops.placing.colours import GREY, peak_of
from safelight.ops.tiling.still import PROFILE

LIGHT = "scrgb"
# Alpha below this, of 255 or 65,535, is rounded to none.
FAINT = 0.25


def smoothly(picture: Any, change: Callable[[Any], Any], *, linear: bool = False) -> Any:
    """The picture after a change that mixes neighbours; depth and colour space stay.

    Colours are weighed by their alpha. linear: as light, not as its coded samples; CMYK is
    mixed as it is, for it says how much of the paper is covered.
    """
    linear = linear and picture.interpretation != "cmyk"
    if not picture.hasalpha():
        return _coded(change(_light(picture)), picture) if linear else change(picture)
    last, peak = picture.bands - 1, peak_of(picture)
    wide = _light(picture[0:last]).bandjoin(picture[last]) if linear else picture
    mixed = change(wide.premultiply(max_alpha=peak))
    colours = _unweighed(mixed, peak)
    colours = _coded(colours, picture) if linear else _rounded(colours, picture[0:last])
    alpha = _rounded(mixed[mixed.bands - 1], picture[last])
    return colours.bandjoin(alpha).copy(interpretation=picture.interpretation)


def _unweighed(mixed: Any, peak: int) -> Any:
    """Colours without the weight of their alpha. A filter that swings over swings both alike, so
    alpha is cut to its range only afterwards.
    """
    last = mixed.bands - 1
    alpha = mixed[last]
    return mixed[0:last] * (alpha > FAINT).ifthenelse(alpha**-1 * peak, 0)


def _rounded(wide: Any, picture: Any) -> Any:
    return wide.rint().cast(picture.format).copy(interpretation=picture.interpretation)


def _speaks_of(picture: Any) -> bool:
    """True if the picture has a profile of its own colour space, grey or RGB."""
    if picture.get_typeof(PROFILE) == 0:
        return False
    space = b"GRAY" if picture.interpretation in GREY else b"RGB "
    return bytes(picture.get(PROFILE))[16:20] == space


def _light(colours: Any) -> Any:
    """Samples in proportion to light, as floating point."""
    if _speaks_of(colours):
        return colours.icc_import(embedded=True, pcs="xyz")
    return colours.colourspace(LIGHT)


def _coded(light: Any, picture: Any) -> Any:
    """The way back from _light."""
    if _speaks_of(picture):
        depth = 16 if picture.format == "ushort" else 8
        return light.copy(interpretation="xyz").icc_export(pcs="xyz", depth=depth)
    return light.copy(interpretation=LIGHT).colourspace(picture.interpretation)
