"""Steps: from one operation that was asked for to a recipe; what finds comes before it, a scrub
first, a conversion last.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from safelight.batch.parameters import build
from safelight.errors import PolicyRefused
from safelight.operation import Operation
from safelight.recipe import Recipe, operation_named
from safelight.settings import Settings
from safelight.settings.fields import PROFILES

SCRUB, DETECT, DRAW = "scrub", "detect", "draw"
# How a face makes an operation of parameters, with errors in its own words.
Building = Callable[[type[Operation], Mapping[str, Any]], Operation]
# The alias of models that find faces, and what these call one; the word for everything seen.
FACES, FACE, ANY = "faces", "face", "any"
# The alias of models that find people, and what these call one.
PEOPLE, PERSON = "people", "person"


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


def with_conversion(
    recipe: Recipe, format: str | None, quality: str | None, building: Building = build
) -> Recipe:
    """The recipe with a conversion at its end, where a format or a quality is asked for."""
    if format is None and quality is None:
        return recipe
    wishes: dict[str, Any] = {"to": format, "quality": quality}
    asked = {name: wish for name, wish in wishes.items() if wish is not None}
    return replace(recipe, steps=(*recipe.steps, building(operation_named("convert"), asked)))


def may_look_first(operation: type[Operation]) -> bool:
    """Whether parameters of this operation may work on what was seen before."""
    return operation.uses_places is not Operation.uses_places


def looks_before(
    operation: type[Operation], asked: dict[str, Any], building: Building = build
) -> tuple[Operation, ...]:
    """The steps that find what this operation is to work on; asked gets what they find.

    Takes `faces` and `detector`, which ask for them, out of what was asked for.
    """
    if operation.gives_sights and asked.get("each"):
        return (building(operation_named(DETECT), {"model": PEOPLE, "label": [PERSON]}),)
    if operation.gives_sights or not may_look_first(operation):
        return ()
    is_faces, detector = asked.pop("faces", False), asked.pop("detector", None)
    detect = operation_named(DETECT)
    takes_labels = "seen" in operation.model_fields
    labels = _labels(asked.get("seen"))
    if not detector and any(word.casefold() == FACE for word in labels):
        is_faces, labels = True, [word for word in labels if word.casefold() != FACE]
    steps = []
    if is_faces:
        steps.append(building(detect, {"model": detector or FACES}))
    if labels or not (is_faces or takes_labels):
        named = {"model": detector} if detector else {}
        steps.append(building(detect, {**named, "label": [word for word in labels if word != ANY]}))
    if is_faces and takes_labels:  # whatever the model of faces calls them
        asked["seen"] = ANY
    return tuple(steps)


def _labels(asked: Any) -> list[str]:
    """The words that were asked for, as one text with commas or as a list. What is neither is left
    to the operation, which says what is wrong with it.
    """
    given = asked.split(",") if isinstance(asked, str) else asked
    if not isinstance(given, list | tuple):
        return []
    return [word.strip() for word in given if isinstance(word, str) and word.strip()]


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
