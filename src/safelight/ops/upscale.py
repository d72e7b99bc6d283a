"""Enlarge with a net that restores detail and invents none."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations_with_replacement
from math import prod
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from safelight.errors import InputRefused, LimitExceeded, ModelMissing
from safelight.image import Image
from safelight.limits import MAX_SIDE
from safelight.operation import Context, ModelNeed, Operation, Session
from safelight.ops.tiling.net import net_of
from safelight.ops.tiling.still import filled, standard, still, well_saved, with_profile_of
from safelight.ops.tiling.through import through

BOX = r"^([0-9]{1,5}x[0-9]{0,5}|x[0-9]{1,5})$"
USUAL_SCALE = 2
STEPS, MOST_TIMES, MOST_PASSES = (2, 3, 4), 16, 4
# Ways to enlarge, fewest passes first, and of those the cheapest: the work of a net is for each
# pixel that it is given, so the smaller step goes first. A model has one step, or some.
CHAINS = sorted(
    (
        chain
        for passes in range(MOST_PASSES + 1)
        for chain in combinations_with_replacement(STEPS, passes)
        if prod(chain) < MOST_TIMES * min(chain, default=1)
    ),
    key=lambda chain: (len(chain), prod(chain)),
)
# What does it where a model has no step of this scale, the best first.
INSTEAD = {2: (4, 3), 3: (4, 2), 4: (2, 3)}


class Upscale(Operation, name="upscale", version=3, effect="model"):
    """Enlarge a picture two, three or four times, or to a size.

    A model of luma gets luma, and colour goes through bicubic; a model of colour gets all three.
    Transparency goes through bicubic. Grey stays grey, 16 bit stays 16 bit, CMYK becomes sRGB.
    The result is made row by row and never held whole. A model that has no x3 does it by its x4,
    reduced; so is every size between the steps. JPEG, WebP and AVIF are saved with quality 92, and
    a JPEG with its colour at full size, unless a quality is asked for.
    """

    scale: Literal[2, 3, 4] | None = Field(
        None,
        description="how many times larger on each side; 2 where neither scale nor to is given",
        examples=[4],
        json_schema_extra={"short": "-x"},
    )
    to: str | None = Field(
        None,
        pattern=BOX,
        description="box in pixels that the result fits into: 4000x3000, or one side as 4000x",
        examples=["4000x3000"],
    )
    model: str = Field(
        "fast",
        min_length=1,
        max_length=64,
        description="name or alias of the model: safelight models list",
    )

    @model_validator(mode="before")
    @classmethod
    def _resolved(cls, given: Any) -> Any:
        is_open = isinstance(given, dict) and given.get("scale") is given.get("to") is None
        return {**given, "scale": USUAL_SCALE} if is_open else given

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.scale is not None and self.to is not None:
            raise ValueError("give scale or to, not both")
        if any(not 1 <= side <= MAX_SIDE for side in self._box() if side is not None):
            raise ValueError(f"a side is 1 to {MAX_SIDE} pixels")
        return self

    def _box(self) -> tuple[int | None, int | None]:
        width, height = re.split("x", self.to or "x")
        return (int(width) if width else None, int(height) if height else None)

    def needs(self) -> tuple[ModelNeed, ...]:
        """The model for the scale, or for another one where there is none; for a size that for x4,
        and those for other scales if any.
        """
        if self.scale is not None:
            return (self._need(self.scale, *INSTEAD[self.scale]),)
        return (self._need(4, *INSTEAD[4]), *map(self._optional, (2, 3)))

    def _need(self, scale: int, *instead: int) -> ModelNeed:
        other = self._need(*instead) if instead else None
        return ModelNeed("upscale", self.model, scale, otherwise=other)

    def _optional(self, scale: int) -> ModelNeed:
        return ModelNeed("upscale", self.model, scale, optional=True)

    def suffix(self) -> str:
        """x2, x3 or x4; or the box."""
        return self.to or f"x{self.scale}"

    def size_for(self, width: int, height: int) -> tuple[int, int]:
        """The size of the result for a picture of this size."""
        if self.scale is not None:
            return width * self.scale, height * self.scale
        box = self._box()
        factor = min((box[0] or MAX_SIDE * width) / width, (box[1] or MAX_SIDE * height) / height)
        return max(1, round(width * factor)), max(1, round(height * factor))

    def apply(self, image: Image, ctx: Context) -> Image:
        """The enlarged picture; with to, a picture that is larger than the box is reduced.

        Raises LimitExceeded, InputRefused for an animation or more than sixteen times; while
        pixels are pulled, TimeExceeded.
        """
        before, size = (image.width, image.height), self.size_for(image.width, image.height)
        if size == before:
            return image
        sessions = self._sessions(before, size, ctx)
        factor = 1
        for session in sessions:
            factor *= int(session.model.output.scale)
        _check_area(before, factor, ctx)
        if not sessions:
            picture = standard(still(image.with_pixels(image.at_least(*size))))
            return image.with_pixels(_reduced(filled(picture), size))
        source = filled(standard(still(image)))
        troubles = [image.trouble]
        picture = source
        for session in sessions:
            picture, rows = through(picture, net_of(session), ctx)
            troubles.append(rows.trouble)
        picture = with_profile_of(picture, source)
        return replace(
            well_saved(image.with_pixels(_reduced(picture, size))),
            trouble=lambda: next(filter(None, (trouble() for trouble in troubles)), None),
        )

    def _sessions(
        self, before: tuple[int, int], size: tuple[int, int], ctx: Context
    ) -> Sequence[Session]:
        """The steps of the shortest chain that reaches the size, of those that the model has."""
        times = max(size[0] / before[0], size[1] / before[1])
        if times > MOST_TIMES:
            raise InputRefused(
                f"{size[0]}x{size[1]} is more than {MOST_TIMES} times the picture's size",
                hint="upscale it once with -x 4, look at it, and go on from there",
            )
        lacking = ModelMissing()
        for chain in CHAINS:
            if prod(chain) >= times:
                try:
                    return [ctx.session(self._need(step)) for step in chain]
                except ModelMissing as error:
                    lacking = error
        raise lacking


def _check_area(before: tuple[int, int], factor: int, ctx: Context) -> None:
    pixels = before[0] * before[1] * factor**2
    if pixels > ctx.limits.output_pixels:
        raise LimitExceeded(
            f"enlarged, the picture would have {pixels} pixels,"
            f" the limit is {ctx.limits.output_pixels}"
        )


def _reduced(picture: Any, size: tuple[int, int]) -> Any:
    """Exactly this size, by Lanczos."""
    if size == (picture.width, picture.height):
        return picture
    across, down = size[0] / picture.width, size[1] / picture.height
    if not picture.hasalpha():
        return picture.resize(across, vscale=down)
    smooth = picture.premultiply().resize(across, vscale=down)
    return smooth.unpremultiply().cast(picture.format)
