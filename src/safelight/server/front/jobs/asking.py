"""Asking: what a call about jobs says, read with limits and checked before anything is done."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from safelight.errors import (
    InputMissing,
    ParameterInvalid,
    PolicyRefused,
    UsageError,
)
from safelight.limits import MAX_STEPS, MAX_TIMEOUT_S
from safelight.recipe import Recipe
from safelight.server.front.jobs.holding import Source
from safelight.server.front.jobs.job import ItemState, JobState
from safelight.server.front.shelf import Shelf

MOST_INPUTS = 1000
DAY_S = 24 * 3600
Model = TypeVar("Model", bound=BaseModel)


class Asked(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class NewJob(Asked):
    """Pictures that were uploaded before, and what is to be done with each of them."""

    inputs: list[str] = Field(
        min_length=1, max_length=MOST_INPUTS, description="identifiers of uploads"
    )
    steps: list[dict[str, Any]] | None = Field(
        None,
        min_length=1,
        max_length=MAX_STEPS,
        description="operations in order: each its name as op, and its parameters",
    )
    recipe: str | None = Field(
        None, description="instead of steps: the name of a recipe that the server was started with"
    )
    pictures: list[str] = Field(
        [],
        max_length=MAX_STEPS,
        description="identifiers of uploads that the steps name by their SHA-256",
    )
    timeout_s: int | None = Field(
        None,
        ge=1,
        le=MAX_TIMEOUT_S,
        description="seconds of work on one picture, where the server would give it more",
    )
    deadline_s: int | None = Field(
        None, ge=1, le=DAY_S, description="seconds from now in which a picture has to be done"
    )

    @model_validator(mode="after")
    def _one_of_two(self) -> NewJob:
        if (self.steps is None) == (self.recipe is None):
            raise ValueError("either steps or recipe")
        return self


class Page(Asked):
    """Which part of a list."""

    cursor: str | None = Field(
        None, pattern=r"^[0-9]{1,15}$", description="next of the page before"
    )
    limit: int = Field(100, ge=1, le=500, description="how many at most")

    @property
    def place(self) -> int | None:
        return None if self.cursor is None else int(self.cursor)


class JobsAsked(Page):
    """Which jobs."""

    state: JobState | None = Field(None, description="only those in this state")


class ItemsAsked(Page):
    """Which items."""

    state: ItemState | None = Field(None, description="only those in this state")


def checked(model: type[Model], untrusted: Mapping[str, Any] | bytes) -> Model:
    """Raises ParameterInvalid with each field that is wrong, and nothing of what stood there."""
    try:
        if isinstance(untrusted, bytes):
            return model.model_validate_json(untrusted)
        return model.model_validate(untrusted)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        fields = tuple(
            ("/".join(str(part) for part in one["loc"])[:100], _said(one["msg"]))
            for one in found[:20]
        )
        if found[0]["type"] == "json_invalid":
            raise UsageError("the JSON is broken", hint="send one JSON object") from error
        raise ParameterInvalid(
            f"{fields[0][0] or 'the body'}: {fields[0][1]}", fields=fields
        ) from error


def _said(words: str) -> str:
    """Without what says of which kind the error was."""
    return words.removeprefix("Value error, ").removeprefix("Input ").lower()


def recipe_of(asked: NewJob, named: Mapping[str, str], *, recipes_only: bool) -> Recipe:
    """named: the server's own, each in its canonical form. Raises RecipeInvalid, InputMissing for a
    name that there is not, PolicyRefused for steps where the server takes none.
    """
    if asked.recipe is not None:
        if asked.recipe not in named:
            raise InputMissing("the server has no recipe of this name", hint="GET /capabilities")
        return Recipe.from_canonical(named[asked.recipe].encode())
    if recipes_only:
        raise PolicyRefused("this server takes recipes by name alone", hint="recipe, not steps")
    return Recipe.from_steps(asked.steps or [])


def lent(
    asked: NewJob, recipe: Recipe, uploads: Shelf, owner: str
) -> tuple[list[Source], dict[str, Source]]:
    """The inputs, and the further pictures by their SHA-256: all that the recipe names, as long as
    they are needed. Raises what Shelf.peek raises, InputMissing where one that the recipe names was
    not uploaded; then none is held.
    """
    with ExitStack() as stack:

        def lend(name: str) -> Source:
            source = Source.lent(uploads, owner, name)
            stack.callback(source.close)
            return source

        sources = [lend(name) for name in asked.inputs]
        given = {uploads.peek(owner, name).blob.sha256: name for name in asked.pictures}
        further: dict[str, Source] = {}
        for digest in recipe.pictures:
            kept = uploads.named(owner, digest)
            name = given.get(digest) or (kept.name if kept else None)
            if name is None:
                told = "a picture that the steps name by its SHA-256 was not uploaded"
                raise InputMissing(told, hint="POST /uploads, and name it in pictures")
            further[digest] = lend(name)
        stack.pop_all()
        return sources, further
