"""Repair what a picture went through: compression as JPEG, and noise."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from safelight.image import Annotation, Image
from safelight.operation import Context, ModelNeed, Operation
from safelight.ops.tiling.net import net_of
from safelight.ops.tiling.still import standard, still, with_profile_of
from safelight.ops.tiling.through import through

# Standard deviation, in steps of 8 bit, that one step of strength stands for.
SIGMA_PER_STRENGTH = 0.5
LARGEST_SIGMA = 50.0
# Fine texture of a clean picture is told from noise only above this.
LEAST_SIGMA = 4.0
# Compression better than this leaves nothing to see.
GOOD_QUALITY = 95
# Clean pictures show up to 0.1, those saved at quality 70 nearly always over 0.12.
LEAST_BLOCKINESS = 0.12
UNKNOWN_QUALITY = 0


@dataclass(frozen=True, slots=True)
class Damage:
    """What to repair: the quality it was saved with, 0 if unknown; the noise. None: nothing."""

    quality: int | None
    sigma: float | None


class Restore(Operation, name="restore"):
    """Repair what JPEG and noise did to a picture; a clean one stays as it is, bit for bit.

    JPEG first, then noise. auto looks: at the file's own tables, or for the grid of blocks; at the
    smooth parts for noise. Grey stays grey, 16 bit stays 16 bit, transparency is not touched, CMYK
    becomes sRGB. The result is made row by row and never held whole.
    """

    denoise: Annotated[int, Field(ge=0, le=100)] | Literal["auto", "off"] = Field(
        "auto",
        description="how much noise to remove: auto, off, or 0 to 100; twice the noise's standard"
        " deviation in steps of 8 bit, so 50 suits a sigma of 25",
        examples=[30],
        json_schema_extra={"metavar": "auto|off|0-100"},
    )
    jpeg: Annotated[int, Field(ge=1, le=100)] | Literal["auto", "off"] = Field(
        "auto",
        description="the quality that the picture was once saved with: auto, off, or 1 to 100;"
        " above 95 there is nothing to repair",
        examples=[40],
        json_schema_extra={"metavar": "auto|off|1-100"},
    )

    @field_validator("denoise", "jpeg", mode="before")
    @classmethod
    def _word_or_number(cls, value: Any) -> Any:
        is_number = isinstance(value, int) and not isinstance(value, bool)
        if value in ("auto", "off") or (is_number and value <= 100):
            return value
        if isinstance(value, str) and re.fullmatch(r"\d{1,2}|100", value):
            return int(value)
        raise ValueError("should be auto, off, or a whole number up to 100")

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.needs():
            raise ValueError("there is nothing to do with both denoise and jpeg off")
        return self

    def needs(self) -> tuple[ModelNeed, ...]:
        """A model for each repair that these parameters do not rule out."""
        jpeg = () if self.jpeg == "off" else (ModelNeed("dejpeg", "fast"),)
        return jpeg + (() if self.denoise in ("off", 0) else (ModelNeed("denoise", "fast"),))

    def suffix(self) -> str:
        """photo.jpg becomes photo.restored.jpg."""
        return "restored"

    def apply(self, image: Image, ctx: Context) -> Image:
        """The repaired picture, with what auto found among the annotations; the same picture where
        there is nothing to repair.

        A picture that an operation before this changed is held in memory if auto must look at it.
        Raises InputRefused for an animation; while pixels are pulled, TimeExceeded.
        """
        if "auto" in (self.denoise, self.jpeg) and not image.is_untouched:
            image = _held(image)
        damage = self._damage(image)
        image = image.with_annotations(*self._told(damage))
        if damage.quality is not None:
            image = _repaired(
                image, ModelNeed("dejpeg", "fast"), {"quality": damage.quality / 100}, ctx
            )
        if damage.sigma is not None:
            image = _repaired(
                image, ModelNeed("denoise", "fast"), {"sigma": damage.sigma / 100}, ctx
            )
        return image

    def _damage(self, image: Image) -> Damage:
        """What the parameters say, and where they say auto, what a sample shows."""
        quality = self.jpeg if isinstance(self.jpeg, int) else None
        sigma = self.denoise * SIGMA_PER_STRENGTH if isinstance(self.denoise, int) else None
        own = image.header.quality if image.is_untouched else None
        by_tables = own is not None and own <= GOOD_QUALITY
        if self.jpeg == "auto" and by_tables:
            quality = own
        if self.denoise == "auto" or (self.jpeg == "auto" and not by_tables):
            from safelight.ops.restoring.grid import blockiness
            from safelight.ops.restoring.noise import noise_sigma
            from safelight.ops.restoring.sample import patches

            sample = patches(standard(still(image)))
            if self.denoise == "auto":
                found = noise_sigma(sample)
                sigma = min(found, LARGEST_SIGMA) if found >= LEAST_SIGMA else None
            if self.jpeg == "auto" and not by_tables and blockiness(sample) > LEAST_BLOCKINESS:
                quality = UNKNOWN_QUALITY
        return Damage(
            quality if quality is None or quality <= GOOD_QUALITY else None, sigma or None
        )

    def _told(self, damage: Damage) -> tuple[Annotation, ...]:
        """What auto decided to repair: the quality and the sigma, in hundredths."""
        told: tuple[Annotation, ...] = ()
        if self.jpeg == "auto" and damage.quality is not None:
            told += (Annotation("jpeg-quality", self.name, damage.quality / 100),)
        if self.denoise == "auto" and damage.sigma is not None:
            told += (Annotation("noise", self.name, damage.sigma / 100),)
        return told


def _held(image: Image) -> Image:
    """The picture with its pixels in memory, so that they can be looked at and then used."""
    try:
        return image.with_pixels(image.vips.copy_memory())
    except Exception:
        trouble = image.trouble()
        if trouble is not None:
            raise trouble from None
        raise


def _repaired(image: Image, need: ModelNeed, planes: Mapping[str, float], ctx: Context) -> Image:
    net = net_of(ctx.session(need), planes)
    source, before = standard(still(image)), image.trouble
    picture, rows = through(source, net, ctx)
    picture = with_profile_of(picture, source)
    return replace(image.with_pixels(picture), trouble=lambda: before() or rows.trouble())
