"""Change the size in pixels."""

from __future__ import annotations

import re
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from safelight.formats import LOSSY, Format, Writable
from safelight.image import Image
from safelight.limits import MAX_SIDE
from safelight.operation import Context, Operation

FIT = r"^(\d{1,5}x\d{0,5}|x\d{1,5})$"


class Resize(Operation, name="resize"):
    """Change the size; never enlarges unless asked.

    Give fit, or width, or height, or both. With one side the other follows.
    """

    fit: str | None = Field(
        None,
        pattern=FIT,
        description="box in pixels: 2000x1500, or one side as 2000x or x1500",
        examples=["2000x2000"],
    )
    width: int | None = Field(None, ge=1, le=MAX_SIDE, description="width in pixels")
    height: int | None = Field(None, ge=1, le=MAX_SIDE, description="height in pixels")
    mode: Literal["within", "cover", "exact"] = Field(
        "within",
        description="within keeps all of it, cover fills the box and cuts, exact stretches",
    )
    enlarge: bool = Field(False, description="also make small pictures larger")
    kernel: Literal["lanczos3", "mitchell", "cubic", "linear", "nearest"] = Field(
        "lanczos3", description="the filter: lanczos3 is sharp, nearest keeps hard pixels"
    )
    format: Writable | None = Field(None, description="format of the result")
    quality: int | None = Field(
        None, ge=1, le=100, description="for jpeg, webp, avif: 1 is smallest, 100 is best"
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        width, height = self._box()
        if self.fit is not None and (self.width or self.height):
            raise ValueError("give fit, or width and height, not both")
        if width is None and height is None:
            raise ValueError("give fit, width or height")
        for side in (width, height):
            if side is not None and not 1 <= side <= MAX_SIDE:
                raise ValueError(f"a side is 1 to {MAX_SIDE} pixels")
        if self.mode != "within" and None in (width, height):
            raise ValueError(f"{self.mode} needs a box with both sides")
        if self.quality is not None and self.format not in (None, *LOSSY):
            raise ValueError(f"{self.format} has no quality, it keeps every pixel")
        return self

    def _box(self) -> tuple[int | None, int | None]:
        if self.fit is None:
            return self.width, self.height
        width, height = re.split("x", self.fit)
        return (int(width) if width else None, int(height) if height else None)

    def size_for(self, width: int, height: int) -> tuple[int, int]:
        """The size that a picture of this size is scaled to, before cover cuts it."""
        box = self._box()
        across = (box[0] or MAX_SIDE * width) / width
        down = (box[1] or MAX_SIDE * height) / height
        if self.mode != "exact":
            across = down = max(across, down) if self.mode == "cover" else min(across, down)
        if not self.enlarge:
            across, down = min(across, 1.0), min(down, 1.0)
        return max(1, round(width * across)), max(1, round(height * down))

    def suffix(self) -> str:
        """photo.jpg becomes photo.resized.jpg."""
        return "resized"

    def wished_format(self) -> Format | None:
        """The format asked for."""
        return self.format

    def apply(self, image: Image, ctx: Context) -> Image:
        """A picture of the wished size; the same picture if nothing has to change."""
        size = self.size_for(image.width, image.height)
        if size != (image.width, image.height):
            reduced = image.with_pixels(image.at_least(*size))
            image = reduced.map_frames(lambda frame: self._scaled(frame, size))
        if self.mode == "cover":
            image = self._cut(image)
        if self.format is not None:
            image = image.with_wish(format=self.format)
        return image if self.quality is None else image.with_wish(quality=self.quality)

    def _scaled(self, picture: Any, size: tuple[int, int]) -> Any:
        across, down = size[0] / picture.width, size[1] / picture.height
        if not picture.hasalpha():
            return picture.resize(across, vscale=down, kernel=self.kernel)
        smooth = picture.premultiply().resize(across, vscale=down, kernel=self.kernel)
        return smooth.unpremultiply().cast(picture.format)

    def _cut(self, image: Image) -> Image:
        box_width, box_height = self._box()
        width, height = min(box_width or 0, image.width), min(box_height or 0, image.height)
        if (width, height) == (image.width, image.height):
            return image
        left, top = (image.width - width) // 2, (image.height - height) // 2
        return image.map_frames(lambda frame: frame.crop(left, top, width, height))
