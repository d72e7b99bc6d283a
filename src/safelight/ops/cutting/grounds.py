"""What can lie under the subject: nothing, a colour, or the picture's own ground, blurred."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from safelight.image import Image
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


def covering(image: Image, width: int, height: int, peak: int) -> Any:
    """The middle of a picture, as large as it takes to cover this size, in sRGB, lazy."""
    from safelight.ops.cutting.source import fitted
    from safelight.ops.tiling.still import still

    larger = max(width / image.width, height / image.height)
    across, down = (max(1, round(side * larger)) for side in (image.width, image.height))
    reduced = image.with_pixels(image.at_least(across, down)) if image.frames == 1 else image
    picture = fitted(still(reduced), to_srgb=True)
    if picture.hasalpha():
        picture = picture.flatten(
            background=[65_535 if picture.format == "ushort" else 255] * 3,
            max_alpha=65_535 if picture.format == "ushort" else 255,
        )
    if (picture.format == "ushort") != (peak > 255):
        picture = picture.cast("ushort" if peak > 255 else "uchar", shift=True)
    width_now, height_now = picture.width, picture.height
    across, down = max(across, width), max(down, height)
    scaled = picture.resize(across / width_now, vscale=down / height_now)
    return scaled.crop((scaled.width - width) // 2, (scaled.height - height) // 2, width, height)
