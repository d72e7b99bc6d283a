"""Change the size in pixels."""

from __future__ import annotations

import re
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from safelight.formats import LOSSY, Format, Writable
from safelight.image import Image
from safelight.limits import MAX_SIDE
from safelight.operation import Context, Operation
from safelight.ops.placing.blending import smoothly
from safelight.ops.placing.gravity import Gravity, placed
from safelight.ops.placing.room import check_room

FIT = r"^(\d{1,5}x\d{0,5}|x\d{1,5})$"


class Resize(Operation, name="resize", version=2, effect="bounded"):
    """Change the size; never enlarges unless asked.

    Give fit, or width, or height, or both, or the longer side, or a share in percent. With one
    side the other follows. An animation keeps its frames.
    """

    fit: str | None = Field(
        None,
        pattern=FIT,
        description="box in pixels: 2000x1500, or one side as 2000x or x1500",
        examples=["2000x2000"],
        json_schema_extra={"metavar": "WxH"},
    )
    width: int | None = Field(None, ge=1, le=MAX_SIDE, description="width in pixels")
    height: int | None = Field(None, ge=1, le=MAX_SIDE, description="height in pixels")
    long: int | None = Field(
        None, ge=1, le=MAX_SIDE, description="the longer side in pixels, upright or not"
    )
    percent: float | None = Field(
        None, gt=0, le=1_000, description="size in percent of what it was; above 100 with enlarge"
    )
    mode: Literal["within", "cover", "exact"] = Field(
        "within",
        description="within keeps all of it, cover fills the box and cuts, exact stretches",
    )
    gravity: Gravity = Field("centre", description="which part cover leaves")
    enlarge: bool = Field(False, description="also make small pictures larger")
    linear: bool = Field(
        False, description="mix light instead of coded values: bright points stay bright; slower"
    )
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
        ways = (self.fit, self.width or self.height, self.long, self.percent)
        if sum(way is not None for way in ways) > 1:
            raise ValueError("give one of fit, width and height, long, percent")
        if all(way is None for way in ways):
            raise ValueError("give fit, width, height, long or percent")
        for side in (width, height):
            if side is not None and not 1 <= side <= MAX_SIDE:
                raise ValueError(f"a side is 1 to {MAX_SIDE} pixels")
        if self.mode != "within" and None in (width, height):
            raise ValueError(f"{self.mode} needs a box with both sides")
        if self.gravity != "centre" and self.mode != "cover":
            raise ValueError("gravity goes with mode cover")
        if (self.percent or 0) > 100 and not self.enlarge:
            raise ValueError("above 100 percent needs enlarge")
        if self.quality is not None and self.format not in (None, *LOSSY):
            raise ValueError(f"{self.format} has no quality to choose")
        return self

    def _box(self) -> tuple[int | None, int | None]:
        if self.fit is None:
            return self.width, self.height
        width, height = re.split("x", self.fit)
        return (int(width) if width else None, int(height) if height else None)

    def size_for(self, width: int, height: int) -> tuple[int, int]:
        """The size that a picture of this size is scaled to, before cover cuts it."""
        across, down = self._shares(width, height)
        if not self.enlarge:
            across, down = min(across, 1.0), min(down, 1.0)
        return max(1, round(width * across)), max(1, round(height * down))

    def _shares(self, width: int, height: int) -> tuple[float, float]:
        """What each side is multiplied with."""
        if self.percent is not None:
            return self.percent / 100, self.percent / 100
        if self.long is not None:
            return self.long / max(width, height), self.long / max(width, height)
        box = self._box()
        across = (box[0] or MAX_SIDE * width) / width
        down = (box[1] or MAX_SIDE * height) / height
        if self.mode == "exact":
            return across, down
        same = max(across, down) if self.mode == "cover" else min(across, down)
        return same, same

    def suffix(self) -> str:
        """photo.jpg becomes photo.resized.jpg."""
        return "resized"

    def wished_format(self) -> Format | None:
        """The format asked for."""
        return self.format

    def apply(self, image: Image, ctx: Context) -> Image:
        """A picture of the wished size; the same picture if nothing has to change.

        Raises LimitExceeded.
        """
        before, size = image, self.size_for(image.width, image.height)
        if size != (image.width, image.height):
            check_room(*size, image.frames, ctx.limits)
            reduced = image.with_pixels(image.at_least(*size))
            image = reduced.map_frames(lambda frame: self._scaled(frame, size))
            image = image.whole_as(before)
        if self.mode == "cover":
            image = self._cut(image)
        if self.format is not None:
            image = image.with_wish(format=self.format)
        return image if self.quality is None else image.with_wish(quality=self.quality)

    def _scaled(self, picture: Any, size: tuple[int, int]) -> Any:
        across, down = size[0] / picture.width, size[1] / picture.height

        def scaled(pixels: Any) -> Any:
            return pixels.resize(across, vscale=down, kernel=self.kernel)

        # Pixels that stay as they are need no weighing, and keep what they hide.
        if self.kernel == "nearest":
            return scaled(picture)
        return smoothly(picture, scaled, linear=self.linear)

    def _cut(self, image: Image) -> Image:
        box_width, box_height = self._box()
        width, height = min(box_width or 0, image.width), min(box_height or 0, image.height)
        if (width, height) == (image.width, image.height):
            return image
        left, top = placed(self.gravity, image.width - width, image.height - height)
        return image.map_frames(lambda frame: frame.crop(left, top, width, height))
