"""Colour on its way in and out: what a pipeline may hold, and what each format can carry."""

from __future__ import annotations

from typing import Any

from safelight.errors import FormatUnknown
from safelight.image import Format

GREY, RGB = ("b-w", "grey16"), ("srgb", "rgb16")
CARRIES_ALPHA: tuple[Format, ...] = ("png", "webp", "tiff", "gif", "avif")
CARRIES_CMYK: tuple[Format, ...] = ("jpeg", "tiff")
CARRIES_GREY: tuple[Format, ...] = ("jpeg", "png", "tiff", "avif")
CARRIES_16_BIT: tuple[Format, ...] = ("png", "tiff", "avif")
DEVICE_INDEPENDENT = (
    "lab",
    "labs",
    "labq",
    "lch",
    "xyz",
    "yxy",
    "scrgb",
    "hsv",
    "cmc",
    "oklab",
    "oklch",
)


def normalised(picture: Any) -> Any:
    """Grey, RGB or CMYK in 8 or 16 bit, alpha last. Raises FormatUnknown for samples that mean something else."""
    if picture.coding != "none" or picture.interpretation in DEVICE_INDEPENDENT:
        deep = picture.format != "uchar"
        picture = picture.colourspace("rgb16" if deep else "srgb")
    if picture.format not in ("uchar", "ushort"):
        raise FormatUnknown(
            f"the picture has {picture.format} samples, Safelight reads 8 and 16 bit"
        )
    return picture.copy(interpretation=_interpretation(picture))


def _interpretation(picture: Any) -> str:
    deep = picture.format == "ushort"
    if picture.interpretation == "cmyk" and picture.bands in (4, 5):
        return "cmyk"
    if picture.bands in (1, 2):
        return GREY[deep]
    if picture.bands in (3, 4):
        return RGB[deep]
    raise FormatUnknown(f"the picture has {picture.bands} channels, Safelight reads 1 to 4")


def has_alpha(picture: Any) -> bool:
    return picture.bands in (2, 5) or (picture.bands == 4 and picture.interpretation != "cmyk")


def is_deep(picture: Any) -> bool:
    return bool(picture.format == "ushort")


def to_standard(picture: Any) -> Any:
    """sRGB, or grey in its tone curve, from the embedded profile; CMYK without one by the built-in profile."""
    was_grey = picture.interpretation in GREY
    is_cmyk = picture.interpretation == "cmyk"
    if not is_cmyk and picture.get_typeof("icc-profile-data") == 0:
        return picture
    if is_cmyk and picture.bands == 5:
        picture = picture[0:4]
    depth = 16 if is_deep(picture) else 8
    profile = "cmyk" if is_cmyk else "srgb"
    if was_grey and not _fits_grey(picture):
        return picture
    picture = picture.icc_transform("srgb", embedded=True, input_profile=profile, depth=depth)
    if was_grey:
        picture = picture.colourspace(GREY[depth == 16])
    return picture


def _fits_grey(picture: Any) -> bool:
    """True if the embedded profile speaks of grey, too."""
    return bytes(picture.get("icc-profile-data")[16:20]) == b"GRAY"


def fitted(
    picture: Any, format: Format, *, keeps_profile: bool, background: tuple[int, int, int]
) -> Any:
    """The picture as the format can carry it, changed no more than that needs."""
    has_profile = picture.get_typeof("icc-profile-data") != 0
    must_be_rgb = picture.interpretation == "cmyk" and format not in CARRIES_CMYK
    if must_be_rgb or (has_profile and not keeps_profile):
        picture = to_standard(picture)
    if has_alpha(picture) and format not in CARRIES_ALPHA:
        picture = _flat(picture, background)
    if is_deep(picture) and format not in CARRIES_16_BIT:
        shallow = {"grey16": "b-w", "rgb16": "srgb"}.get(picture.interpretation, "cmyk")
        picture = picture.cast("uchar", shift=True).copy(interpretation=shallow)
    if picture.interpretation in GREY and format not in CARRIES_GREY:
        picture = picture.colourspace("srgb")
    return picture


def _flat(picture: Any, background: tuple[int, int, int]) -> Any:
    if picture.interpretation == "cmyk":
        return picture[0:4]
    step = 257 if is_deep(picture) else 1
    if picture.interpretation in GREY and len(set(background)) > 1:
        picture = picture.colourspace(RGB[is_deep(picture)])
    under = [value * step for value in background]
    return picture.flatten(background=under if picture.bands > 2 else under[:1])
