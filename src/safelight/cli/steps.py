"""From what was typed to a recipe: the file that is named, and the format that a name asks for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from safelight.batch.naming import Placement
from safelight.batch.plan import PlannedItem
from safelight.batch.steps import with_conversion
from safelight.cli.fields import build
from safelight.engine.sealing import opening_of
from safelight.errors import OutputClash, ParameterInvalid
from safelight.formats import EXTENSIONS, FORMATS, LOSSY, SPELLINGS
from safelight.recipe import Recipe
from safelight.settings import Settings
from safelight.vault.stream import plain_name


def loaded(path: Path, settings: Settings) -> Recipe:
    """The recipe in a file; pictures that it names may be encrypted. Raises as Recipe.load."""
    return Recipe.load(path, settings.limits(), opening=opening_of(settings))


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
        return with_conversion(recipe, named, None, build)
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
