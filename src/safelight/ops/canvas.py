"""Put the picture on a larger canvas."""

from __future__ import annotations

from typing import Any, Self

from pydantic import Field, field_validator, model_validator

from safelight.errors import ParameterInvalid
from safelight.image import Image
from safelight.limits import MAX_SIDE
from safelight.operation import Context, Operation
from safelight.ops.placing.colours import HEX, able_to_hold, by_name, peak_of, samples
from safelight.ops.placing.gravity import Gravity, placed
from safelight.ops.placing.room import check_room

BLUR, EDGE, MIRROR, TRANSPARENT = "blur", "edge", "mirror", "transparent"
# Of the longer side of the canvas: so much that shapes go, and light and colour stay.
BLUR_SHARE = 0.02
# A blurred ground is made this small: there is nothing fine in it.
GROUND_SIDE = 256


class Canvas(Operation, name="canvas", effect="bounded"):
    """Put the picture on a larger canvas; none of it is cut, and it is not scaled.

    Give size, aspect or border. Of an animation, each frame gets the same canvas.
    """

    size: str | None = Field(
        None,
        pattern=r"^[1-9]\d{0,4}x[1-9]\d{0,4}$",
        description="width and height of the canvas in pixels, as 1080x1080",
        examples=["1080x1080"],
        json_schema_extra={"metavar": "WxH"},
    )
    aspect: str | None = Field(
        None,
        pattern=r"^[1-9]\d{0,4}:[1-9]\d{0,4}$",
        description="shape of the smallest canvas that holds the picture, as 1:1",
        json_schema_extra={"metavar": "A:B"},
    )
    border: int | None = Field(
        None,
        ge=1,
        le=MAX_SIDE,
        description="pixels added on each side",
        json_schema_extra={"short": "--pad"},
    )
    gravity: Gravity = Field("centre", description="where the picture lies on the canvas")
    background: str = Field(
        TRANSPARENT,
        pattern=rf"^({TRANSPARENT}|{BLUR}|{EDGE}|{MIRROR}|{HEX})$",
        description="what fills it: transparent (white where the format has no transparency), a "
        "colour as white or #rrggbb, edge (its outermost pixels), mirror, or blur (the picture "
        "itself, grown and blurred)",
    )

    @field_validator("background", mode="before")
    @classmethod
    def _by_name(cls, value: object) -> object:
        return by_name(value)

    @model_validator(mode="after")
    def _check(self) -> Self:
        if sum(way is not None for way in (self.size, self.aspect, self.border)) != 1:
            raise ValueError("give one of size, aspect, border")
        if self.border is not None and self.gravity != "centre":
            raise ValueError("gravity does not go with border")
        return self

    def size_for(self, width: int, height: int) -> tuple[int, int]:
        """The canvas for a picture of this size. Raises ParameterInvalid where it is too small."""
        if self.border is not None:
            return width + 2 * self.border, height + 2 * self.border
        if self.aspect is not None:
            across, down = map(int, self.aspect.split(":"))
            return max(width, -(-height * across // down)), max(height, -(-width * down // across))
        across, down = map(int, (self.size or "").split("x"))
        if across < width or down < height:
            raise ParameterInvalid(
                f"the picture of {width}x{height} is larger than the canvas of {across}x{down}",
                hint="resize it to fit first, or crop it",
            )
        return across, down

    def suffix(self) -> str:
        """photo.jpg becomes photo.canvas.jpg."""
        return "canvas"

    def apply(self, image: Image, ctx: Context) -> Image:
        """The picture on its canvas; the same picture if that is no larger.

        Raises ParameterInvalid, LimitExceeded.
        """
        size = self.size_for(image.width, image.height)
        if size == (image.width, image.height):
            return image
        check_room(*size, image.frames, ctx.limits)
        return image.map_frames(lambda frame: self._on_canvas(frame, size))

    def _on_canvas(self, frame: Any, size: tuple[int, int]) -> Any:
        left, top = placed(self.gravity, size[0] - frame.width, size[1] - frame.height)
        box = (left, top, *size)
        if self.background == BLUR:
            # Its own middle lies above its first line: the picture is read more than once.
            frame = frame.copy_memory()
            return _blurred(frame, size).insert(frame, left, top)
        if self.background in (EDGE, MIRROR):
            extend = "copy" if self.background == EDGE else "mirror"
            return frame.copy_memory().embed(*box, extend=extend)
        frame, under = self._with_ground(frame)
        return frame.embed(*box, extend="background", background=under)

    def _with_ground(self, frame: Any) -> tuple[Any, list[float]]:
        """The frame as it can hold its ground, and that ground."""
        if self.background != TRANSPARENT:
            frame = able_to_hold(frame, self.background)
            opaque = [float(peak_of(frame))] if frame.hasalpha() else []
            return frame, [*samples(self.background, frame), *opaque]
        # No ink is white paper, and needs no transparency.
        if not frame.hasalpha() and frame.interpretation != "cmyk":
            frame = frame.addalpha()
        return frame, [0.0] * int(frame.bands)


def _blurred(frame: Any, size: tuple[int, int]) -> Any:
    """The middle of the frame, as large as it takes to cover the canvas, blurred; opaque."""
    width, height = size
    share = min(1.0, GROUND_SIDE / max(size))
    across, down = max(1, round(width * share)), max(1, round(height * share))
    larger = max(across / frame.width, down / frame.height)
    ground = frame
    if frame.hasalpha():
        ground = frame.flatten(background=[peak_of(frame)], max_alpha=peak_of(frame))
    ground = ground.resize(max(larger, 1 / min(frame.width, frame.height)))
    ground = ground.embed(
        (across - ground.width) // 2,
        (down - ground.height) // 2,
        across,
        down,
        extend="copy",
    )
    ground = ground.gaussblur(max(1.0, BLUR_SHARE * max(across, down)))
    ground = ground.resize(width / across, vscale=height / down, kernel="cubic")
    ground = ground.embed(0, 0, width, height, extend="copy").cast(frame.format)
    if frame.hasalpha():
        ground = ground.bandjoin(peak_of(frame))
    return ground.copy(interpretation=frame.interpretation)
