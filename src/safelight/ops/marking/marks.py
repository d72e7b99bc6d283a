"""A mark: something with a shape that is scaled, turned and laid out, then painted onto a picture.

While it is laid out it is plain coverage: bands in which nothing is 0. Only then does it get the
colours of the picture it goes on, so that it is right in every colour space and depth.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Protocol

from safelight.errors import InputRefused
from safelight.image import Image
from safelight.ops.cutting.source import fitted
from safelight.ops.marking.lettering import lettered
from safelight.ops.placing.colours import in_space_of, peak_of, samples

FULL = 255


@dataclass(frozen=True)
class Paint:
    """Colours weighed by coverage, in a picture's own space, and coverage 0..1."""

    colours: Any
    coverage: Any


class Mark(Protocol):
    """shape() gives bands in which nothing is 0, about as wide as asked; painted() makes of them,
    scaled and turned, what lies over a picture.
    """

    @property
    def colour(self) -> tuple[str, ...]: ...

    def shape(self, width: int) -> Any: ...

    def painted(self, shape: Any, picture: Any) -> Paint: ...


@dataclass(frozen=True)
class Letters:
    """A text in one colour, with an outline in another or without."""

    text: str
    fill: str
    outline: str | None

    @property
    def colour(self) -> tuple[str, ...]:
        return (self.fill,) if self.outline is None else (self.fill, self.outline)

    def shape(self, width: int) -> Any:
        """Coverage of the letters, and of letters and outline."""
        return lettered(self.text, width)

    def painted(self, shape: Any, picture: Any) -> Paint:
        letters = shape[0] / FULL
        colours = letters * samples(self.fill, picture)
        if self.outline is None:
            return Paint(colours, letters)
        whole = shape[1] / FULL
        around = (whole - letters).cast("float")
        around = (around > 0).ifthenelse(around, 0)
        return Paint(colours + around * samples(self.outline, picture), letters + around)


@dataclass(frozen=True)
class Stamp:
    """A picture, in sRGB where it goes onto grey."""

    image: Image

    @property
    def colour(self) -> tuple[str, ...]:
        # Any colour at all.
        return ("#ff0000",)

    def shape(self, width: int) -> Any:
        """Colours of sRGB weighed by alpha, and alpha, in 8 bit steps. Raises InputRefused where it
        shows nothing.
        """
        image = self.image
        share = min(1.0, width / image.width)
        across, down = (max(1, round(side * share)) for side in (image.width, image.height))
        pixels = image.at_least(across, down) if image.frames == 1 else image.vips
        pixels = fitted(pixels.crop(0, 0, pixels.width, pixels.get_page_height()), to_srgb=True)
        if pixels.format == "ushort":
            pixels = pixels.cast("uchar", shift=True).copy(interpretation="srgb")
        if not pixels.hasalpha():
            pixels = pixels.addalpha()
        pixels = pixels.copy_memory()
        alpha = pixels[3]
        if not alpha.max():
            raise InputRefused("the mark shows nothing: it is transparent all over")
        return (pixels[0:3] * (alpha / FULL)).bandjoin(alpha)

    def painted(self, shape: Any, picture: Any) -> Paint:
        return coloured(shape, picture)


def coloured(shape: Any, picture: Any) -> Paint:
    """Colours of sRGB weighed by alpha, and alpha, in 8 bit steps, as paint for a picture."""
    alpha = shape[3]
    coverage = clipped(alpha / FULL)
    plain = (alpha > 0).ifthenelse(shape[0:3] / alpha * FULL, 0).rint().cast("uchar")
    own = in_space_of(plain.copy(interpretation="srgb"), picture)
    if own.format != picture.format:
        own = own.cast(picture.format, shift=True)
    return Paint(own * coverage, coverage)


def clipped(share: Any) -> Any:
    """Within 0..1."""
    share = (share > 0).ifthenelse(share, 0)
    return (share < 1).ifthenelse(share, 1)


def sized(mark: Mark, width: int, angle: float, room: tuple[int, int]) -> Any:
    """The shape, so wide before it is turned, and made smaller where it would not fit the room."""
    shape = mark.shape(width)
    height = max(1, round(shape.height * width / shape.width))
    sine, cosine = _wave(angle)
    across = abs(width * cosine) + abs(height * sine)
    down = abs(width * sine) + abs(height * cosine)
    share = min(1.0, max(1, room[0] - 2) / across, max(1, room[1] - 2) / down)
    if share < 1:
        width, height = max(1, round(width * share)), max(1, round(height * share))
        shape = mark.shape(width)
    if (shape.width, shape.height) != (width, height):
        across, down = width / shape.width, height / shape.height
        shape = shape.resize(across, vscale=down, kernel="linear")
    return turned(shape, angle)


def turned(shape: Any, angle: float) -> Any:
    """Turned clockwise; what opens is nothing."""
    import pyvips

    if angle % 90 == 0:
        return shape if angle % 360 == 0 else getattr(shape, f"rot{angle % 360:.0f}")()
    sine, cosine = _wave(angle)
    return shape.affine(
        [cosine, -sine, sine, cosine],
        interpolate=pyvips.Interpolate.new("bilinear"),
        premultiplied=True,
    )


def _wave(angle: float) -> tuple[float, float]:
    return math.sin(math.radians(angle)), math.cos(math.radians(angle))


def tiled(shape: Any, angle: float, size: tuple[int, int]) -> Any:
    """The shape again and again, every second row moved by half, turned, cut to this size."""
    across, down = shape.width + max(2, shape.width // 2), 3 * shape.height
    cell = shape.embed(0, down // 3, across, down)
    pair = cell.join(cell.wrap(x=across // 2, y=0), "vertical")
    reach = math.ceil(math.hypot(*size)) + 4
    field = pair.replicate(-(-reach // across) + 1, -(-reach // pair.height) + 1)
    field = turned(field.crop(0, 0, reach, reach), angle)
    left, top = (field.width - size[0]) // 2, (field.height - size[1]) // 2
    return field.crop(left, top, *size)


def over(picture: Any, paint: Paint, opacity: float) -> Any:
    """The picture with the paint over it: what shows of the paint is coverage times opacity."""
    colours, cover = paint.colours * opacity, paint.coverage * opacity
    if not picture.hasalpha():
        mixed = picture * (1 - cover) + colours
        return _as(mixed, picture)
    last, peak = picture.bands - 1, peak_of(picture)
    beneath = picture[last] / peak * (1 - cover)
    alpha = cover + beneath
    mixed = (alpha > 0).ifthenelse((picture[0:last] * beneath + colours) / alpha, picture[0:last])
    return _as(mixed.bandjoin(alpha * peak), picture)


def _as(mixed: Any, picture: Any) -> Any:
    return mixed.rint().cast(picture.format).copy(interpretation=picture.interpretation)
