"""Give the vector of a picture: alike pictures have nearly the same."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from pydantic import Field

from safelight.errors import ModelFaulty, ModelMissing
from safelight.image import Image
from safelight.operation import Context, ModelNeed, Operation
from safelight.ops.looking.sample import shown_to

# Shorter than this, an answer has no direction.
TINY = 1e-12


class Embed(Operation, name="embed", gives_image=False, gives_vector=True):
    """Give a vector for finding look-alikes and near duplicates.

    The product of two vectors is how alike two pictures are: 1 for the same picture, and nearly
    that for copies that were reduced, cut, turned, mirrored, made grey or saved again. The model
    that comes along tells neither persons nor things apart; others do, and for some of them a
    second one reads words into the same space. A vector says something of its picture: treat it as
    personal data where the picture is. It goes to the standard output alone and into no receipt.
    """

    model: str = Field(
        "alike",
        min_length=1,
        max_length=64,
        description="name or alias of the model: safelight models list",
    )

    def needs(self) -> tuple[ModelNeed, ...]:
        """The one model."""
        return (ModelNeed("embed", self.model),)

    def apply(self, image: Image, ctx: Context) -> Image:
        """The same picture with its vector, of length 1; of an animation, its first frame's."""
        need = self.needs()[0]
        _check(ctx.session(need).model)
        shown = shown_to(image, ctx, need)
        return shown.image.with_vector(_direction(ctx.look(need, shown).vector))


def _check(facts: Any) -> None:
    given = facts.input
    is_fit = given.kind in ("rgb", "luma") and given.resize != "tile"
    if not is_fit or facts.output.kind != "vector":
        raise ModelMissing(
            "the model gives no vector of a picture: that takes a whole one, at one size",
            hint="safelight models list",
        )


def _direction(vector: Sequence[float]) -> tuple[float, ...]:
    """Of length 1. Raises ModelFaulty for a vector that has no direction."""
    length = math.hypot(*vector)
    if not length > TINY:
        raise ModelFaulty("the vector that the model gave has no direction")
    return tuple(value / length for value in vector)
