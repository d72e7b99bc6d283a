"""A canvas for what was seen: Pillow draws lines, dots, tints and words, each colour for itself."""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from safelight.annotation import MASK_BYTES, MASK_SIDE, Annotation, Keypoint
from safelight.ops.looking.skeletons import SURE, bones
from safelight.ops.marking.lettering import can_write, font_of

Colour = tuple[int, int, int]
Corners = tuple[float, float, float, float]
# One for each word; they differ in brightness too, for those who see fewer colours.
PALETTE: tuple[Colour, ...] = (
    *((255, 184, 0), (64, 156, 255), (0, 200, 130), (255, 96, 72)),
    *((196, 128, 255), (255, 140, 208), (0, 208, 220), (206, 220, 60)),
)
# Around a line, so that it stands out from any ground; over what a mask holds.
SHADE, TINT, SOLID = 150, 95, 255
BLACK, WHITE = (0, 0, 0), (255, 255, 255)
# From this brightness on letters are dark.
BRIGHT = 120
# Of the width of a line: the shade around it, the radius of a dot, the height of letters.
AROUND, DOT, LETTERS = 0.4, 1.4, 6.0
# Letters are no larger than this share of the shorter side, or of the thing that they name.
OF_SIDE, OF_THING = 0.08, 0.4
# A dot takes this share of the way to the next one.
DENSE = 0.35
# In pixels of the picture: the least that one can see, and read.
THINNEST, SMALLEST = 1.5, 11.0


@dataclass(frozen=True)
class Canvas:
    """A sheet of nothing, `times` as large as the picture on each side. line in its own pixels."""

    sheet: Any
    times: float
    line: float

    @classmethod
    def of(cls, size: tuple[int, int], times: float, percent: float) -> Canvas:
        """size of the picture; percent of its longer side is the width of a line."""
        from PIL import Image

        sides = tuple(max(1, round(side * times)) for side in size)
        line = max(THINNEST * times, max(sides) * percent / 100)
        return cls(Image.new("RGBA", sides), times, line)

    def tint(self, sight: Annotation) -> None:
        """What the mask of this one holds, tinted."""
        from PIL import Image

        if sight.box is None or len(sight.mask) != MASK_BYTES:
            return
        bits = Image.frombytes("1", (MASK_SIDE, MASK_SIDE), sight.mask).convert("L")
        left, top, right, bottom = self._corners(sight.box)
        sides = (max(1, round(right - left)), max(1, round(bottom - top)))
        within = bits.resize(sides, Image.Resampling.BICUBIC)
        self.sheet.paste((*colour_of(sight.label), TINT), (round(left), round(top)), within)

    def frame(self, sight: Annotation) -> None:
        """A line around this one."""
        if sight.box is None:
            return
        corners = self._corners(sight.box)
        around = AROUND * self.line
        self._rectangle(corners, BLACK, SHADE, self.line / 2 + around)
        self._rectangle(corners, colour_of(sight.label), SOLID, self.line / 2)

    def body(self, sight: Annotation) -> None:
        """The points of this one that are sure enough, and the lines between them."""
        colour = colour_of(sight.label)
        lines = [(self._spot(near), self._spot(far)) for near, far in bones(sight.points)]
        dots = self._dots(sight)
        for more, paint in ((AROUND, (*BLACK, SHADE)), (0.0, (*colour, SOLID))):
            width = round(self.line + 2 * more * self.line)
            for line in lines:
                self._pen.line(line, fill=paint, width=width)
        for more, paint in ((AROUND * self.line, (*BLACK, SHADE)), (0.0, (*WHITE, SOLID))):
            for dot, radius in dots:
                self._pen.circle(dot, radius + more, fill=paint)

    def name(self, sight: Annotation) -> None:
        """What this one is called and how sure that is, above it, or within where it is high."""
        if sight.box is None:
            return
        left, top, _, bottom = self._corners(sight.box)
        height = self._letters(bottom - top)
        if not height:
            return
        words = said(sight)
        deep = self._sides(words, height)[1]
        edge = (0.5 + AROUND) * self.line
        above = top - edge - deep
        self._tag(words, (left - edge, above if above >= 0 else top + edge), height, sight.label)

    def names(self, sights: Sequence[Annotation]) -> None:
        """Words for the whole picture, one below the other."""
        height = self._letters(float("inf"))
        top = 2 * self.line
        for sight in sights:
            deep = self._tag(said(sight), (2 * self.line, top), height, sight.label)
            top += deep + self.line

    @property
    def _pen(self) -> Any:
        from PIL import ImageDraw

        return ImageDraw.Draw(self.sheet)

    def _corners(self, box: tuple[int, int, int, int]) -> Corners:
        left, top, width, height = (side * self.times for side in box)
        return left, top, left + width, top + height

    def _spot(self, point: Keypoint) -> tuple[float, float]:
        return point.x * self.times, point.y * self.times

    def _rectangle(self, corners: Corners, colour: Colour, alpha: int, half: float) -> None:
        left, top, right, bottom = corners
        outer = (left - half, top - half, right + half, bottom + half)
        self._pen.rounded_rectangle(
            outer, radius=2 * half, outline=(*colour, alpha), width=max(1, round(2 * half))
        )

    def _dots(self, sight: Annotation) -> list[tuple[tuple[float, float], float]]:
        """Points and their radius: less where another is near, and on a small face."""
        spots = [self._spot(point) for point in sight.points if point.score >= SURE]
        side = min(sight.box[2:]) * self.times if sight.box is not None else self.sheet.width
        most = min(DOT * self.line, side / 24)
        return [
            (spot, max(THINNEST * self.times / 2, min(most, DENSE * _nearest(spot, spots))))
            for spot in spots
        ]

    def _letters(self, thing: float) -> int:
        """Their height; 0 where the thing is too small to be named."""
        least = SMALLEST * self.times
        most = max(least, OF_SIDE * min(self.sheet.size))
        height = min(LETTERS * self.line, most, max(OF_THING * thing, least))
        return round(height) if thing >= 2 * least else 0

    def _sides(self, words: str, height: int) -> tuple[float, float]:
        left, _, right, _ = font_of(height).getbbox(words)
        return right - left + 0.7 * height, 1.5 * height

    def _tag(self, words: str, place: tuple[float, float], height: int, label: str) -> float:
        """Letters on a ground of the word's colour, within the picture; how high it is."""
        wide, deep = self._sides(words, height)
        left = max(0.0, min(place[0], self.sheet.width - wide))
        top = max(0.0, min(place[1], self.sheet.height - deep))
        colour = colour_of(label)
        ground = (left, top, left + wide, top + deep)
        self._pen.rounded_rectangle(ground, radius=0.2 * height, fill=(*colour, SOLID))
        red, green, blue = colour
        ink = BLACK if 0.3 * red + 0.59 * green + 0.11 * blue >= BRIGHT else WHITE
        middle = (left + 0.35 * height, top + deep / 2)
        self._pen.text(middle, words, fill=(*ink, SOLID), font=font_of(height), anchor="lm")
        return deep


def _nearest(spot: tuple[float, float], spots: Sequence[tuple[float, float]]) -> float:
    """How far the nearest of the others lies; far where there is none."""
    away = sorted(math.dist(spot, other) for other in spots)
    return away[1] if len(away) > 1 else math.inf


def said(sight: Annotation) -> str:
    """The word and its score; the score alone of a word that the font cannot write."""
    score = f"{100 * sight.score:.0f} %"
    is_shown = bool(sight.label) and "\n" not in sight.label and can_write(sight.label)
    return f"{sight.label} {score}" if is_shown else score


def colour_of(label: str) -> Colour:
    """The same for the same word, whatever else was seen."""
    return PALETTE[zlib.crc32(label.encode()) % len(PALETTE)]
