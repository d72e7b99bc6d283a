"""Text on a mask."""

from __future__ import annotations

import safelight_seams as seams
from pyodide.ffi import to_js

from PIL.Image import Image
from PIL.ImageFont import Font

Box = tuple[int, int, int, int]


class Draw:
    """What draws on one mask."""

    def __init__(self, mask: Image) -> None:
        self._mask = mask

    def multiline_textbbox(self, place: tuple[int, int], text: str, *, font: Font) -> Box:
        """Left, top, right, bottom of what the text covers."""
        left, top, right, bottom = seams.letters.bounds(text, font.size)
        return left + place[0], top + place[1], right + place[0], bottom + place[1]

    def multiline_text(
        self,
        place: tuple[int, int],
        text: str,
        *,
        fill: int,
        font: Font,
        align: str,
        stroke_width: int,
    ) -> None:
        """Draw the text; lines in the middle."""
        if (fill, align) != (255, "center"):
            raise ValueError("only full coverage, and lines in the middle")
        box = to_js([*place, self._mask.width, self._mask.height])
        drawn = seams.letters.mask(text, font.size, stroke_width, box)
        self._mask.samples = drawn.to_bytes()
