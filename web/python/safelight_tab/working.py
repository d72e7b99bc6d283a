"""A recipe carried out: decode, fold the operations, encode; as a worker does it, but no models."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from safelight.batch.losses import is_loss, losses_of
from safelight.codecs.encode import Encoded, encode
from safelight.codecs.libvips import foreign_errors
from safelight.errors import FormatUnknown, ModelMissing, RecipeInvalid
from safelight.formats import EXTENSIONS, TABLE, media_type
from safelight.image import Change, Image
from safelight.limits import Limits
from safelight.operation import Context, ModelNeed, Operation, no_picture
from safelight.recipe import Recipe, operation_named
from safelight_tab.looking import finding_told
from safelight_tab.opening import opened

Pictures = Mapping[str, bytes]
WHATS = ("removed", "kept", "added")


@dataclass(frozen=True)
class Done:
    """The result, and what is told of it."""

    data: bytes
    told: dict[str, Any]


def done(
    data: bytes,
    document: Mapping[str, Any],
    extra: Pictures,
    limits: Limits,
    progress: Callable[[float], None],
) -> Done:
    """One picture and a recipe as JSON values in, the encoded result out.

    Raises any SafelightError; ModelMissing for a step that needs a model.
    """
    recipe, further = _recipe(document, extra)
    _require_fitting(recipe)
    original = opened(data, limits)
    refused = recipe.refusal(original.header.format)
    if refused is not None:
        raise refused
    ctx = Context(limits, _no_model, progress=progress, picture=partial(_picture, further, limits))
    with foreign_errors("the picture"):
        image = _folded(recipe.steps, original, ctx)
        progress(0.5)
    made = encode(image, memoryview(data), limits)
    result = b"".join(made.pieces)
    return Done(result, _told(recipe, made, data, result))


def is_for_the_tab(operation: type[Operation]) -> bool:
    """Whether an operation can be done here, by what it declares: it gives a picture, in one cage,
    without a model, and works on no sights, which a model alone gives.
    """
    if not operation.gives_image or operation.in_two_cages or operation.gives_confidence:
        return False
    bare = operation.model_construct()
    try:
        return not (bare.needs() or bare.decides() or bare.uses_places())
    except (AttributeError, TypeError):  # it asks for a parameter that has no default
        return True


def _recipe(document: Mapping[str, Any], extra: Pictures) -> tuple[Recipe, Pictures]:
    """The recipe, and its further pictures by their SHA-256."""
    steps = document.get("steps", [])
    if not isinstance(steps, Sequence):
        raise RecipeInvalid("steps must be a list")
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in extra.items()}
    named = [_with_digests(step, digests) for step in steps]
    recipe = Recipe.from_steps(named, str(document.get("name", "")))
    return recipe, {digests[name]: data for name, data in extra.items()}


def _with_digests(step: Mapping[str, Any], digests: Mapping[str, str]) -> dict[str, Any]:
    """A step whose further picture is named by its SHA-256, where it was by a name of extra."""
    found = dict(step)
    if not digests or not isinstance(step.get("op"), str):
        return found
    for name, known in operation_named(step["op"]).model_fields.items():
        about, value = known.json_schema_extra, found.get(name)
        if isinstance(about, dict) and "picture" in about and value in digests:
            found[name] = f"{about['picture']}{digests[value]}"
    return found


def _require_fitting(recipe: Recipe) -> None:
    """Raise for steps that no tab can do, before a picture is looked at."""
    needs = [need for need in recipe.needs if not need.optional]
    if needs:
        raise ModelMissing(f"{needs[0].task} needs a model, which this tab does not have")
    if not recipe.gives_image or recipe.in_two_cages:
        raise RecipeInvalid("this recipe is for the program on this computer, not for a tab")


def _no_model(need: ModelNeed) -> Any:
    raise ModelMissing(f"{need.task} needs a model, which this tab does not have")


def _picture(further: Pictures, limits: Limits, digest: str) -> Image:
    if digest not in further:
        return no_picture(digest)
    image = opened(further[digest], limits)
    if not TABLE[image.header.format].reads:
        raise FormatUnknown(
            f"the further picture is {image.header.format}, of which no pixels are read",
            hint="export it as PNG, and give that",
        )
    return image


def _folded(steps: Sequence[Operation], image: Image, ctx: Context) -> Image:
    for step in steps:
        image = step.apply(image, ctx)
    return image


def _told(recipe: Recipe, made: Encoded, data: bytes, result: bytes) -> dict[str, Any]:
    return {
        "mime": media_type(made.format),
        "extension": EXTENSIONS[made.format],
        "facts": {"width": made.width, "height": made.height},
        "report": {
            **{what: _of_kind(made.changes, what) for what in WHATS},
            "reencoded": made.is_reencoded,
            "lost": list(losses_of(made.changes)),
            "quality": made.quality,
            "recipe": recipe.digest,
            "input_sha256": hashlib.sha256(data).hexdigest(),
            "output_sha256": hashlib.sha256(result).hexdigest(),
        },
    }


def _of_kind(changes: Sequence[Change], what: str) -> list[dict[str, str]]:
    """What became so of the metadata; what the picture itself lost is told elsewhere."""
    return [finding_told(one.finding) for one in changes if one.what == what and not is_loss(one)]
