"""Wishes: from what a request asks for to a recipe, with the same defaults as on the command line.

Options stand in the query, or as JSON in the part `options` of a form; both have the names of the
operation's own parameters.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import cache
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model
from starlette.datastructures import QueryParams

from safelight.batch.parameters import build, is_repeated, values
from safelight.batch.steps import (
    DRAW,
    looks_before,
    may_look_first,
    with_conversion,
    with_scrub,
)
from safelight.errors import ParameterInvalid, PolicyRefused
from safelight.formats import WRITABLE
from safelight.operation import Operation
from safelight.recipe import Recipe, operation_named
from safelight.settings import Settings
from safelight.settings.fields import PROFILES
from safelight.settings.rules import GROUPS

DIGEST = re.compile(r"(?:picture:|sha256:)?([0-9a-f]{64})", re.ASCII)
SHARED = ("profile", "keep")
# Of what is wrong in one request.
MOST_TOLD = 20


class Wishes(BaseModel):
    """What may be asked for besides an operation's own parameters."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[WRITABLE] | None = Field(  # type: ignore[valid-type]
        None, description="format of the result; that of the input if not given"
    )
    quality: int | None = Field(None, ge=1, le=100, description="1 smallest, 100 best")
    profile: Literal[PROFILES] | None = Field(  # type: ignore[valid-type]
        None, description="what of the metadata a scrub leaves"
    )
    keep: list[Literal[GROUPS]] | None = Field(  # type: ignore[valid-type]
        None, description="groups of metadata kept besides"
    )
    faces: bool = Field(False, description="find faces first, and work on them")
    detector: str | None = Field(None, max_length=64, description="the model that finds")
    draw: bool = Field(False, description="draw what was seen onto the picture, and give that")


def wishes_of(operation: type[Operation]) -> tuple[str, ...]:
    """The names of the wishes that go with this operation."""
    own = operation.model_fields
    found: list[str] = []
    if operation.gives_sights:
        found.append("draw")
    elif may_look_first(operation):
        found += ["faces", "detector"]
    if operation.gives_image or operation.gives_sights:
        found += [] if {"to", "format"} & set(own) else ["format", "quality"]
        found += [] if operation.in_two_cages else SHARED
    return tuple(name for name in found if name not in own)


@cache
def options_of(operation: type[Operation]) -> type[BaseModel]:
    """The operation's parameters and the wishes beside them, for who describes the interface."""
    more = {name: Wishes.model_fields[name] for name in wishes_of(operation)}
    fields: dict[str, Any] = {
        name: (known.annotation, known)
        for name, known in {**operation.model_fields, **more}.items()
    }
    title = "".join(word.title() for word in operation.name.split("_"))
    return create_model(f"{title}Options", __doc__=operation.__doc__, **fields)


def asked_in_query(operation: type[Operation], query: QueryParams) -> dict[str, Any]:
    """What the query asks for. Raises ParameterInvalid for what stands there twice."""
    sent: dict[str, list[str]] = {}
    for name, text in query.multi_items():
        sent.setdefault(name, []).append(text)
    found: dict[str, Any] = {}
    for name, given in sent.items():
        field = operation.model_fields.get(name)
        if field is not None and is_repeated(field):
            found[name] = given
        elif len(given) > 1:
            raise ParameterInvalid(
                "a parameter is given twice", fields=((_shown(name), "it is given twice"),)
            )
        else:
            found[name] = given[0]
    return found


def asked_in_words(text: str | None) -> dict[str, Any]:
    """What the part `options` of a form asks for. Raises ParameterInvalid unless it is an object
    of JSON.
    """
    try:
        document = json.loads(text or "{}")
    except (ValueError, RecursionError) as error:
        raise ParameterInvalid("options: the JSON is broken") from error
    if not isinstance(document, dict):
        raise ParameterInvalid("options: an object of JSON is wanted")
    return document


def recipe_of(
    operation: type[Operation],
    asked: Mapping[str, Any],
    settings: Settings,
    pictures: Collection[str] = (),
) -> Recipe:
    """The recipe that was asked for. pictures: SHA-256 of those that were sent along; the only one
    is meant where the operation can name one and none is named. Raises ParameterInvalid,
    RecipeInvalid, PolicyRefused.
    """
    left = {name: value for name, value in asked.items() if value is not None}
    wishes = _wishes(operation, left)
    own_scrub = {key: getattr(settings, key) for key in SHARED if key in operation.model_fields}
    before = looks_before(operation, left)
    parameters = own_scrub | values(operation, left)
    _refuse_unknown(operation, left)
    own = build(operation, _with_pictures(operation, parameters, pictures))
    after = (build(operation_named(DRAW), {}),) if wishes.draw else ()
    recipe = Recipe((*before, own, *after))
    if recipe.gives_image:
        quality = None if wishes.quality is None else str(wishes.quality)
        recipe = with_conversion(recipe, wishes.format, quality)
    elif wishes.format or wishes.quality:
        raise ParameterInvalid("no picture comes of it: there is no format to choose", hint="draw")
    return with_scrub(recipe, wished(settings, wishes.profile, wishes.keep))


def wished(settings: Settings, profile: str | None, keep: list[str] | None) -> Settings:
    """The settings as this request wants them. Raises PolicyRefused for one that is locked."""
    wishes: dict[str, Any] = {}
    if profile is not None:
        wishes["profile"] = profile
    if keep is not None:
        wishes["keep"] = tuple(keep)
    for key, wish in wishes.items():
        origin = settings.origins.get(key)
        if origin is not None and origin.is_locked and wish != getattr(settings, key):
            raise PolicyRefused(f"{key}: a policy locks it")
    return replace(settings, **wishes)


def _wishes(operation: type[Operation], left: dict[str, Any]) -> Wishes:
    """Takes the wishes out of what is asked for, but those that come before as steps."""
    names = [name for name in wishes_of(operation) if name in left]
    given = {name: left.pop(name) for name in names}
    if isinstance(given.get("keep"), str):
        given["keep"] = [one.strip() for one in given["keep"].split(",") if one.strip()]
    try:
        wishes = Wishes.model_validate(given)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        wrong = tuple((str(one["loc"][0]), one["msg"].removeprefix("Input ")) for one in found)
        raise ParameterInvalid(f"{wrong[0][0]}: {wrong[0][1]}", fields=wrong) from error
    left |= {name: getattr(wishes, name) for name in ("faces", "detector") if name in given}
    return wishes


def _refuse_unknown(operation: type[Operation], left: Mapping[str, Any]) -> None:
    if left:
        known = ", ".join((*operation.model_fields, *wishes_of(operation)))
        first = sorted(left)[:MOST_TOLD]
        wrong = tuple((_shown(name), "there is no such parameter") for name in first)
        raise ParameterInvalid(
            f"{operation.name} has no parameter of this name", hint=f"known: {known}", fields=wrong
        )


def _with_pictures(
    operation: type[Operation], parameters: dict[str, Any], sent: Collection[str]
) -> dict[str, Any]:
    """Pictures named by their digest as the operation names them."""
    found = dict(parameters)
    naming: dict[str, str] = {}
    for name, known in operation.model_fields.items():
        extra = known.json_schema_extra
        if isinstance(extra, dict) and "picture" in extra:
            naming[name] = str(extra["picture"])
    for name, prefix in naming.items():
        match = DIGEST.fullmatch(str(found.get(name, "")))
        if match is not None:
            found[name] = prefix + match[1]
    if len(sent) == len(naming) == 1 and not set(naming) & set(found):
        name, prefix = next(iter(naming.items()))
        found[name] = prefix + next(iter(sent))
    return found


def _shown(name: str) -> str:
    """What was typed as a name, short and printable."""
    return name[:40] if name.isprintable() else "?"
