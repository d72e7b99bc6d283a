"""What a picture must be before it goes through a net, and what goes along with it after."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from safelight.errors import InputRefused
from safelight.formats import holds_frames_of
from safelight.image import Image

PROFILE = "icc-profile-data"
# What a net gave is saved with no less, unless a quality is asked for; a JPEG has full colour.
GOOD_QUALITY = 92


def still(image: Image) -> Any:
    """The pixels of a still; of several frames or pages the first, if a conversion asked for it.

    Raises InputRefused for any other that has several.
    """
    refuse_several(image)
    return first(image)


def first(image: Image) -> Any:
    """The pixels of a still, or of the first frame."""
    return image.vips if image.frames == 1 else image.vips.crop(0, 0, image.width, image.height)


def held(image: Image) -> Image:
    """The same picture, to be pulled more than once: what a step before makes is made here, and
    held in memory. Raises whatever stopped it.
    """
    if image.is_untouched:
        return image
    try:
        pixels = image.vips.copy_memory()
    except Exception:
        # libvips only says that the pixels stopped; the step before knows why.
        trouble = image.trouble()
        if trouble is not None:
            raise trouble from None
        raise
    trouble = image.trouble()
    if trouble is not None:
        raise trouble
    return replace(image, pixels=pixels)


def refuse_several(image: Image) -> None:
    """Raises InputRefused where frames or pages would be lost that nobody gave up."""
    wish = image.wish.format
    is_given_up = wish not in (None, image.header.format) and (
        image.frames == 1 or not holds_frames_of(wish, image.header.format)
    )
    if image.header.frames > 1 and not is_given_up:
        raise InputRefused(
            f"a still picture is wanted, this one has {image.header.frames} frames or pages",
            hint="convert it first, as to jpeg: another format that is still takes the first one",
        )


def standard(picture: Any) -> Any:
    """Grey or RGB: CMYK becomes sRGB, by its profile or the one that libvips has built in."""
    if picture.interpretation != "cmyk":
        return picture
    depth = 16 if picture.format == "ushort" else 8
    picture = picture[0:4].icc_transform("srgb", embedded=True, input_profile="cmyk", depth=depth)
    picture = picture.copy()
    picture.remove(PROFILE)
    return picture


def well_saved(image: Image) -> Image:
    """The picture with the wish for a quality that keeps what a net gave it."""
    return image.with_wish(least_quality=max(GOOD_QUALITY, image.wish.least_quality))


def filled(picture: Any) -> Any:
    """Colours under full transparency come from around, so that edges stay clean."""
    if not picture.hasalpha():
        return picture
    last = picture.bands - 1
    colours, alpha = picture[0:last], picture[last]
    around = picture.premultiply().gaussblur(2).unpremultiply()[0:last].cast(picture.format)
    return (alpha > 0).ifthenelse(colours, around).bandjoin(alpha)


def with_profile_of(picture: Any, source: Any) -> Any:
    """The picture with the colour profile of its source, if that has one."""
    if source.get_typeof(PROFILE) == 0:
        return picture
    picture = picture.copy()
    picture.set_type(source.get_typeof(PROFILE), PROFILE, source.get(PROFILE))
    return picture
