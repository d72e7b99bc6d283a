"""From what was typed to a recipe: scrub first, the operation, and a conversion last."""

from __future__ import annotations

from typing import Any

from safelight.cli.fields import build
from safelight.errors import PolicyRefused
from safelight.operation import Operation
from safelight.recipe import Recipe, operation_named
from safelight.settings import Settings
from safelight.settings.fields import PROFILES

SCRUB = "scrub"


def with_scrub(recipe: Recipe, settings: Settings) -> Recipe:
    """The recipe with a scrub at its start, where the settings ask for another than the usual one.

    Raises PolicyRefused when a step would leave more than a locked profile allows.
    """
    own = [step for step in recipe.steps if step.name == SCRUB]
    for step in own:
        _refuse_looser(step, settings)
    if own or not recipe.gives_image or (settings.profile == "share" and not settings.keep):
        return recipe
    scrub = build(
        operation_named(SCRUB), {"profile": settings.profile, "keep": list(settings.keep)}
    )
    return Recipe((scrub, *recipe.steps), recipe.name)


def with_conversion(recipe: Recipe, format: str | None, quality: str | None) -> Recipe:
    """The recipe with a conversion at its end, where --format or --quality asks for one."""
    if format is None and quality is None:
        return recipe
    wishes: dict[str, Any] = {"to": format, "quality": quality}
    typed = {name: wish for name, wish in wishes.items() if wish is not None}
    return Recipe((*recipe.steps, build(operation_named("convert"), typed)), recipe.name)


def _refuse_looser(step: Operation, settings: Settings) -> None:
    for key in ("profile", "keep"):
        origin = settings.origins.get(key)
        if origin is None or not origin.is_locked:
            continue
        wish = getattr(step, key)
        is_looser = (
            PROFILES.index(wish) < PROFILES.index(settings.profile)
            if key == "profile"
            else not set(wish) <= set(settings.keep)
        )
        if is_looser:
            raise PolicyRefused(
                f"the scrub of this recipe leaves more than the locked {key} allows",
                hint="safelight config show --origin",
            )
