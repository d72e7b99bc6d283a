"""Change the format or how it is encoded."""

from __future__ import annotations

from typing import Self

from pydantic import Field, field_validator, model_validator

from safelight.annotation import Decision
from safelight.formats import LOSSY, TABLE, Format, Writable
from safelight.image import Chroma, Image
from safelight.limits import MAX_OUTPUT_BYTES
from safelight.operation import LATER, Context, Operation
from safelight.ops.cutting.grounds import NAMED

BOTH = tuple(format for format in LOSSY if TABLE[format].lossless)
DEPTHS = sorted({depth for facts in TABLE.values() for depth in facts.depths})


class Convert(Operation, name="convert", keeps_places=True, effect="bounded"):
    """Change the format or how it is encoded; pixels are touched only as the format needs.

    A format without transparency gets the background; one without 16 bit, CMYK or animation gets
    8 bit, sRGB and the first frame; what is lost is said. to_bytes searches for the best quality
    that fits, and says which one it was.
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
        description="colour under transparency where the format has none, as white or #rrggbb",
    )
    progressive: bool = Field(
        False,
        description="for jpeg and png: coarse first, then finer while it loads",
        json_schema_extra=LATER,
    )
    chroma: Chroma | None = Field(
        None,
        description="for jpeg and avif: colour in full (4:4:4) or at half the size (4:2:0)",
        json_schema_extra=LATER,
    )
    depth: int | None = Field(
        None,
        ge=8,
        le=16,
        description="bits of a sample: 8; also 16 for png, tiff, dicom; 10 or 12 for avif",
        json_schema_extra=LATER,
    )
    to_bytes: int | None = Field(
        None,
        ge=100,
        le=MAX_OUTPUT_BYTES,
        description="largest size of the file: the best quality that fits is searched for",
        json_schema_extra=LATER,
    )

    @field_validator("background", mode="before")
    @classmethod
    def _by_name(cls, value: object) -> object:
        """What was typed as a number stays as it was: its letters are in a recipe's digest."""
        return NAMED.get(value.lower(), value) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.lossless and self.quality is not None:
            raise ValueError("give quality or lossless, not both")
        if self.to_bytes is not None and self.quality is not None:
            raise ValueError("give quality or to_bytes, not both")
        if self.depth is not None and self.depth not in DEPTHS:
            raise ValueError(f"a depth is one of {', '.join(map(str, DEPTHS))}")
        if self.to is not None:
            self._check_for(self.to)
        return self

    def _check_for(self, format: Format) -> None:
        facts = TABLE[format]
        if self.quality is not None and not facts.lossy:
            raise ValueError(f"{format} has no quality to choose")
        if self.lossless and format not in BOTH:
            raise ValueError(f"lossless is for webp and avif, not for {format}")
        if self.progressive and "progressive" not in facts.asks:
            raise ValueError(f"progressive is for jpeg and png, not for {format}")
        if self.chroma is not None and "chroma" not in facts.asks:
            raise ValueError(f"chroma is for jpeg and avif, not for {format}")
        if self.depth is not None and self.depth not in facts.depths:
            depths = " or ".join(map(str, facts.depths))
            raise ValueError(f"{format} has {depths} bits a sample, not {self.depth}")

    def wished_format(self) -> Format | None:
        """The format asked for."""
        return self.to

    def decides(self) -> tuple[Decision, ...]:
        """The quality, where a size in bytes is asked for."""
        return ("quality",) if self.to_bytes is not None else ()

    def suffix(self) -> str:
        """None: the new extension tells."""
        return ""

    def apply(self, image: Image, ctx: Context) -> Image:
        """The same picture with another wish; what is not given stays as it was wished before.

        Raises ParameterInvalid for what the format of the input, which stays, does not have.
        """
        red, green, blue = bytes.fromhex(self.background[1:])
        given = {
            "format": self.to,
            "quality": self.quality,
            "effort": self.effort,
            "chroma": self.chroma,
            "depth": self.depth,
            "to_bytes": self.to_bytes,
            "progressive": self.progressive or None,
        }
        changes: dict[str, object] = {key: to for key, to in given.items() if to is not None}
        if self.lossless or self.quality is not None:
            changes["lossless"] = self.lossless
        return image.with_wish(**changes, background=(red, green, blue))
