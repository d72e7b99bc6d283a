"""A canvas for what was seen: Pillow draws lines, dots, tints and words, each colour for itself."""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
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
AROUND, DOT, LETTERS = 0.4, 1.4, 5.0
# Letters are no larger than this share of the shorter side, or of the thing that they name.
OF_SIDE, OF_THING = 0.08, 0.25
# A line is no thicker than this share of its thing.
OF_BREADTH = 0.04
# A name is at most so many times as wide as its thing.
WIDEST = 1.8
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
    colours: Mapping[str, Colour]
    tags: list[Corners] = field(default_factory=list)

    @classmethod
    def of(
        cls, size: tuple[int, int], times: float, percent: float, labels: Iterable[str]
    ) -> Canvas:
        """size of the picture; percent of its longer side is the width of a line; labels: every
        word of what is drawn.
        """
        from PIL import Image

        sides = [max(1, round(side * times)) for side in size]
        line = max(THINNEST * times, max(sides) * percent / 100)
        return cls(Image.new("RGBA", sides), times, line, colours_of(labels))

    def tint(self, sight: Annotation) -> None:
        """What the mask of this one holds, tinted."""
        from PIL import Image

        if sight.box is None or len(sight.mask) != MASK_BYTES:
            return
        bits = Image.frombytes("1", (MASK_SIDE, MASK_SIDE), sight.mask).convert("L")
        left, top, right, bottom = self._corners(sight.box)
        sides = (max(1, round(right - left)), max(1, round(bottom - top)))
        within = bits.resize(sides, Image.Resampling.BICUBIC)
        self.sheet.paste((*self.colours[sight.label], TINT), (round(left), round(top)), within)

    def frame(self, sight: Annotation) -> None:
        """A line around this one."""
        if sight.box is None:
            return
        corners, line = self._corners(sight.box), self._line_of(sight)
        self._rectangle(corners, BLACK, SHADE, (0.5 + AROUND) * line)
        self._rectangle(corners, self.colours[sight.label], SOLID, line / 2)

    def body(self, sight: Annotation) -> None:
        """The points of this one that are sure enough, and the lines between them."""
        colour, thick = self.colours[sight.label], self._line_of(sight)
        lines = [(self._spot(near), self._spot(far)) for near, far in bones(sight.points)]
        dots = self._dots(sight)
        for more, paint in ((AROUND, (*BLACK, SHADE)), (0.0, (*colour, SOLID))):
            width = max(1, round((1 + 2 * more) * thick))
            for line in lines:
                self._pen.line(line, fill=paint, width=width)
        for more, paint in ((AROUND * thick, (*BLACK, SHADE)), (0.0, (*WHITE, SOLID))):
            for dot, radius in dots:
                self._pen.circle(dot, radius + more, fill=paint)

    def name(self, sight: Annotation) -> None:
        """What this one is called and how sure that is: above it, below or within it, where no
        other name lies; in a crowd the score alone, or nothing.
        """
        if sight.box is None:
            return
        left, top, right, bottom = self._corners(sight.box)
        edge, most = (0.5 + AROUND) * self._line_of(sight), WIDEST * (right - left)
        for words in (said(sight), score_of(sight)):
            height = self._letters(bottom - top)
            wide = self._sides(words, height)[0]
            height = max(min(height, int(height * most / wide)), round(SMALLEST * self.times))
            wide, deep = self._sides(words, height)
            if wide > 1.1 * most:
                continue
            downs = (top - edge - deep, bottom + edge, top + edge)
            within = [down for down in downs if 0 <= down <= self.sheet.height - deep]
            for down in within or downs[:1]:
                if self._tag(words, (left - edge, down), height, sight.label):
                    return

    def names(self, sights: Sequence[Annotation]) -> None:
        """Words for the whole picture, one below the other, as many as there is room for."""
        height = self._letters(math.inf)
        deep = self._sides("", height)[1]
        for place, sight in enumerate(sights):
            top = 2 * self.line + place * (deep + self.line)
            if top + deep <= self.sheet.height:
                self._tag(said(sight), (2 * self.line, top), height, sight.label)

    @property
    def _pen(self) -> Any:
        from PIL import ImageDraw

        return ImageDraw.Draw(self.sheet)

    def _line_of(self, sight: Annotation) -> float:
        """How thick the lines of this one are: less on a small thing."""
        breadth = min(sight.box[2:]) * self.times if sight.box is not None else math.inf
        return min(self.line, max(THINNEST * self.times, OF_BREADTH * breadth))

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
        """Points and their radius: less where another is near; none on a face that they would
        cover.
        """
        spots = [self._spot(point) for point in sight.points if point.score >= SURE]
        side = min(sight.box[2:]) * self.times if sight.box is not None else self.sheet.width
        most = min(DOT * self._line_of(sight), side / 24)
        if most < THINNEST * self.times / 2:
            return []
        return [
            (spot, max(THINNEST * self.times / 2, min(most, DENSE * _nearest(spot, spots))))
            for spot in spots
        ]

    def _letters(self, thing: float) -> int:
        """Their height for a thing so high."""
        least = SMALLEST * self.times
        most = max(least, OF_SIDE * min(self.sheet.size))
        return int(min(LETTERS * self.line, most, max(OF_THING * thing, least)))

    def _sides(self, words: str, height: int) -> tuple[float, float]:
        left, _, right, _ = font_of(height).getbbox(words)
        return right - left + 0.7 * height, 1.5 * height

    def _tag(self, words: str, place: tuple[float, float], height: int, label: str) -> bool:
        """Letters on a ground of the word's colour, within the picture; False where they would
        cover others.
        """
        wide, deep = self._sides(words, height)
        left = max(0.0, min(place[0], self.sheet.width - wide))
        top = max(0.0, min(place[1], self.sheet.height - deep))
        ground = (left, top, left + wide, top + deep)
        if any(_meet(ground, other) for other in self.tags):
            return False
        self.tags.append(ground)
        colour = self.colours[label]
        self._pen.rounded_rectangle(ground, radius=0.2 * height, fill=(*colour, SOLID))
        red, green, blue = colour
        ink = BLACK if 0.3 * red + 0.59 * green + 0.11 * blue >= BRIGHT else WHITE
        middle = (left + 0.35 * height, top + deep / 2)
        self._pen.text(middle, words, fill=(*ink, SOLID), font=font_of(height), anchor="lm")
        return True


def _meet(one: Corners, other: Corners) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _nearest(spot: tuple[float, float], spots: Sequence[tuple[float, float]]) -> float:
    """How far the nearest of the others lies; far where there is none."""
    away = sorted(math.dist(spot, other) for other in spots)
    return away[1] if len(away) > 1 else math.inf


def said(sight: Annotation) -> str:
    """The word and its score; the score alone of a word that the font cannot write."""
    is_shown = bool(sight.label) and "\n" not in sight.label and can_write(sight.label)
    return f"{sight.label} {score_of(sight)}" if is_shown else score_of(sight)


def score_of(sight: Annotation) -> str:
    """In percent."""
    return f"{100 * sight.score:.0f} %"


def colours_of(labels: Iterable[str]) -> dict[str, Colour]:
    """One for each word: the same in every picture, but for words that would share one in this."""
    chosen: dict[str, int] = {}
    for label in dict.fromkeys(labels):
        place = zlib.crc32(label.encode()) % len(PALETTE)
        free = set(range(len(PALETTE))) - set(chosen.values())
        chosen[label] = place if place in free or not free else min(free)
    return {label: PALETTE[place] for label, place in chosen.items()}
