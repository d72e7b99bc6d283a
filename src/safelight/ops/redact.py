"""Cover parts of the picture for good."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil, floor
from typing import Annotated, Any, Self

from pydantic import Field, field_validator, model_validator

from safelight.errors import ParameterInvalid, VerificationFailed
from safelight.image import Image
from safelight.limits import MAX_SIDE
from safelight.operation import LATER, SENSITIVE, UNTOLD, Context, Operation
from safelight.ops.looking.labels import LABELS, around, is_asked
from safelight.ops.placing.boxes import METAVAR, Box, BoxField
from safelight.ops.placing.colours import Colour, able_to_hold, peak_of, samples
from safelight.ops.tiling.still import refuse_several

MOST_BOXES = 64
Label = Annotated[str, Field(min_length=1, max_length=64)]


class Redact(Operation, name="redact", keeps_places=True, effect="exact"):
    """Cover parts of the picture for good, each with one solid colour; in every frame and page.

    What lay below is in no pixel of the result, and small pictures inside the file are left
    out. There is no blur and no mosaic: both can often be undone. In a format that keeps every
    pixel the result is decoded once more, and counts only if each part has its one colour.
    Covering is no proof that nothing else in the picture tells the same: look at it. What a model
    does not see, seen does not cover; with seen, what is wholly transparent keeps no colour. The
    receipt says how many parts were covered and of what kind, never where.
    """

    box: tuple[BoxField, ...] = Field(
        (),
        max_length=MOST_BOXES,
        description="a part as left,top,width,height in pixels; give it again for more parts",
        examples=["40,30,200,80"],
        json_schema_extra={**METAVAR, **UNTOLD},
    )
    colour: Colour = Field("#000000", description="colour of the cover, as black or #rrggbb")
    margin: int = Field(0, ge=0, le=MAX_SIDE, description="pixels covered around each part")
    seen: tuple[Label, ...] = Field(
        (),
        max_length=LABELS,
        description="what detect or pose saw before, as face,person; any for all of it",
        json_schema_extra={**LATER, **SENSITIVE},
    )
    grow: float = Field(
        25,
        ge=0,
        le=200,
        description="room around what was seen, in percent of its longer side",
        json_schema_extra=LATER,
    )

    @field_validator("grow", mode="before")
    @classmethod
    def _in_percent(cls, value: object) -> object:
        return value.removesuffix("%") if isinstance(value, str) else value

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.box and not self.seen:
            raise ValueError("give box, or seen after a step that looks")
        return self

    def uses_places(self) -> bool:
        """True if something that was seen is to be covered."""
        return bool(self.seen)

    def picks(self) -> tuple[str, ...]:
        """What is to be covered, by what it is called."""
        return self.seen

    def boxes_of(self, image: Image) -> tuple[Box, ...]:
        """What was seen and is to be covered, with room around it, cut at the edges."""
        found = []
        for sight in image.sights:
            if sight.box is None or not is_asked(sight, self.seen, 0):
                continue
            left, top, width, height = around(sight)
            room = self.margin + max(width, height) * self.grow / 100
            first, upper = max(0, floor(left - room)), max(0, floor(top - room))
            last = min(image.width, ceil(left + width + room))
            lower = min(image.height, ceil(top + height + room))
            if last > first and lower > upper:
                found.append((first, upper, last - first, lower - upper))
        return tuple(found)

    def boxes_for(self, width: int, height: int) -> tuple[Box, ...]:
        """The parts with their margin, cut at the edges of the picture.

        Raises ParameterInvalid for one that lies outside.
        """
        found = []
        for left, top, across, down in self.box:
            if left >= width or top >= height:
                raise ParameterInvalid(
                    f"the part at {left},{top} lies outside the picture of {width}x{height}",
                    hint="--box LEFT,TOP,WIDTH,HEIGHT in pixels, counted from 0,0 at the left top",
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
        Raises InputRefused where something was seen in the first of several frames: in the others
        it may lie elsewhere.
        """
        boxes = self.boxes_for(image.width, image.height)
        if self.seen:
            refuse_several(image)
            boxes += self.boxes_of(image)
        if not boxes and not (self.seen and image.vips.hasalpha()):
            return image
        covered = image.map_frames(lambda frame: self._covered(frame, boxes))
        earlier = image.recheck.layers if isinstance(image.recheck, Covers) else ()
        return replace(covered, recheck=Covers((*earlier, boxes)))

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
        return _bared(frame) if self.seen and frame.hasalpha() else frame


def _bared(frame: Any) -> Any:
    """Without the colours of what is wholly transparent: a face may hide there, and no model that
    sees the picture as people do finds it.
    """
    colours, alpha = frame[: frame.bands - 1], frame[frame.bands - 1]
    return (alpha == 0).ifthenelse(0, colours).bandjoin(alpha)


@dataclass(frozen=True)
class Covers:
    """What was covered, step by step; all parts of one step have one colour, and a later one lies
    over an earlier.
    """

    layers: tuple[tuple[Box, ...], ...]

    def __call__(self, image: Image) -> None:
        """Raise VerificationFailed unless each part shows its one colour, in every frame.

        It does if no pixel differs from a neighbour of the same step; the picture is read once, in
        order.
        """
        pixels = image.vips
        labels = self._labels(pixels, image.height, image.frames)
        found = _steps(pixels, labels, 1, 0) | _steps(pixels, labels, 0, 1)
        if found.max():
            raise VerificationFailed(
                "a covered part shows more than one colour in the result: nothing is written"
            )

    def _labels(self, pixels: Any, height: int, frames: int) -> Any:
        """At each pixel the number of the step that covered it last, or 0."""
        import pyvips

        labels = pyvips.Image.black(pixels.width, height)
        for number, boxes in enumerate(self.layers, 1):
            for left, top, across, down in boxes:
                part = (pyvips.Image.black(across, down) + number).cast("uchar")
                labels = labels.insert(part, left, top)
        return labels.replicate(1, frames)


def _steps(pixels: Any, labels: Any, across: int, down: int) -> Any:
    """255 where a covered pixel differs from the one so far from it that has the same cover."""
    width, height = pixels.width - across, pixels.height - down
    if not (width and height):
        return (labels != labels).bandor()
    here, there = (0, 0, width, height), (across, down, width, height)
    differs = (pixels.crop(*here) != pixels.crop(*there)).bandor()
    covered, beside = labels.crop(*here), labels.crop(*there)
    found = differs & (covered == beside) & (covered > 0)
    return found.embed(0, 0, pixels.width, pixels.height)
