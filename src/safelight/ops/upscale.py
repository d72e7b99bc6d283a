"""Enlarge with a net that restores detail and invents none."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

from pydantic import Field

from safelight.errors import InputRefused, LimitExceeded, SomethingMissing
from safelight.image import ANIMATED, Image
from safelight.operation import Context, ModelNeed, Operation, Session

PROFILE = "icc-profile-data"


class Upscale(Operation, name="upscale"):
    """Enlarge a picture two, three or four times.

    Luma goes through the model, colour and transparency through bicubic. Grey stays grey, 16 bit
    stays 16 bit, CMYK becomes sRGB. The result is made row by row and never held whole. x3 is the
    x4 result, reduced.
    """

    scale: Literal[2, 3, 4] = Field(
        2,
        description="how many times larger on each side",
        examples=[4],
        json_schema_extra={"short": "-x"},
    )
    model: str = Field(
        "fast",
        min_length=1,
        max_length=64,
        description="name or alias of the model: safelight models list",
    )

    def needs(self) -> tuple[ModelNeed, ...]:
        """The one model: that for x4 serves x3 as well."""
        return (ModelNeed("upscale", self.model, 2 if self.scale == 2 else 4),)

    def suffix(self) -> str:
        """x2, x3 or x4."""
        return f"x{self.scale}"

    def apply(self, image: Image, ctx: Context) -> Image:
        """The enlarged picture.

        Raises LimitExceeded, InputRefused for an animation; while pixels are pulled, TimeExceeded.
        """
        session = ctx.session(self.needs()[0])
        _check_model(session)
        factor = int(session.model.output.scale)
        pixels = image.width * image.height * factor * factor
        if pixels > ctx.limits.output_pixels:
            raise LimitExceeded(
                f"enlarged, the picture would have {pixels} pixels,"
                f" the limit is {ctx.limits.output_pixels}"
            )
        source = _prepared(_still(image))
        picture, trouble = _enlarged(source, session, ctx)
        if source.get_typeof(PROFILE) != 0:
            picture = picture.copy()
            picture.set_type(source.get_typeof(PROFILE), PROFILE, source.get(PROFILE))
        if factor != self.scale:
            picture = picture.resize(
                image.width * self.scale / picture.width,
                vscale=image.height * self.scale / picture.height,
            )
        before = image.trouble
        return replace(image.with_pixels(picture), trouble=lambda: trouble() or before())


def _check_model(session: Session) -> None:
    facts = session.model
    if facts.input.kind != "luma" or facts.input.channels != 1:
        raise SomethingMissing(
            f"upscale takes models of luma, {facts.name} is one of {facts.input.kind}",
            hint="safelight models list",
        )


def _still(image: Image) -> Any:
    """The pixels of a still; of an animation its first frame, if a still format is wished."""
    if image.frames == 1:
        return image.vips
    if image.wish.format is None or image.wish.format in ANIMATED:
        raise InputRefused(
            f"upscale takes a still picture, this one has {image.frames} frames",
            hint="convert to png or jpeg before upscale: that takes the first frame",
        )
    return image.vips.crop(0, 0, image.width, image.height)


def _prepared(picture: Any) -> Any:
    """Grey or RGB. Colours under full transparency come from around, so that edges stay clean."""
    if picture.interpretation == "cmyk":
        depth = 16 if picture.format == "ushort" else 8
        picture = picture[0:4].icc_transform(
            "srgb", embedded=True, input_profile="cmyk", depth=depth
        )
        picture = picture.copy()
        picture.remove(PROFILE)
    if not picture.hasalpha():
        return picture
    last = picture.bands - 1
    colours, alpha = picture[0:last], picture[last]
    around = picture.premultiply().gaussblur(2).unpremultiply()[0:last].cast(picture.format)
    return (alpha > 0).ifthenelse(colours, around).bandjoin(alpha)


def _enlarged(picture: Any, session: Session, ctx: Context) -> tuple[Any, Any]:
    from safelight.ops.upscaling.enlarge import Enlarger
    from safelight.ops.upscaling.rows import Shape, lazy_picture
    from safelight.ops.upscaling.strips import blocks

    bits = 16 if picture.format == "ushort" else 8
    enlarger = Enlarger(session, 2**bits - 1, picture.bands, bool(picture.hasalpha()))
    factor = enlarger.scale
    shape = Shape(
        picture.width * factor, picture.height * factor, picture.bands, bits, enlarger.has_alpha
    )
    lazy, rows = lazy_picture(shape, blocks(picture, enlarger, ctx))
    return lazy.copy(interpretation=picture.interpretation), rows.trouble
