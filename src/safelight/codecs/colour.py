"""Colour on its way in and out: what a pipeline may hold, and what each format can carry."""

from __future__ import annotations

from typing import Any

from safelight.codecs.samples import FLOATS, in_whole_numbers, narrowed
from safelight.errors import FormatUnknown
from safelight.formats import TABLE, Format, carrying

PROFILE = "icc-profile-data"
GREY, RGB = ("b-w", "grey16"), ("srgb", "rgb16")
CARRIES_ALPHA = carrying("alpha")
CARRIES_CMYK = tuple(format for format, facts in TABLE.items() if "cmyk" in facts.stores)
CARRIES_GREY = tuple(format for format, facts in TABLE.items() if "grey" in facts.stores)
CARRIES_16_BIT = carrying("depth")
DEVICE_INDEPENDENT = (
    *("lab", "labs", "labq", "lch", "cmc", "xyz"),
    *("yxy", "scrgb", "hsv", "oklab", "oklch"),
)


def normalised(picture: Any) -> Any:
    """Grey, RGB or CMYK in 8 or 16 bit, alpha last.

    Raises FormatUnknown for samples that mean something else.
    """
    is_linear = picture.interpretation == "scrgb" and picture.format in FLOATS
    if picture.coding != "none" or (picture.interpretation in DEVICE_INDEPENDENT and not is_linear):
        picture = _in_srgb(picture)
    if picture.format not in ("uchar", "ushort"):
        picture = in_whole_numbers(picture)
    return picture.copy(interpretation=_interpretation(picture))


def _in_srgb(picture: Any) -> Any:
    """Without a coding that packs several samples, and without coordinates that no screen has."""
    seen = picture.colourspace("srgb" if picture.format == "uchar" else "rgb16")
    return narrowed(seen) if picture.interpretation in DEVICE_INDEPENDENT else seen


def _interpretation(picture: Any) -> str:
    if picture.interpretation == "cmyk" and picture.bands in (4, 5):
        return "cmyk"
    if picture.bands in (1, 2):
        return GREY[is_deep(picture)]
    if picture.bands in (3, 4):
        return RGB[is_deep(picture)]
    raise FormatUnknown(f"the picture has {picture.bands} channels, Safelight reads 1 to 4")


def has_alpha(picture: Any) -> bool:
    return picture.bands in (2, 5) or (picture.bands == 4 and picture.interpretation != "cmyk")


def is_deep(picture: Any) -> bool:
    """True for 16 bit."""
    return bool(picture.format == "ushort")


def speaks_of(profile: bytes, picture: Any) -> bool:
    """True if the ICC profile is one of the picture's own colour space."""
    if picture.interpretation == "cmyk":
        return profile[16:20] == b"CMYK"
    return profile[16:20] == (b"GRAY" if picture.interpretation in GREY else b"RGB ")


def to_standard(picture: Any) -> Any:
    """In sRGB, or grey in its tone curve, by the embedded profile.

    CMYK without a profile goes by the one that libvips has built in.
    """
    is_cmyk = picture.interpretation == "cmyk"
    if picture.bands == 5:
        picture = picture[0:4]
    has_profile = picture.get_typeof(PROFILE) != 0
    fits = has_profile and speaks_of(bytes(picture.get(PROFILE)), picture)
    if not is_cmyk and not fits:
        return picture
    was_grey = picture.interpretation in GREY
    standard = picture.icc_transform(
        "srgb",
        embedded=fits,
        input_profile="cmyk" if is_cmyk else "srgb",
        depth=16 if is_deep(picture) else 8,
    )
    standard = standard.colourspace(GREY[is_deep(standard)]) if was_grey else standard.copy()
    standard.remove(PROFILE)
    return standard


def fitted(
    picture: Any, format: Format, *, keeps_profile: bool, background: tuple[int, int, int]
) -> Any:
    """The picture as the format can carry it, changed no more than that needs."""
    is_lost = picture.interpretation == "cmyk" and format not in CARRIES_CMYK
    is_lost |= picture.interpretation in GREY and format not in CARRIES_GREY
    if is_lost or (picture.get_typeof(PROFILE) != 0 and not keeps_profile):
        picture = to_standard(picture)
    if has_alpha(picture) and format not in CARRIES_ALPHA:
        picture = _flat(picture, background)
    if is_deep(picture) and format not in CARRIES_16_BIT:
        shallow = {"grey16": "b-w", "rgb16": "srgb"}.get(picture.interpretation, "cmyk")
        picture = picture.cast("uchar", shift=True).copy(interpretation=shallow)
    if picture.interpretation in GREY and format not in CARRIES_GREY:
        picture = picture.colourspace("srgb")
    return picture


def in_depth(picture: Any, depth: int | None) -> Any:
    """In 8 bit, or in 16 where more than 8 are asked for; None leaves it as it is."""
    if depth is None or is_deep(picture) == (depth > 8):
        return picture
    name = picture.interpretation
    if depth > 8:
        name = {"b-w": "grey16", "srgb": "rgb16"}.get(name, name)
        return (picture.cast("ushort") * 257).cast("ushort").copy(interpretation=name)
    name = {"grey16": "b-w", "rgb16": "srgb"}.get(name, name)
    return picture.cast("uchar", shift=True).copy(interpretation=name)


def _flat(picture: Any, background: tuple[int, int, int]) -> Any:
    if picture.interpretation == "cmyk":
        return picture[0:4]
    step = 257 if is_deep(picture) else 1
    if picture.interpretation in GREY and len(set(background)) > 1:
        picture = picture.colourspace(RGB[is_deep(picture)])
    under = [value * step for value in background]
    maximum = 65_535 if is_deep(picture) else 255
    return picture.flatten(background=under[: picture.bands - 1], max_alpha=maximum)
