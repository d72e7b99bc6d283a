"""What can lie under the subject: nothing, a colour, or the picture's own ground, blurred."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from safelight.errors import ContainerBroken, FormatUnknown, InputRefused, LimitExceeded

if TYPE_CHECKING:
    from safelight.image import Image
    from safelight.operation import Context
    from safelight.ops.cutting.cut import Cut

BLUR = "blur"
# What names a picture, by its SHA-256.
PICTURE = "picture:"
# Of the longer side: so much that shapes go and light and colour stay.
BLUR_SHARE = 0.03
NAMED = {
    "black": "#000000",
    "white": "#ffffff",
    "grey": "#808080",
    "gray": "#808080",
    "silver": "#c0c0c0",
    "red": "#ff0000",
    "maroon": "#800000",
    "orange": "#ffa500",
    "yellow": "#ffff00",
    "olive": "#808000",
    "lime": "#00ff00",
    "green": "#008000",
    "teal": "#008080",
    "cyan": "#00ffff",
    "blue": "#0000ff",
    "navy": "#000080",
    "purple": "#800080",
    "magenta": "#ff00ff",
    "pink": "#ffc0cb",
    "beige": "#f5f5dc",
    "ivory": "#fffff0",
}


def blurred(cut: Cut, width: int, height: int, peak: int) -> Any:
    """The ground alone, grown under where the subject was, blurred, as a lazy picture."""
    import numpy as np
    import pyvips

    rows, columns = cut.state.shape
    colours = np.ascontiguousarray(cut.table[:, 7:10]).reshape(rows, columns, 3)
    small = pyvips.Image.new_from_array(colours * np.float32(peak))
    small = small.gaussblur(max(1.0, BLUR_SHARE * max(rows, columns)), precision="approximate")
    large = small.resize(width / columns, vscale=height / rows, kernel="cubic")
    return (large + 0.5).cast("ushort" if peak > 255 else "uchar")


@contextmanager
def about_the_ground() -> Iterator[None]:
    """What is wrong with the ground's own picture is said of it, not of the input."""
    import pyvips

    try:
        yield
    except LimitExceeded as error:
        raise LimitExceeded("the ground picture passes a limit") from error
    except FormatUnknown as error:
        raise FormatUnknown("the ground picture is of a kind that Safelight does not read") from (
            error
        )
    except (ContainerBroken, pyvips.Error) as error:
        raise ContainerBroken("the ground picture is damaged or cut short") from error


def opened(ctx: Context, digest: str) -> Image:
    """The picture of this SHA-256. Raises InputMissing, or InputRefused in words about it."""
    with about_the_ground():
        image = ctx.picture(digest)
    if image.header.frames > 1:
        raise InputRefused(
            f"the ground picture has {image.header.frames} frames or pages, one is wanted",
            hint="convert the ground to jpeg first: that takes the first one",
        )
    return image


def covering(image: Image, width: int, height: int, peak: int) -> Any:
    """The middle of a still, as large as it takes to cover this size, in sRGB, lazy."""
    from safelight.ops.cutting.source import fitted

    larger = max(width / image.width, height / image.height)
    across, down = (max(1, round(side * larger)) for side in (image.width, image.height))
    picture = fitted(_middle(image.at_least(across, down), width / height), to_srgb=True)
    if picture.hasalpha():
        picture = picture.flatten(
            background=[65_535 if picture.format == "ushort" else 255] * 3,
            max_alpha=65_535 if picture.format == "ushort" else 255,
        )
    if (picture.format == "ushort") != (peak > 255):
        picture = picture.cast("ushort" if peak > 255 else "uchar", shift=True)
    return picture.resize(width / picture.width, vscale=height / picture.height)


def _middle(picture: Any, aspect: float) -> Any:
    """As much of the middle as is this many times as wide as high; a long strip is never scaled."""
    width = min(picture.width, max(1, round(picture.height * aspect)))
    height = min(picture.height, max(1, round(picture.width / aspect)))
    return picture.crop((picture.width - width) // 2, (picture.height - height) // 2, width, height)
