"""What can lie under the subject: nothing, a colour, or the picture's own ground, blurred."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from safelight.ops.cutting.cut import Cut

BLUR = "blur"
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
