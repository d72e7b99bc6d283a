"""Letters: a text as two masks, drawn by FreeType from a font held in memory.

The font is read when this module is loaded: a sealed worker can open no file any more.
"""

from __future__ import annotations

import io
import unicodedata
from pathlib import Path
from typing import Any

from safelight.errors import ParameterInvalid

FONT = (Path(__file__).parent / "DejaVuSans-Bold.ttf").read_bytes()
# A size in pixels at which the width of a text is measured, and those that it is drawn in.
MEASURE, SMALLEST, LARGEST = 100, 12, 600
# The outline is this share of the size of the letters, on each side.
OUTLINE = 1 / 14
# What no font has: drawn, it shows what stands for a missing letter.
NOBODY = "\uffff"
BACKWARDS = ("R", "AL", "AN")


def lettered(text: str, width: int) -> Any:
    """Letters and, in a second band, letters with their outline, as 8-bit coverage.

    About as wide as asked, within what makes sense to draw. Raises ParameterInvalid for a text
    that this font cannot write.
    """
    from PIL import Image, ImageDraw

    _check(text)
    outline = 2 * OUTLINE * MEASURE
    natural = _bounds(text, MEASURE)
    share = width / (natural[2] - natural[0] + outline)
    size = min(max(round(MEASURE * share), SMALLEST), LARGEST)
    stroke = max(1, round(size * OUTLINE))
    left, top, right, bottom = _bounds(text, size)
    across, down = right - left + 2 * stroke, bottom - top + 2 * stroke
    masks = []
    for around in (0, stroke):
        mask = Image.new("L", (across, down))
        ImageDraw.Draw(mask).multiline_text(
            (stroke - left, stroke - top),
            text,
            fill=255,
            font=font_of(size),
            align="center",
            stroke_width=around,
        )
        masks.append(_picture(mask))
    return masks[0].bandjoin(masks[1])


def font_of(size: int) -> Any:
    """The font in this size in pixels, as Pillow draws with it."""
    from PIL import ImageFont

    engine = ImageFont.Layout.BASIC
    return ImageFont.truetype(io.BytesIO(FONT), size, layout_engine=engine)


def _bounds(text: str, size: int) -> tuple[int, int, int, int]:
    from PIL import Image, ImageDraw

    draw = ImageDraw.Draw(Image.new("L", (1, 1)))
    left, top, right, bottom = draw.multiline_textbbox((0, 0), text, font=font_of(size))
    return int(left), int(top), max(int(right), int(left) + 1), max(int(bottom), int(top) + 1)


def can_write(text: str) -> bool:
    """Whether this font has a sign for each character, and writes them in their direction."""
    try:
        _check(text)
    except ParameterInvalid:
        return False
    return True


def _check(text: str) -> None:
    font = font_of(SMALLEST)
    nobody = _shape(font, NOBODY)
    for place, letter in enumerate(text, 1):
        if unicodedata.bidirectional(letter) in BACKWARDS:
            raise ParameterInvalid(
                f"character number {place} of the text is of a script from right to left, which"
                " cannot be drawn yet",
                hint="--image takes a picture of the text, with transparency",
            )
        if not letter.isspace() and _shape(font, letter) == nobody:
            raise ParameterInvalid(
                f"the font has no sign for character number {place} of the text",
                hint="--image takes a picture of the text, with transparency",
            )


def _shape(font: Any, letter: str) -> tuple[tuple[int, int], bytes]:
    mask = font.getmask(letter)
    return mask.size, bytes(mask)


def _picture(mask: Any) -> Any:
    import pyvips

    return pyvips.Image.new_from_memory(mask.tobytes(), mask.width, mask.height, 1, "uchar")
