"""What a picture must be before it goes through a net, and what goes along with it after."""

from __future__ import annotations

from typing import Any

from safelight.errors import InputRefused
from safelight.image import Image

PROFILE = "icc-profile-data"


def still(image: Image) -> Any:
    """The pixels of a still; of several frames the first, where another format is wished.

    Raises InputRefused where that of the input would stay.
    """
    if image.frames == 1:
        return image.vips
    if image.wish.format in (None, image.header.format):
        raise InputRefused(
            f"a still picture is wanted, this one has {image.frames} frames",
            hint="convert to png or jpeg first: that takes the first frame",
        )
    return image.vips.crop(0, 0, image.width, image.height)


def standard(picture: Any) -> Any:
    """Grey or RGB: CMYK becomes sRGB, by its profile or the one that libvips has built in."""
    if picture.interpretation != "cmyk":
        return picture
    depth = 16 if picture.format == "ushort" else 8
    picture = picture[0:4].icc_transform("srgb", embedded=True, input_profile="cmyk", depth=depth)
    picture = picture.copy()
    picture.remove(PROFILE)
    return picture


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
