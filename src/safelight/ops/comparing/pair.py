"""A pair: two pictures brought to one form, so that a difference of samples is one of pictures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from safelight.errors import ParameterInvalid
from safelight.image import Image
from safelight.ops.cutting.source import fitted
from safelight.ops.placing.colours import peak_of
from safelight.ops.tiling.still import PROFILE


@dataclass(frozen=True)
class Pair:
    """One frame of each in floating point from 0 to 1, with as many bands; alpha last, if either
    has it. step is that between two samples of the deeper one.
    """

    first: Any
    second: Any
    has_alpha: bool
    step: float


def pairs_of(first: Image, second: Image) -> Iterator[Pair]:
    """Frame by frame. Raises ParameterInvalid for pictures that cannot be laid on each other."""
    if (first.width, first.height) != (second.width, second.height):
        raise ParameterInvalid(
            f"the pictures differ in size, {first.width}x{first.height} and"
            f" {second.width}x{second.height}: compare takes two of one size",
            hint="resize one of them first",
        )
    if first.frames != second.frames:
        raise ParameterInvalid(
            f"the pictures have {first.frames} and {second.frames} frames: compare takes as many",
            hint="for the first frames, make each one still: safelight convert FILE --to bmp",
        )
    one, other = _alike(first.vips, second.vips)
    for here, there in zip(_split(one, first), _split(other, second), strict=True):
        yield _pair(here, there)


def _split(pixels: Any, image: Image) -> list[Any]:
    return list(pixels.pagesplit()) if image.frames > 1 else [pixels]


def _alike(one: Any, other: Any) -> tuple[Any, Any]:
    """As they are where they speak of the same colours, else both in sRGB."""
    if _space(one) == _space(other):
        return one, other
    return fitted(one, to_srgb=True), fitted(other, to_srgb=True)


def _space(picture: Any) -> tuple[str, bytes]:
    kind = {"grey16": "b-w", "rgb16": "srgb"}.get(picture.interpretation, picture.interpretation)
    has_profile = picture.get_typeof(PROFILE) != 0
    return kind, bytes(picture.get(PROFILE)) if has_profile else b""


def _pair(one: Any, other: Any) -> Pair:
    has_alpha = bool(one.hasalpha() or other.hasalpha())
    step = 1 / max(peak_of(one), peak_of(other))
    return Pair(
        _plain(one, has_alpha=has_alpha), _plain(other, has_alpha=has_alpha), has_alpha, step
    )


def _plain(picture: Any, *, has_alpha: bool) -> Any:
    peak = peak_of(picture)
    if has_alpha and not picture.hasalpha():
        picture = picture.bandjoin(peak)
    return (picture / peak).cast("float").copy(interpretation="multiband")
