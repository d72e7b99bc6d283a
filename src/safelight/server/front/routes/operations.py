"""Operations: one endpoint each, made of what the operation says of itself."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable

from starlette.responses import Response

from safelight.errors import PolicyRefused
from safelight.operation import Operation
from safelight.recipe import operations
from safelight.server.endpoint import Call, Endpoint
from safelight.server.front.body.reading import FORM, media_type, read_body
from safelight.server.front.jobs.documents import JobFacts
from safelight.server.front.wishes import asked_in_query, asked_in_words, options_of, recipe_of
from safelight.server.front.working import Wanted, worked


async def work(call: Call, operation: type[Operation]) -> Response:
    """One picture through one operation. What is wrong with the query is told before the body is
    read.
    """
    house = call.house
    if house.options.recipes_only:
        raise PolicyRefused(
            "this server takes named recipes alone", hint="GET /api/v1/capabilities names them"
        )
    wanted = Wanted.of(call.request)
    asked = asked_in_query(operation, call.request.query_params)
    if media_type(call.request) != FORM:
        wanted.form(recipe_of(operation, asked, house.settings))
    with await read_body(call.request, house.memory, house.options.max_bytes) as body:
        asked |= asked_in_words(body.fields.get("options"))
        sent = tuple(blob.sha256 for blob in body.blobs.get("picture", ()))
        recipe = recipe_of(operation, asked, house.settings, sent)
        return await worked(call, recipe, body, wanted)


def _endpoint(operation: type[Operation]) -> Endpoint:
    async def call(call: Call) -> Response:
        return await work(call, operation)

    handler: Callable[[Call], Awaitable[Response]] = call
    first = inspect.cleandoc(operation.__doc__ or "").partition("\n\n")[0]
    return Endpoint(
        "POST",
        f"/{operation.name}",
        handler,
        " ".join(first.split()).rstrip("."),
        tag="pictures",
        options=options_of(operation),
        body="picture",
        answer="picture",
        accepted=JobFacts,
        operation=operation,
    )


endpoints = tuple(_endpoint(operation) for operation in operations().values())
