"""From what was typed to a recipe: scrub first, the operation, and a conversion last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from safelight.batch.naming import Placement
from safelight.batch.plan import PlannedItem
from safelight.cli.fields import build
from safelight.engine.sealing import opening_of
from safelight.errors import OutputClash, ParameterInvalid, PolicyRefused
from safelight.formats import EXTENSIONS, FORMATS, LOSSY, SPELLINGS
from safelight.operation import Operation
from safelight.recipe import Recipe, operation_named
from safelight.settings import Settings
from safelight.settings.fields import PROFILES
from safelight.vault.stream import plain_name

SCRUB = "scrub"


def loaded(path: Path, settings: Settings) -> Recipe:
    """The recipe in a file; pictures that it names may be encrypted. Raises as Recipe.load."""
    return Recipe.load(path, settings.limits(), opening=opening_of(settings))


def with_scrub(recipe: Recipe, settings: Settings) -> Recipe:
    """The recipe with a scrub at its start, where the settings ask for another than the usual one.

    Between two cages no metadata crosses, whatever is asked: there a scrub would have nothing to
    do. Raises PolicyRefused when a step would leave more than a locked profile allows.
    """
    own = [step for step in recipe.steps if step.name == SCRUB]
    for step in own:
        _refuse_looser(step, settings)
    is_usual = settings.profile == "share" and not settings.keep
    if own or is_usual or recipe.in_two_cages or not recipe.gives_image:
        return recipe
    scrub = build(
        operation_named(SCRUB), {"profile": settings.profile, "keep": list(settings.keep)}
    )
    return replace(recipe, steps=(scrub, *recipe.steps))


def with_conversion(recipe: Recipe, format: str | None, quality: str | None) -> Recipe:
    """The recipe with a conversion at its end, where --format or --quality asks for one."""
    if format is None and quality is None:
        return recipe
    wishes: dict[str, Any] = {"to": format, "quality": quality}
    typed = {name: wish for name, wish in wishes.items() if wish is not None}
    return replace(recipe, steps=(*recipe.steps, build(operation_named("convert"), typed)))


def fitted(
    recipe: Recipe, items: Sequence[PlannedItem], placement: Placement, *, may_convert: bool
) -> Recipe:
    """The recipe that gives the format which the name after -o says.

    Raises OutputClash when name and format contradict each other.
    """
    item = items[0]
    is_file = len(items) == 1 and not placement.in_place and placement.output is not None
    if not is_file or item.target is None or placement.names_folder(several=False):
        return recipe
    suffix = plain_name(item.target).suffix.lower()
    named = next((name for name, endings in SPELLINGS.items() if suffix in endings), None)
    given = recipe.target_of(item.format) if item.format else recipe.wished_format
    if named is None or given is None or named == given:
        return recipe
    if may_convert and recipe.wished_format is None:
        return with_conversion(recipe, named, None)
    raise OutputClash(
        f"the output's name says {named}, and it would be {given}",
        hint=f"-o {plain_name(item.target).stem}.{EXTENSIONS[given]}, or a step that converts",
    )


def refuse_idle_quality(recipe: Recipe, items: Sequence[PlannedItem]) -> None:
    """Raises ParameterInvalid for a quality that was typed and that no result of these can have."""

    formats = {recipe.wished_format or item.format for item in items if not item.skip}
    is_typed = any(getattr(step, "quality", None) is not None for step in recipe.steps)
    if is_typed and formats and formats <= set(FORMATS) - set(LOSSY):
        raise ParameterInvalid(
            f"--quality: {', '.join(sorted(map(str, formats)))} has no quality to choose",
            hint="leave --quality away, or --format jpeg, webp, avif",
        )


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
