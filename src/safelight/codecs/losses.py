"""What a picture was and its new encoding is not: nothing gets less without a word."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from safelight.codecs import icc
from safelight.codecs.colour import PROFILE, has_alpha, is_deep
from safelight.codecs.palettes import has_more, is_partly_seen
from safelight.codecs.samples import GAMUT, NOTE
from safelight.codecs.values import values_of
from safelight.image import Change, Finding, Header, Risk

SRGB, OUTSIDE = "srgb", "colours outside sRGB"


def losses(
    before: Any, after: Any, *, bits: int, background: tuple[int, int, int]
) -> tuple[Change, ...]:
    """What the picture before lost on the way to the one after, which is saved with these bits."""
    lost = _lost(before, after, bits=bits, background=background)
    return tuple(Change("removed", finding) for finding in lost)


def lost_to_a_table(picture: Any, most: int) -> tuple[Change, ...]:
    """What a format loses that holds so many colours a frame. The picture is in memory."""
    found = []
    if has_more(picture, most):
        found.append(Finding(Risk.COLOUR, f"colours beyond {most}", "the nearest of those kept"))
    if is_partly_seen(picture):
        found.append(Finding(Risk.OTHER, "partial transparency", "a pixel is there or not"))
    return tuple(Change("removed", finding) for finding in found)


def _lost(
    before: Any, after: Any, *, bits: int, background: tuple[int, int, int]
) -> Iterator[Finding]:
    if before.get_typeof(NOTE):
        yield Finding(Risk.OTHER, "sample depth", before.get(NOTE))
    if is_deep(before) and bits < 16:
        yield Finding(Risk.OTHER, "sample depth", f"16 bit, now {bits}")
    values = values_of(before)
    if values is not None and values_of(after) is None and values.is_cut:
        shown = f"{values.dark:g} to {values.bright:g} of {values.low:g} to {values.high:g}"
        yield Finding(Risk.OTHER, "values outside the window", shown)
    if has_alpha(before) and not has_alpha(after):
        ground = "".join(f"{value:02x}" for value in background)
        yield Finding(Risk.OTHER, "transparency", f"laid on #{ground}")
    if before.interpretation == "cmyk" != after.interpretation:
        yield Finding(Risk.COLOUR, "CMYK", "converted to sRGB")
    elif before.get_typeof(GAMUT):
        yield Finding(Risk.COLOUR, OUTSIDE, before.get(GAMUT))
    elif before.get_typeof(PROFILE) and not after.get_typeof(PROFILE):
        profile = memoryview(before.get(PROFILE))
        if SRGB not in icc.description(profile).lower() and not icc.is_within_srgb(profile):
            yield Finding(Risk.COLOUR, OUTSIDE, "converted to sRGB")


def lost_frames(header: Header, frames: int) -> tuple[Change, ...]:
    """A multi-page TIFF or an animation became its first picture: that must be told."""
    if header.frames <= 1 or frames > 1:
        return ()
    return (Change("removed", Finding(Risk.OTHER, f"{header.frames - 1} further frames")),)
