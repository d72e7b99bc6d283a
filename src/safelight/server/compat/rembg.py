"""The door for clients of rembg's server: POST /compat/rembg/api/remove, with the picture in the
part `file`.

Faithful: om (the mask alone), bgc (a ground, as red,green,blue,alpha), model by its name, a PNG as
the answer, a problem as {"detail": ...}. Different: without a model ours is taken; another must
have been pulled; a, af, ab, ae, ppm, dc and vm are heeded as far as they go without saying, since
edges are always worked out; extras, and a picture named by its address, are refused. There is no
GET. The token goes into X-API-Key or Authorization.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from safelight.errors import ParameterInvalid, SafelightError, UsageError
from safelight.recipe import Recipe
from safelight.server.compat.working import worked
from safelight.server.endpoint import Call, Endpoint
from safelight.server.front.body.reading import Expected, read_body
from safelight.server.front.jobs.asking import checked

QUALITY = ("a", "af", "ab", "ae", "ppm", "dc", "vm")
WORDS = ("model", "om", "bgc", "extras", *QUALITY)
EXPECTED = Expected({"file": 1}, WORDS, others="ignored")
OPAQUE, CLEAR = 255, 0


class Asked(BaseModel):
    """What its clients may ask for, in the query or in parts of the form."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    model: str | None = Field(None, max_length=64, description="a model that is here, by its name")
    om: bool = Field(False, description="the mask alone")
    bgc: str | None = Field(
        None,
        pattern=r"^\d{1,3},\d{1,3},\d{1,3}(,\d{1,3})?$",
        description="colour of the ground: red,green,blue,alpha, each 0 to 255",
    )
    extras: str | None = Field(None, max_length=4096, description="refused, unless empty")


async def remove(call: Call) -> Response:
    query = dict(call.request.query_params)
    _refuse_addresses(query)
    house = call.house
    with await read_body(call.request, house.memory, house.options.max_bytes, EXPECTED) as body:
        asked = checked(Asked, query | body.fields)
        recipe = recipe_of(asked)
        found = body.take("file")
        if len(found) != 1:
            raise UsageError("the form has no picture", hint="send it in the part file")
        done = await worked(call, recipe, found[0])
    return done.response({})


def recipe_of(asked: Asked) -> Recipe:
    """Raises ParameterInvalid."""
    if asked.extras not in (None, "", "{}"):
        raise ParameterInvalid("extras are not taken: the server chooses how it opens a model")
    step: dict[str, Any] = {"op": "cutout", "format": "png", "mask_only": asked.om}
    if asked.model:
        step["model"] = asked.model
    if asked.bgc and not asked.om:
        step["bg"] = _ground(asked.bgc)
    return Recipe.from_steps([step])


def _ground(text: str) -> str | None:
    """As our operation names it; None for the transparent one. Raises ParameterInvalid."""
    red, green, blue, alpha = [*map(int, text.split(",")), OPAQUE][:4]
    if max(red, green, blue, alpha) > OPAQUE:
        raise ParameterInvalid("bgc: each number is from 0 to 255")
    if alpha == CLEAR:
        return None
    if alpha != OPAQUE:
        raise ParameterInvalid("bgc: a ground is opaque or it is not there: alpha 255 or 0")
    return f"#{red:02x}{green:02x}{blue:02x}"


def _refuse_addresses(query: dict[str, str]) -> None:
    if "url" in query:
        raise UsageError(
            "a picture is sent as bytes: the server opens no address", hint="send it in file"
        )


def failing(error: SafelightError, _request_id: str) -> Response:
    """A problem as its clients read it."""
    hint = f" ({error.hint})" if error.hint else ""
    return JSONResponse({"detail": f"{error.message}{hint}"}, error.status)


endpoints = (
    Endpoint(
        "POST",
        "/compat/rembg/api/remove",
        remove,
        "Cut out, as rembg's clients ask for it",
        tag="compat",
        options=Asked,
        body="picture",
        answer="picture",
        is_rooted=True,
        failing=failing,
    ),
)
