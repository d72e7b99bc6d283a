"""Run: one picture through a recipe, sent along or known to the server by its name."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from safelight.batch.steps import with_scrub
from safelight.errors import InputMissing, ParameterInvalid, PolicyRefused, RecipeInvalid
from safelight.limits import MAX_RECIPE_BYTES
from safelight.recipe import Recipe
from safelight.server.endpoint import Call, Endpoint
from safelight.server.front.body.reading import Expected, read_body
from safelight.server.front.jobs.documents import JobFacts
from safelight.server.front.working import Wanted, worked

SENT = Expected({"file": 1, "picture": 16}, ("recipe",))
NAMED = Expected({"file": 1, "picture": 16})


class RunOptions(BaseModel):
    """The recipe, where it is sent along."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    recipe: str | None = Field(
        None, max_length=MAX_RECIPE_BYTES, description="a recipe as JSON or TOML"
    )


async def run(call: Call) -> Response:
    house, request = call.house, call.request
    if house.options.recipes_only:
        raise PolicyRefused(
            "this server takes named recipes alone", hint="GET /api/v1/capabilities names them"
        )
    wanted, given = Wanted.of(request), request.query_params.getlist("recipe")
    if set(request.query_params) - {"recipe"} or len(given) > 1:
        raise ParameterInvalid("the query has one parameter, recipe")
    early = None if not given else with_scrub(parsed(given[0]), house.settings)
    if early is not None:
        wanted.form(early)
    with await read_body(request, house.memory, house.options.max_bytes, SENT) as body:
        text = body.fields.get("recipe")
        if (text is None) == (early is None):
            raise RecipeInvalid("one recipe is wanted", hint="send it in the part recipe")
        recipe = early or with_scrub(parsed(text or ""), house.settings)
        return await worked(call, recipe, body, wanted)


async def run_named(call: Call) -> Response:
    house, request = call.house, call.request
    recipe = with_scrub(named(house.options.recipes, request.path_params["recipe"]), house.settings)
    if request.query_params:
        raise ParameterInvalid("a named recipe takes no parameters")
    wanted = Wanted.of(request)
    wanted.form(recipe)
    with await read_body(request, house.memory, house.options.max_bytes, NAMED) as body:
        return await worked(call, recipe, body, wanted)


def parsed(text: str) -> Recipe:
    """From JSON where it begins like it, else from TOML. Raises RecipeInvalid."""
    return Recipe.parse(text, is_json=text.lstrip().startswith("{"))


def named(recipes: dict[str, str], name: str) -> Recipe:
    """recipes: each in its canonical form. Raises InputMissing."""
    if name not in recipes:
        raise InputMissing(
            "the server has no recipe of this name", hint="GET /api/v1/capabilities names them"
        )
    return Recipe.from_canonical(recipes[name].encode())


endpoints = (
    Endpoint(
        "POST", "/run", run, "Put a picture through a recipe that is sent along",
        tag="pictures", options=RunOptions, body="picture", answer="picture", accepted=JobFacts,
    ),
    Endpoint(
        "POST", "/run/{recipe}", run_named, "Put a picture through a recipe of the server",
        tag="pictures", body="picture", answer="picture", accepted=JobFacts,
    ),
)  # fmt: skip
