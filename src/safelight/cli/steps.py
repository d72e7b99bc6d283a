"""From what was typed to a recipe: scrub first, the operation, and a conversion last."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from safelight.batch.naming import Placement
from safelight.batch.plan import PlannedItem
from safelight.cli.fields import build, extra
from safelight.errors import OutputClash, PolicyRefused, VerificationFailed
from safelight.formats import EXTENSIONS, SPELLINGS
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
    suffix = item.target.suffix.lower()
    named = next((name for name, endings in SPELLINGS.items() if suffix in endings), None)
    given = recipe.target_of(item.format) if item.format else recipe.wished_format
    if named is None or given is None or named == given:
        return recipe
    if may_convert and recipe.wished_format is None:
        return with_conversion(recipe, named, None)
    raise OutputClash(
        f"the output's name says {named}, and it would be {given}",
        hint=f"-o {item.target.stem}.{EXTENSIONS[given]}, or a step that converts",
    )


def with_pictures(
    operation: type[Operation], typed: dict[str, Any]
) -> tuple[dict[str, Any], tuple[Path, ...]]:
    """The parameters with the files of further pictures named by their SHA-256, and those files.

    What has an ending or a folder is a file. Raises InputMissing for one that cannot be read.
    """
    from safelight.engine.output import sha256_of
    from safelight.engine.source import unreadable

    found, files = dict(typed), []
    for name, field in operation.model_fields.items():
        mark, value = extra(field, "picture"), typed.get(name)
        is_file = isinstance(value, str) and (Path(value).suffix or Path(value).name != value)
        if mark and isinstance(value, str) and is_file:
            try:
                found[name] = mark + sha256_of(Path(value))
            except (OSError, VerificationFailed) as error:
                raise unreadable(error) from error
            files.append(Path(value))
    return found, tuple(files)


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
