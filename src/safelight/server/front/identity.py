"""Identity: what routes about who may ask share: the wish to the back end, cookies, answers."""

from __future__ import annotations

import time
from typing import Any

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from safelight.server.endpoint import Call
from safelight.server.identity.door import cookie_name, given_cookie, given_token
from safelight.server.identity.record import Kind, Record
from safelight.server.identity.register import Fresh
from safelight.server.identity.secret import MAX_LENGTH
from safelight.server.identity.wishes import Known, Listed, Wish

TAG = "identity"


async def asked(call: Call, do: str, wish: Wish | None = None, **more: Any) -> Fresh:
    """What the register made of it. Raises CallerUnknown, NotAllowed, InputMissing."""
    shown = {} if wish is None else {"wish": wish.model_dump(mode="json")}
    found = await call.house.back.ask("identity", {"do": do, **shown, **more})
    return Fresh(Record.from_json(found["record"]), found.get("secret", ""))


async def revoke(call: Call, id: str, *kinds: Kind) -> None:
    """One of these kinds is known no more."""
    await asked(call, "revoke", credential=credential(call.request), id=id[:MAX_LENGTH],
                kinds=list(kinds))  # fmt: skip


def credential(request: Request) -> str:
    """What the caller has shown; the door has looked at it already."""
    return given_token(request) or given_cookie(request) or "none"


def listed(call: Call, *kinds: Kind) -> Response:
    """Those of these kinds who are known, the oldest first."""
    records = sorted(call.house.door.register.records().values(), key=lambda one: one.created)
    return told(Listed(items=[Known.of(one) for one in records if one.kind in kinds]))


def told(answer: BaseModel, status: int = 200) -> Response:
    return JSONResponse(answer.model_dump(mode="json"), status)


def remember(response: Response, request: Request, fresh: Fresh) -> None:
    """The browser shows the secret from now on, to this server alone and hidden from scripts."""
    expires = fresh.record.expires
    response.set_cookie(
        cookie_name(request),
        fresh.secret,
        max_age=None if expires is None else max(0, expires - int(time.time())),
        path="/",
        secure=request.scope.get("scheme") == "https",
        httponly=True,
        samesite="strict",
    )


def forget(response: Response, request: Request) -> None:
    """The browser drops what it showed."""
    response.delete_cookie(
        cookie_name(request),
        secure=request.scope.get("scheme") == "https",
        httponly=True,
        samesite="strict",
    )
