"""The picture to cut out: held or decoded twice, in a colour space that the result can have."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from safelight.image import Image
from safelight.ops.tiling.still import PROFILE, first, standard

# A picture of no more samples than these bytes is held; a larger one is decoded a second time.
HELD_BYTES = 100_000_000
# Under the transparency of a picture that has some: white, or grey where what shows is light.
UNDER, UNDER_LIGHT, LIGHT = 255, 96, 170


@dataclass(frozen=True)
class Source:
    """A still of grey or RGB, 8 or 16 bit, alpha last. fresh gives its pixels from the top again.

    under is the 8-bit grey that its transparent parts are seen on.
    """

    fresh: Callable[[], Any]
    small: Any
    under: int

    @property
    def peak(self) -> int:
        """The largest sample."""
        return 65_535 if self.small.format == "ushort" else 255

    @property
    def has_alpha(self) -> bool:
        return bool(self.small.hasalpha())


def source_of(image: Image, longest: int, *, to_srgb: bool) -> Source:
    """The picture, or its first frame, and a small copy no side of which is longer than asked.

    to_srgb: in that space.
    """

    def fresh() -> Any:
        return fitted(first(image), to_srgb=to_srgb)

    pixels = image.vips if image.frames == 1 else None
    size_bytes = image.width * image.height * (pixels.bands * _bytes(pixels) if pixels else 8)
    share = min(1.0, longest / max(image.width, image.height))
    width, height = (max(1, round(side * share)) for side in (image.width, image.height))
    if image.is_untouched and size_bytes > HELD_BYTES and image.frames == 1:
        reduced = fitted(image.at_least(width, height), to_srgb=to_srgb)
        small = _reduced(reduced, width, height)
    else:
        held = fitted(first(image), to_srgb=to_srgb).copy_memory()
        small = _reduced(held, width, height)

        def fresh() -> Any:
            return held

    return Source(fresh, small, _under(small))


def _bytes(pixels: Any) -> int:
    return 2 if pixels.format == "ushort" else 1


def seen(source: Source) -> Any:
    """The small copy as 8-bit RGB in the picture's own space, on a grey where it lets through."""
    small = source.small
    if small.hasalpha():
        step = 257 if small.format == "ushort" else 1
        small = small.flatten(background=[source.under * step], max_alpha=source.peak)
    if small.format == "ushort":
        small = small.cast("uchar", shift=True).copy(interpretation=_shallow(small))
    if small.bands == 1:
        small = small.bandjoin([small, small]).copy(interpretation="srgb")
    return small.copy_memory()


def standard_of(picture: Any, original: Any) -> Any:
    """The picture in sRGB by the profile of the original, if that one speaks of RGB."""
    if original.bands < 3 or not _has_profile(original, b"RGB "):
        return picture
    return _without_profile(picture.icc_transform("srgb", embedded=True, depth=8))


def fitted(picture: Any, *, to_srgb: bool) -> Any:
    """Grey or RGB, and sRGB if that is asked for."""
    picture = standard(picture)
    if not to_srgb:
        return picture
    depth = 16 if picture.format == "ushort" else 8
    if picture.bands >= 3 and _has_profile(picture, b"RGB "):
        picture = _without_profile(picture.icc_transform("srgb", embedded=True, depth=depth))
    if picture.bands < 3:
        picture = picture.colourspace("rgb16" if depth == 16 else "srgb")
    return _without_profile(picture)


def _has_profile(picture: Any, space: bytes) -> bool:
    return picture.get_typeof(PROFILE) != 0 and bytes(picture.get(PROFILE))[16:20] == space


def _without_profile(picture: Any) -> Any:
    picture = picture.copy()
    if picture.get_typeof(PROFILE) != 0:
        picture.remove(PROFILE)
    return picture


def _reduced(picture: Any, width: int, height: int) -> Any:
    if (picture.width, picture.height) == (width, height):
        return picture.copy_memory()
    across, down = width / picture.width, height / picture.height
    if not picture.hasalpha():
        return picture.resize(across, vscale=down, kernel="linear").copy_memory()
    smooth = picture.premultiply().resize(across, vscale=down, kernel="linear")
    return smooth.unpremultiply().cast(picture.format).copy_memory()


def _under(small: Any) -> int:
    """The grey that what shows of the picture stands out from."""
    if not small.hasalpha():
        return UNDER
    last = small.bands - 1
    alpha = small[last]
    visible = alpha.avg()
    weighted = (small[0:last].bandmean() * alpha).avg()
    step = 257 if small.format == "ushort" else 1
    return UNDER_LIGHT if visible > 0 and weighted / visible / step > LIGHT else UNDER


def _shallow(picture: Any) -> str:
    return "b-w" if picture.bands == 1 else "srgb"
