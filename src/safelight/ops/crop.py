"""Cut a part out of the picture."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from safelight.errors import ParameterInvalid
from safelight.image import Image
from safelight.limits import MAX_SIDE
from safelight.operation import SENSITIVE, Context, Operation
from safelight.ops.placing.boxes import METAVAR, Box, BoxField
from safelight.ops.placing.gravity import Gravity, placed


class Crop(Operation, name="crop", version=2, effect="exact"):
    """Cut a part out of the picture, as displayed; of an animation, out of each frame.

    Give a box, or width and height, or aspect for the largest part of that shape. Without a box,
    left and top place the part; else gravity.
    """

    box: BoxField | None = Field(
        None,
        description="the part as left,top,width,height in pixels",
        examples=["40,30,800,600"],
        json_schema_extra={**METAVAR, **SENSITIVE},
    )
    width: int | None = Field(None, ge=1, le=MAX_SIDE, description="width of the part in pixels")
    height: int | None = Field(None, ge=1, le=MAX_SIDE, description="height of the part in pixels")
    left: int | None = Field(
        None,
        ge=0,
        le=MAX_SIDE,
        description="pixels from the left edge to the part",
        json_schema_extra=SENSITIVE,
    )
    top: int | None = Field(
        None,
        ge=0,
        le=MAX_SIDE,
        description="pixels from the top edge to the part",
        json_schema_extra=SENSITIVE,
    )
    aspect: str | None = Field(
        None,
        pattern=r"^[1-9]\d{0,4}:[1-9]\d{0,4}$",
        description="shape of the part, as 3:2",
        json_schema_extra={"metavar": "A:B"},
    )
    gravity: Gravity = Field(
        "centre", description="where the part lies if left and top are not given"
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        parts = (self.width, self.height, self.left, self.top, self.aspect)
        if self.box is not None:
            if any(part is not None for part in parts) or self.gravity != "centre":
                raise ValueError("box says it all: give no width, height, left, top, aspect")
            return self
        if (self.width is None) != (self.height is None):
            raise ValueError("give both width and height")
        if (self.width is None) == (self.aspect is None):
            raise ValueError("give box, or width and height, or aspect")
        if (self.left is None) != (self.top is None):
            raise ValueError("give both left and top")
        return self

    def box_for(self, width: int, height: int) -> Box:
        """left, top, width, height of the part in such a picture. Raises ParameterInvalid."""
        left, top, across, down = self.box or self._placed(width, height)
        if across > width or down > height:
            raise ParameterInvalid(
                f"the part of {across}x{down} is larger than the picture of {width}x{height}",
                hint="ask for a smaller part, or for the largest of a shape, as --aspect 3:2",
            )
        if left + across > width or top + down > height:
            raise ParameterInvalid(
                f"the part {across}x{down} at {left},{top} reaches outside the picture"
                f" of {width}x{height}",
                hint="--box LEFT,TOP,WIDTH,HEIGHT in pixels, counted from 0,0 at the left top",
            )
        return left, top, across, down

    def _placed(self, width: int, height: int) -> Box:
        across, down = self._size(width, height)
        if self.left is not None and self.top is not None:
            return self.left, self.top, across, down
        return *placed(self.gravity, width - across, height - down), across, down

    def _size(self, width: int, height: int) -> tuple[int, int]:
        if self.aspect is None:
            return self.width or width, self.height or height
        across, down = map(int, self.aspect.split(":"))
        if width * down > height * across:
            return max(1, height * across // down), height
        return width, max(1, width * down // across)

    def suffix(self) -> str:
        """photo.jpg becomes photo.cropped.jpg."""
        return "cropped"

    def apply(self, image: Image, ctx: Context) -> Image:
        """The part alone; the same picture if the part is all of it."""
        box = self.box_for(image.width, image.height)
        if box == (0, 0, image.width, image.height):
            return image
        return image.map_frames(lambda frame: frame.crop(*box))
