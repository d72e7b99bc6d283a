"""Cut a part out of the picture."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from safelight.errors import ParameterInvalid
from safelight.image import Image
from safelight.limits import MAX_SIDE
from safelight.operation import Context, Operation

Gravity = Literal[
    "centre", "north", "south", "west", "east", "northwest", "northeast", "southwest", "southeast"
]


class Crop(Operation, name="crop"):
    """Cut a part out of the picture, as displayed; of an animation, out of each frame.

    Give width and height, or aspect for the largest part of that shape. left and top place it;
    else gravity.
    """

    width: int | None = Field(None, ge=1, le=MAX_SIDE, description="width of the part in pixels")
    height: int | None = Field(None, ge=1, le=MAX_SIDE, description="height of the part in pixels")
    left: int | None = Field(
        None, ge=0, le=MAX_SIDE, description="pixels from the left edge to the part"
    )
    top: int | None = Field(
        None, ge=0, le=MAX_SIDE, description="pixels from the top edge to the part"
    )
    aspect: str | None = Field(
        None,
        pattern=r"^[1-9]\d{0,4}:[1-9]\d{0,4}$",
        description="shape of the part, as 3:2",
        examples=["3:2"],
    )
    gravity: Gravity = Field(
        "centre", description="where the part lies if left and top are not given"
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.width is None) != (self.height is None):
            raise ValueError("give both width and height")
        if (self.width is None) == (self.aspect is None):
            raise ValueError("give width and height, or aspect")
        if (self.left is None) != (self.top is None):
            raise ValueError("give both left and top")
        return self

    def box_for(self, width: int, height: int) -> tuple[int, int, int, int]:
        """left, top, width, height of the part in such a picture. Raises ParameterInvalid."""
        across, down = self._size(width, height)
        left, top = self.left, self.top
        if left is None or top is None:
            left = _place(self.gravity, "west", "east", width - across)
            top = _place(self.gravity, "north", "south", height - down)
        if left < 0 or top < 0 or left + across > width or top + down > height:
            raise ParameterInvalid(
                f"the part {across}x{down} at {left},{top} reaches outside the picture"
                f" of {width}x{height}"
            )
        return left, top, across, down

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


def _place(gravity: Gravity, near: str, far: str, room: int) -> int:
    if near in gravity:
        return 0
    return room if far in gravity else room // 2
