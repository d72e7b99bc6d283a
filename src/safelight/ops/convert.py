"""Change the format or how it is encoded."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from safelight.formats import LOSSY, TABLE, Format, Writable
from safelight.image import Image
from safelight.operation import Context, Operation

BOTH = tuple(format for format in LOSSY if TABLE[format].lossless)


class Convert(Operation, name="convert"):
    """Change the format or how it is encoded; pixels are touched only as the format needs.

    A format without transparency gets the background; one without 16 bit, CMYK or animation gets
    8 bit, sRGB and the first frame.
    """

    to: Writable | None = Field(
        None,
        description="format of the result; that of the input if not given",
        examples=["webp"],
    )
    quality: int | None = Field(
        None, ge=1, le=100, description="for jpeg, webp, avif: 1 is smallest, 100 is best"
    )
    lossless: bool = Field(False, description="for webp and avif: keep every pixel as it is")
    effort: int | None = Field(
        None, ge=0, le=9, description="0 is fastest, 9 gives the smallest file"
    )
    background: str = Field(
        "#ffffff",
        pattern=r"^#[0-9a-fA-F]{6}$",
        description="colour under transparency where the format has none, as #rrggbb",
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.to is not None and self.quality is not None and self.to not in LOSSY:
            raise ValueError(f"{self.to} has no quality, it keeps every pixel")
        if self.to is not None and self.lossless and self.to not in BOTH:
            raise ValueError(f"lossless is for webp and avif, not for {self.to}")
        if self.lossless and self.quality is not None:
            raise ValueError("give quality or lossless, not both")
        return self

    def wished_format(self) -> Format | None:
        """The format asked for."""
        return self.to

    def suffix(self) -> str:
        """None: the new extension tells."""
        return ""

    def apply(self, image: Image, ctx: Context) -> Image:
        """The same picture with another wish; what is not given stays as it was wished before."""
        red, green, blue = bytes.fromhex(self.background[1:])
        given = {"format": self.to, "quality": self.quality, "effort": self.effort}
        changes: dict[str, object] = {key: to for key, to in given.items() if to is not None}
        if self.lossless or self.quality is not None:
            changes["lossless"] = self.lossless
        return image.with_wish(**changes, background=(red, green, blue))
