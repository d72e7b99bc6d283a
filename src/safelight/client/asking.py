"""Asking: what is to be done with a picture, from an operation's name or a recipe, as an errand."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safelight.client.call import Sink, Source
from safelight.client.calls import named, recipe_document
from safelight.client.steps import Errand, Progress
from safelight.codecs.further import Shelf
from safelight.limits import MAX_INPUT_BYTES
from safelight.recipe import Recipe, operation_named

RUN = "/run"


def errand_of(
    name: str,
    source: Source,
    parameters: Mapping[str, Any],
    *,
    sink: Sink,
    progress: Progress | None = None,
) -> Errand:
    """One operation. Its further pictures may be named by a path, as on the command line.

    Raises RecipeInvalid for an operation that there is not, InputMissing, FormatUnknown.
    """
    files: dict[str, Path] = {}
    given = {key: _written(value) for key, value in parameters.items()}
    shelf = Shelf(Path(), MAX_INPUT_BYTES)
    words = {"options": shelf.with_digests(operation_named(name), given, files)}
    return Errand(
        f"/{name}", source, sink, words, pictures=tuple(files.values()), progress=progress
    )


def errand_for(
    recipe: Recipe | str, source: Source, *, sink: Sink, progress: Progress | None = None
) -> Errand:
    """A recipe, or the name of one that the server has."""
    if isinstance(recipe, str):
        return Errand(f"{RUN}/{named(recipe)}", source, sink, progress=progress)
    words = {"recipe": recipe_document(recipe)}
    pictures = tuple(recipe.files.values())
    return Errand(RUN, source, sink, words, pictures=pictures, progress=progress)


def _written(value: Any) -> Any:
    """As JSON has it: a path as text, a tuple as a list."""
    if isinstance(value, Path):
        return str(value) if value.suffix or value.name != str(value) else f"./{value}"
    return list(value) if isinstance(value, tuple) else value
