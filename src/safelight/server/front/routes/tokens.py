"""Tokens: for programs. Each is told once, when it is made."""

from __future__ import annotations

from starlette.responses import Response

from safelight.errors import InputMissing
from safelight.server.endpoint import Call, Endpoint
from safelight.server.front.body.reading import read_json
from safelight.server.front.identity import TAG, asked, credential, listed, revoke, told
from safelight.server.front.jobs.asking import checked
from safelight.server.identity.wishes import Listed, Made, NewToken

MOST_BYTES = 4_096


async def create(call: Call) -> Response:
    wish = checked(NewToken, await read_json(call.request, MOST_BYTES))
    fresh = await asked(call, "create", wish, credential=credential(call.request))
    return told(Made.of(fresh.record, token=fresh.secret), 201)


async def look(call: Call) -> Response:
    return listed(call, "token", "local")


async def remove(call: Call) -> Response:
    await revoke(call, call.request.path_params["id"], "token")
    return Response(status_code=204)


endpoints = (
    Endpoint(
        "POST", "/tokens", create, "A new token, told this once",
        scope="admin", tag=TAG, body=NewToken, answer=Made, status=201,
        examples={"program": {"name": "ci", "scopes": ["tools"], "expires_in_s": 86_400}},
    ),
    Endpoint(
        "GET", "/tokens", look, "Tokens by their visible part, and what each may do",
        scope="admin", tag=TAG, answer=Listed,
    ),
    Endpoint(
        "DELETE", "/tokens/{id}", remove, "Revoke a token",
        scope="admin", tag=TAG, status=204, errors=(InputMissing,),
    ),
)  # fmt: skip
