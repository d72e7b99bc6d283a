"""Devices: what came by a code, and browsers that opened a link."""

from __future__ import annotations

from starlette.responses import Response

from safelight.errors import InputMissing
from safelight.server.endpoint import Call, Endpoint
from safelight.server.front.identity import TAG, listed, revoke
from safelight.server.identity.wishes import Listed


async def look(call: Call) -> Response:
    return listed(call, "device", "session")


async def remove(call: Call) -> Response:
    await revoke(call, call.request.path_params["id"], "device", "session")
    return Response(status_code=204)


endpoints = (
    Endpoint(
        "GET", "/devices", look, "Devices and browsers that are known",
        scope="admin", tag=TAG, answer=Listed,
    ),
    Endpoint(
        "DELETE", "/devices/{id}", remove, "Know a device or a browser no more",
        scope="admin", tag=TAG, status=204, errors=(InputMissing,),
    ),
)  # fmt: skip
