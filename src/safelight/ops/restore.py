"""Repair what a picture went through: compression as JPEG, and noise."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from safelight.annotation import Annotation, Decision
from safelight.image import Image
from safelight.operation import LATER, Context, ModelNeed, Operation
from safelight.ops.tiling.net import net_of
from safelight.ops.tiling.still import held, standard, still, with_profile_of
from safelight.ops.tiling.through import through

if TYPE_CHECKING:
    from safelight.ops.restoring.sample import Patch

    Sampler = Callable[[], list[Patch]]

# Standard deviation, in steps of 8 bit, that one step of strength stands for.
SIGMA_PER_STRENGTH = 0.5
LARGEST_SIGMA = 50.0
# Fine texture of a clean picture is told from noise only above this.
LEAST_SIGMA = 6.0
# Above it the net takes more than it gives.
MOST_QUALITY = 88
# Above it what the net gives a JPEG is less than saving it again takes, by bench/restore.py.
WORTH_SAVING_AGAIN = 78
# What a repaired picture is saved with if nobody asks for a quality.
FINE_QUALITY = 95
UNKNOWN_QUALITY = 0
USUAL = "fast"


@dataclass(frozen=True, slots=True)
class Damage:
    """What to repair: the quality to repair for, and the noise; None: nothing. is_guess: that
    quality is the best that the picture can have been saved with, not the one it was.
    """

    quality: int | None
    sigma: float | None
    is_guess: bool = False


class Restore(Operation, name="restore", version=2, keeps_places=True, effect="model"):
    """Repair what JPEG and noise did to a picture; a clean one stays as it is, bit for bit.

    JPEG first, then noise. auto looks: at the file's own tables, or for the grid of blocks; at the
    smooth parts for noise. Grey stays grey, 16 bit stays 16 bit, transparency is not touched, CMYK
    becomes sRGB. What was repaired is saved with quality 95, or the input's if that is better,
    unless a quality is asked for. The result is made row by row and never held whole.
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
        f" above {MOST_QUALITY} there is nothing to repair",
        examples=[40],
        json_schema_extra={"metavar": "auto|off|1-100"},
    )
    model: str = Field(
        USUAL,
        min_length=1,
        max_length=64,
        description="name or alias of the model that removes noise: safelight models list; one of"
        " luma leaves the noise of colours",
        json_schema_extra=LATER,
    )

    @field_validator("denoise", "jpeg", mode="before")
    @classmethod
    def _word_or_number(cls, value: Any) -> Any:
        is_number = isinstance(value, int) and not isinstance(value, bool)
        if value in ("auto", "off") or (is_number and value <= 100):
            return value
        if isinstance(value, str) and re.fullmatch(r"[0-9]{1,2}|100", value):
            return int(value)
        raise ValueError("should be auto, off, or a whole number up to 100")

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.needs():
            raise ValueError("there is nothing to do with both denoise and jpeg off")
        if self.model != USUAL and self.denoise in ("off", 0):
            raise ValueError("model goes with denoise, which is off")
        return self

    def needs(self) -> tuple[ModelNeed, ...]:
        """A model for each repair that these parameters do not rule out."""
        jpeg = () if self.jpeg == "off" else (ModelNeed("dejpeg", USUAL),)
        return jpeg + (() if self.denoise in ("off", 0) else (ModelNeed("denoise", self.model),))

    def decides(self) -> tuple[Decision, ...]:
        """What auto finds."""
        by_word: tuple[tuple[object, Decision], ...] = (
            (self.jpeg, "jpeg-quality"),
            (self.denoise, "noise"),
        )
        return tuple(kind for word, kind in by_word if word == "auto")

    def suffix(self) -> str:
        """photo.jpg becomes photo.restored.jpg."""
        return "restored"

    def apply(self, image: Image, ctx: Context) -> Image:
        """The repaired picture, with what auto found among the annotations; the same picture where
        there is nothing to repair.

        A picture that an operation before this changed is held in memory if auto must look at it.
        Raises InputRefused for an animation; while pixels are pulled, TimeExceeded.
        """
        if "auto" in (self.denoise, self.jpeg):
            image = held(image)
        damage = self._damage(image)
        image = image.with_annotations(*self._told(damage))
        repairs = tuple(self._repairs(damage))
        for need, planes in repairs:
            image = _repaired(image, need, planes, ctx)
        if not repairs:
            return image
        return image.with_wish(least_quality=max(FINE_QUALITY, image.header.quality or 0))

    def _damage(self, image: Image) -> Damage:
        """What the parameters say, and where they say auto, what a sample shows."""

        @cache
        def sample() -> list[Patch]:
            from safelight.ops.restoring.sample import patches

            return patches(standard(still(image)))

        quality, is_guess = self._compression(image, sample)
        return Damage(quality, self._noise(sample), is_guess)

    def _compression(self, image: Image, sample: Sampler) -> tuple[int | None, bool]:
        """The quality to repair for, if any, and whether it is a guess by the grid."""
        if self.jpeg == "off":
            return None, False
        if isinstance(self.jpeg, int):
            return (self.jpeg if self.jpeg <= MOST_QUALITY else None), False
        own = image.header.quality if image.is_untouched else None
        if own is not None and own <= WORTH_SAVING_AGAIN:
            return own, False
        from safelight.ops.restoring.grid import best_quality, blockiness

        best = best_quality(blockiness(sample()))
        # Good tables explain a grid unless it is stronger than they can leave.
        most = MOST_QUALITY if own is None else WORTH_SAVING_AGAIN
        return (best if best <= most else None), True

    def _noise(self, sample: Sampler) -> float | None:
        """The standard deviation to remove, if any."""
        if self.denoise == "off":
            return None
        if isinstance(self.denoise, int):
            return self.denoise * SIGMA_PER_STRENGTH or None
        from safelight.ops.restoring.noise import noise_sigma

        found = noise_sigma(sample())
        return min(found, LARGEST_SIGMA) if found >= LEAST_SIGMA else None

    def _repairs(self, damage: Damage) -> Iterator[tuple[ModelNeed, dict[str, float]]]:
        """Each net that the damage wants, in order, with the plane that tells it how bad it is,
        which not every one takes.
        """
        if damage.quality is not None:
            yield ModelNeed("dejpeg", USUAL), {"quality": damage.quality / 100}
        if damage.sigma is not None:
            yield ModelNeed("denoise", self.model), {"sigma": damage.sigma / 100}

    def _told(self, damage: Damage) -> tuple[Annotation, ...]:
        """What auto decided to repair: the quality and the sigma, in hundredths."""
        told: tuple[Annotation, ...] = ()
        if self.jpeg == "auto" and damage.quality is not None:
            quality = UNKNOWN_QUALITY if damage.is_guess else damage.quality
            told += (Annotation("jpeg-quality", self.name, quality / 100),)
        if self.denoise == "auto" and damage.sigma is not None:
            told += (Annotation("noise", self.name, damage.sigma / 100),)
        return told


def _repaired(image: Image, need: ModelNeed, planes: Mapping[str, float], ctx: Context) -> Image:
    net = net_of(ctx.session(need), planes)
    source, before = standard(still(image)), image.trouble
    picture, rows = through(source, net, ctx)
    picture = with_profile_of(picture, source)
    return replace(image.with_pixels(picture), trouble=lambda: before() or rows.trouble())
