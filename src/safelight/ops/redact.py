"""Cover parts of the picture for good."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pydantic import Field

from safelight.errors import ParameterInvalid, VerificationFailed
from safelight.image import Image
from safelight.limits import MAX_SIDE
from safelight.operation import Context, Operation
from safelight.ops.placing.boxes import METAVAR, Box, BoxField
from safelight.ops.placing.colours import Colour, able_to_hold, peak_of, samples

MOST_BOXES = 64


class Redact(Operation, name="redact"):
    """Cover parts of the picture for good, each with one solid colour; in every frame and page.

    What lay below is in no pixel of the result, and small pictures inside the file are left
    out. There is no blur and no mosaic: both can often be undone. In a format that keeps every
    pixel the result is decoded once more, and counts only if each part has its one colour.
    Covering is no proof that nothing else in the picture tells the same: look at it.
    """

    box: tuple[BoxField, ...] = Field(
        min_length=1,
        max_length=MOST_BOXES,
        description="a part as left,top,width,height in pixels; give it again for more parts",
        examples=["40,30,200,80"],
        json_schema_extra={**METAVAR},
    )
    colour: Colour = Field("#000000", description="colour of the cover, as black or #rrggbb")
    margin: int = Field(0, ge=0, le=MAX_SIDE, description="pixels covered around each part")

    def boxes_for(self, width: int, height: int) -> tuple[Box, ...]:
        """The parts with their margin, cut at the edges of the picture.

        Raises ParameterInvalid for one that lies outside.
        """
        found = []
        for left, top, across, down in self.box:
            if left >= width or top >= height:
                raise ParameterInvalid(
                    f"the part at {left},{top} lies outside the picture of {width}x{height}"
                )
            first, upper = max(0, left - self.margin), max(0, top - self.margin)
            last = min(width, left + across + self.margin)
            lower = min(height, top + down + self.margin)
            found.append((first, upper, last - first, lower - upper))
        return tuple(found)

    def suffix(self) -> str:
        """photo.jpg becomes photo.redacted.jpg."""
        return "redacted"

    def apply(self, image: Image, ctx: Context) -> Image:
        """The picture with its parts covered. Raises ParameterInvalid.

        Once it is encoded without loss, raises VerificationFailed where a part shows anything.
        """
        boxes = self.boxes_for(image.width, image.height)
        covered = image.map_frames(lambda frame: self._covered(frame, boxes))
        earlier = image.recheck

        def recheck(result: Image) -> None:
            check_are_flat(result, boxes)
            if earlier is not None:
                earlier(result)

        return replace(covered, recheck=recheck)

    def _covered(self, frame: Any, boxes: tuple[Box, ...]) -> Any:
        import pyvips

        frame = able_to_hold(frame, self.colour)
        colour = samples(self.colour, frame)
        if frame.hasalpha():
            colour.append(peak_of(frame))
        for left, top, across, down in boxes:
            cover = (pyvips.Image.black(across, down) + colour).cast(frame.format)
            cover = cover.copy(interpretation=frame.interpretation)
            frame = frame.insert(cover, left, top)
        return frame


def check_are_flat(image: Image, boxes: tuple[Box, ...]) -> None:
    """Raise VerificationFailed unless each part has one colour, in every frame.

    It has if no pixel differs from its neighbours in the part; the picture is read once, in order.
    """
    pixels, height = image.vips, image.height
    parts = [
        (left, top + frame * height, across, down)
        for frame in range(image.frames)
        for left, top, across, down in boxes
    ]
    beside = _steps(pixels, 1, 0) & _marked(pixels, parts, 1, 0)
    below = _steps(pixels, 0, 1) & _marked(pixels, parts, 0, 1)
    if (beside | below).max():
        raise VerificationFailed(
            "a covered part shows more than one colour in the result: nothing is written"
        )


def _steps(pixels: Any, across: int, down: int) -> Any:
    """255 where a pixel differs from the one that lies so far from it."""
    width, height = pixels.width - across, pixels.height - down
    if not (width and height):
        return (pixels != pixels).bandor()
    here, there = pixels.crop(0, 0, width, height), pixels.crop(across, down, width, height)
    return (here != there).bandor().embed(0, 0, pixels.width, pixels.height)


def _marked(pixels: Any, parts: list[Box], across: int, down: int) -> Any:
    """255 in each part, but for its last column or row."""
    import pyvips

    mask = pyvips.Image.black(pixels.width, pixels.height)
    for left, top, width, height in parts:
        if width > across and height > down:
            inner = pyvips.Image.black(width - across, height - down) + 255
            mask = mask.insert(inner.cast("uchar"), left, top)
    return mask
