"""Profile: which work a case admits. By facts of operations and models, never by their names.

exact       every pixel follows from the parameters
bounded     mixed by fixed arithmetic: the same up to rounding
model       a model made pixels: illustrative at most, and marked so on the picture itself
generative  never
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from safelight.errors import PolicyRefused, UsageError
from safelight.models.providers import CPU, Device
from safelight.ops.watermark import Watermark
from safelight.recipe import Recipe

MARK = "ILLUSTRATION MADE WITH AI - NOT EVIDENCE"
# Width and height in pixels on which it can be read, on noise too (seen with eyes).
LEAST_MARKED = (240, 20)
ILLUSTRATIVE = "safelight case process ... --illustrative marks it as an illustration"
Effect = Literal["exact", "bounded", "model"]


def admitted(recipe: Recipe, device: Device, *, is_illustrative: bool) -> tuple[Recipe, Effect]:
    """The recipe as it is to run in a case, and what it makes of pixels; one that is illustrative
    writes on the picture that it is.

    Raises PolicyRefused for work that the evidence profile does not admit, UsageError for work that
    gives no picture, or for an illustration that no model makes.
    """
    if not recipe.gives_image:
        raise UsageError(
            "this work gives no picture, so there is nothing to add to the case",
            hint="safelight inspect CASE/originals/E0001.jpg, then safelight case note",
        )
    effect = effect_of(recipe)
    if effect == "model" and not is_illustrative:
        raise PolicyRefused(
            f"in a case, what a model made is no evidence: {_by(recipe, 'model')}",
            hint=ILLUSTRATIVE,
        )
    if is_illustrative:
        if effect != "model":
            raise UsageError("no model makes pixels here: leave --illustrative away")
        return replace(recipe, steps=(*recipe.steps, _mark())), effect
    if recipe.needs and device.kind != CPU.kind:
        raise PolicyRefused(
            "a card does not give the same answer twice, to the bit: not in a case",
            hint="--device cpu",
        )
    return recipe, effect


def effect_of(recipe: Recipe) -> Effect:
    """The least repeatable that some step is. Raises PolicyRefused for what is never admitted."""
    effects = {step.effect for step in recipe.steps}
    if None in effects or "generative" in effects:
        made_up = _by(recipe, None, "generative")
        raise PolicyRefused(
            f"in a case nothing is made up, and nothing done that cannot be repeated: {made_up}",
            hint="safelight help privacy",
        )
    # A method that needs no model is arithmetic, whatever else the operation could do.
    if "model" in effects:
        return "model" if recipe.needs else "bounded"
    return "bounded" if "bounded" in effects else "exact"


def _by(recipe: Recipe, *effects: str | None) -> str:
    return ", ".join(step.name for step in recipe.steps if step.effect in effects)


def _mark() -> Watermark:
    return Watermark(text=MARK, gravity="south", scale=90, margin=1, opacity=100)
