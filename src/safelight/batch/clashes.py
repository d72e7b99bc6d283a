"""Clashes: outputs that would be one another, an input, or a picture of the recipe."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from safelight.errors import OutputClash
from safelight.recipe import Recipe
from safelight.vault.stream import SUFFIX, is_encrypted_name

if TYPE_CHECKING:
    from safelight.batch.plan import PlannedItem


def refuse_clashes(items: list[PlannedItem], recipe: Recipe) -> None:
    """Raises OutputClash for an output that is another item's, an input, or a picture of the
    recipe.
    """
    seen: dict[str, PlannedItem] = {}
    sources = {
        os.path.realpath(item.source): item
        for item in items
        if item.source is not None and not item.skip
    }
    for item in items:
        if item.target is None:
            continue
        victim = sources.get(os.path.realpath(item.target), item)
        if victim is not item:
            raise OutputClash(
                f"the output of {item.shown} would be the input {victim.shown}",
                hint="another -o, or name fewer inputs",
            )
        if any(_is_same(item.target, path) for path in recipe.files.values()):
            raise OutputClash(
                f"the output of {item.shown} would be a picture that the recipe uses",
                hint="another -o",
            )
        other = seen.setdefault(os.path.normcase(os.path.abspath(item.target)), item)
        if other is not item:
            # who wanted encrypted files is not led to plain ones
            ending = SUFFIX if is_encrypted_name(item.target) else ""
            raise OutputClash(
                f"{other.shown} and {item.shown} would have the same output {item.target}",
                hint=f"--name '{{stem}}-{{index}}.{{ext}}{ending}' gives each a name of its own",
            )


def _is_same(target: Path, picture: Path) -> bool:
    """By name or, as with another spelling or link of it, by what the system says."""
    with suppress(OSError):
        if os.path.samefile(target, picture):
            return True
    return os.path.realpath(target) == os.path.realpath(picture)
