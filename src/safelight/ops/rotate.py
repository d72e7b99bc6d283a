"""Turn the picture."""

from __future__ import annotations

import math
from typing import Any, Self

from pydantic import Field, model_validator

from safelight.image import Image
from safelight.operation import Context, Operation
from safelight.ops.placing.blending import smoothly
from safelight.ops.placing.colours import Colour, able_to_hold, peak_of, samples
from safelight.ops.placing.room import check_room

QUARTER = 90
# Decimals of a degree: at the edge of the largest picture, less than a pixel.
FINEST = 4


class Rotate(Operation, name="rotate", effect="bounded"):
    """Turn the picture clockwise, as displayed; of an animation, each frame.

    By 90, 180 or 270 degrees only the order of the pixels changes. By any other angle they are
    mixed anew, and the corners that open are filled or cut off. What a camera noted about
    how it was held is applied already.
    """

    angle: float = Field(
        description="degrees clockwise, below zero the other way", ge=-360, le=360, examples=[90]
    )
    background: Colour | None = Field(
        None,
        description="colour of the corners, as white or #rrggbb; transparent if not given, and "
        "white where the format has no transparency",
    )
    cut: bool = Field(False, description="cut to the largest part without open corners")

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.cut and self.background is not None:
            raise ValueError("give cut or background, not both: cut leaves no corners to fill")
        return self

    def suffix(self) -> str:
        """photo.jpg becomes photo.turned.jpg."""
        return "turned"

    def apply(self, image: Image, ctx: Context) -> Image:
        """The turned picture; the same picture for a whole turn. Raises LimitExceeded."""
        turn = round(self.angle, FINEST) % 360
        if turn == 0:
            return image
        if turn % QUARTER:
            size = _turned_size(image.width, image.height, turn)
            check_room(*size, image.frames, ctx.limits)
            return image.map_frames(lambda frame: self._mixed(frame.copy_memory(), turn))
        name = f"rot{turn:.0f}"
        return image.map_frames(lambda frame: getattr(frame.copy_memory(), name)())

    def _mixed(self, frame: Any, turn: float) -> Any:
        """The frame turned by an angle that mixes its pixels."""
        import pyvips

        width, height = frame.width, frame.height
        frame, under = self._with_ground(frame)
        options = {
            "interpolate": pyvips.Interpolate.new("bicubic"),
            # What is cut off must not be mixed into what stays.
            "extend": "copy" if self.cut else "background",
            "background": under,
            "premultiplied": True,
        }
        matrix = _matrix(turn)
        turned = smoothly(frame, lambda pixels: pixels.affine(matrix, **options))
        if not self.cut:
            return turned
        across, down = largest_inside(width, height, turn)
        left, top = (turned.width - across) // 2, (turned.height - down) // 2
        return turned.crop(left, top, across, down)

    def _with_ground(self, frame: Any) -> tuple[Any, list[float]]:
        """The frame as it can hold its ground, and that ground, weighed by its alpha."""
        if self.background is not None:
            frame = able_to_hold(frame, self.background)
            opaque = [float(peak_of(frame))] if frame.hasalpha() else []
            return frame, [*samples(self.background, frame), *opaque]
        # No ink is white paper, and needs no transparency. What is cut has no corners to show.
        if frame.interpretation != "cmyk" and not self.cut and not frame.hasalpha():
            frame = frame.addalpha()
        return frame, [0.0] * int(frame.bands)


def _matrix(turn: float) -> list[float]:
    sine, cosine = math.sin(math.radians(turn)), math.cos(math.radians(turn))
    return [cosine, -sine, sine, cosine]


def _turned_size(width: int, height: int, turn: float) -> tuple[int, int]:
    sine, cosine = abs(math.sin(math.radians(turn))), abs(math.cos(math.radians(turn)))
    return math.ceil(width * cosine + height * sine), math.ceil(width * sine + height * cosine)


def largest_inside(width: int, height: int, turn: float) -> tuple[int, int]:
    """Width and height of the largest upright part of a turned picture that shows no corner.

    One pixel is left off all around: there the edge is mixed with what lies beyond it.
    """
    sine, cosine = abs(math.sin(math.radians(turn))), abs(math.cos(math.radians(turn)))
    long, short = max(width, height), min(width, height)
    if short <= 2 * sine * cosine * long or abs(sine - cosine) < 1e-9:
        # Two corners touch the longer sides, and the others lie free between the shorter.
        half = short / 2
        across, down = (half / sine, half / cosine)
        across, down = (across, down) if width >= height else (down, across)
    else:
        squared = cosine * cosine - sine * sine
        across = (width * cosine - height * sine) / squared
        down = (height * cosine - width * sine) / squared
    return max(1, math.floor(across) - 2), max(1, math.floor(down) - 2)
