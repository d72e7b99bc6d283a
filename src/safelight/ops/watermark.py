"""Put a text or a picture over the picture."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Self

from pydantic import Field, field_validator, model_validator

from safelight.image import Image
from safelight.operation import SENSITIVE, Context, Operation
from safelight.ops.cutting.grounds import PICTURE
from safelight.ops.placing.colours import Colour, able_to_hold, rgb
from safelight.ops.placing.gravity import Gravity, placed

if TYPE_CHECKING:
    from safelight.ops.marking.marks import Mark

BLACK, WHITE = "#000000", "#ffffff"
# From this brightness on letters get a dark outline.
BRIGHT = 128
SLANT = -30.0
# Decimals of a degree.
FINEST = 4


class Watermark(Operation, name="watermark", keeps_places=True, effect="bounded"):
    """Put a text or a picture over the picture, once or all over it; of an animation, each frame.

    Letters have an outline, dark around light ones and light around dark ones, so that they can
    be read on any ground. The font that ships inside knows Latin, Greek and Cyrillic; for another
    script give image, a picture of the text. A mark that one can see can be cut off or painted
    over: it tells whose a picture is, and proves nothing.
    """

    text: str | None = Field(
        None,
        min_length=1,
        max_length=200,
        description="the text",
        examples=["'© Anna Müller'"],
        json_schema_extra=SENSITIVE,
    )
    image: str | None = Field(
        None,
        pattern=rf"^{PICTURE}[0-9a-f]{{64}}$",
        description="picture that is the mark, as logo.png; its transparency counts",
        json_schema_extra={"picture": PICTURE, "called": "logo", **SENSITIVE},
    )
    gravity: Gravity = Field("southeast", description="where the mark lies")
    margin: float = Field(
        3, ge=0, le=40, description="room to the edge, in percent of the shorter side"
    )
    scale: float = Field(
        30, gt=0, le=100, description="width of the mark, in percent of the picture's width"
    )
    opacity: float = Field(
        60, gt=0, le=100, description="100 hides what lies below, less lets it through"
    )
    angle: float | None = Field(
        None,
        ge=-360,
        le=360,
        description="degrees clockwise that the mark is turned; 0 if not given, tiled -30",
    )
    tile: bool = Field(False, description="all over the picture; gravity and margin do not count")
    colour: Colour = Field(WHITE, description="colour of the letters, as white or #rrggbb")
    outline: bool = Field(True, description="an outline around the letters")

    @field_validator("margin", "scale", "opacity", mode="before")
    @classmethod
    def _in_percent(cls, value: object) -> object:
        return value.removesuffix("%") if isinstance(value, str) else value

    @field_validator("text")
    @classmethod
    def _shown(cls, text: str | None) -> str | None:
        if text is not None and not (text.strip() and text.replace("\n", "").isprintable()):
            raise ValueError("the text has nothing to show, or signs that cannot be shown")
        return text

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.text is None) == (self.image is None):
            raise ValueError("give text or image")
        if self.image is not None and (self.colour != WHITE or not self.outline):
            raise ValueError("colour and outline are for a text")
        return self

    def pictures(self) -> tuple[str, ...]:
        """The mark, if it is a picture."""
        return () if self.image is None else (self.image.removeprefix(PICTURE),)

    def suffix(self) -> str:
        """photo.jpg becomes photo.watermarked.jpg."""
        return "watermarked"

    def apply(self, image: Image, ctx: Context) -> Image:
        """The picture with its mark.

        Raises ParameterInvalid for a text that the font cannot write, InputMissing without the
        picture that image names, InputRefused where that shows nothing.
        """
        from safelight.ops.marking.marks import sized, tiled

        mark = self._mark(ctx)
        angle = SLANT if self.angle is None and self.tile else round(self.angle or 0.0, FINEST)
        width = max(1, round(image.width * self.scale / 100))
        edge = round(min(image.width, image.height) * self.margin / 100)
        size = (image.width, image.height)
        if self.tile:
            shape = tiled(sized(mark, width, 0, size).copy_memory(), angle, size)
            return image.map_frames(partial(self._all_over, mark, shape))
        room = (image.width - 2 * edge, image.height - 2 * edge)
        shape = sized(mark, width, angle, room).copy_memory()
        shape = shape.crop(0, 0, min(shape.width, size[0]), min(shape.height, size[1]))
        left, top = placed(self.gravity, room[0] - shape.width, room[1] - shape.height)
        left = min(max(left + edge, 0), size[0] - shape.width)
        top = min(max(top + edge, 0), size[1] - shape.height)
        return image.map_frames(partial(self._at, mark, shape, (left, top)))

    def _mark(self, ctx: Context) -> Mark:
        from safelight.ops.marking.marks import Letters, Stamp

        if self.image is not None:
            return Stamp(ctx.picture(self.pictures()[0]))
        red, green, blue = rgb(self.colour)
        is_bright = 0.3 * red + 0.59 * green + 0.11 * blue >= BRIGHT
        around = (BLACK if is_bright else WHITE) if self.outline else None
        return Letters(self.text or "", self.colour, around)

    def _all_over(self, mark: Mark, shape: Any, frame: Any) -> Any:
        from safelight.ops.marking.marks import over

        frame = able_to_hold(frame, *mark.colour)
        return over(frame, mark.painted(shape, frame), self.opacity / 100)

    def _at(self, mark: Mark, shape: Any, place: tuple[int, int], frame: Any) -> Any:
        from safelight.ops.marking.marks import over

        frame = able_to_hold(frame, *mark.colour)
        part = frame.crop(*place, shape.width, shape.height)
        part = over(part, mark.painted(shape, part), self.opacity / 100)
        return frame.insert(part, *place)
