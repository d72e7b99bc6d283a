"""Session: a browser becomes known by a one-time link, sees who it is, and ends that."""

from __future__ import annotations

from pydantic import BaseModel, Field
from starlette.responses import RedirectResponse, Response

from safelight.errors import CallerUnknown, InputMissing
from safelight.server.endpoint import Call, Endpoint
from safelight.server.front.identity import TAG, asked, forget, remember, revoke, told
from safelight.server.front.jobs.asking import checked
from safelight.server.identity.door import csrf_of, given_cookie, given_token
from safelight.server.identity.preparing import LINK_PATH
from safelight.server.identity.secret import MAX_LENGTH
from safelight.server.identity.wishes import Session

# Where the Studio says what to do about a link that opens nothing any more.
ENDED = "/#/welcome?link=ended"


class Opening(BaseModel):
    """The secret part of a one-time link."""

    link: str = Field(min_length=1, max_length=MAX_LENGTH, description="as it was shown")


async def open_link(call: Call) -> Response:
    if call.request.method == "HEAD":  # who only looks at a link does not use it up
        return Response(status_code=204)
    opening = checked(Opening, dict(call.request.query_params))
    try:
        fresh = await asked(call, "open", link=opening.link)
    except CallerUnknown:
        if not _is_browser(call):
            raise
        call.request.state.refused = CallerUnknown.code
        return RedirectResponse(ENDED, status_code=303)
    response = RedirectResponse("/", status_code=303)
    remember(response, call.request, fresh)
    return response


def _is_browser(call: Call) -> bool:
    """Whether somebody looks at the answer, and there is a Studio to show them."""
    accepted = call.request.headers.get("accept", "")
    return call.house.studio is not None and "text/html" in accepted


async def show(call: Call) -> Response:
    record = call.house.door.record(call.request)
    if record is None:
        raise CallerUnknown
    is_program = given_token(call.request) is not None
    cookie = None if is_program else given_cookie(call.request)
    known = record.shown()
    csrf = None if cookie is None else csrf_of(cookie)
    names = ("kind", "name", "scopes", "expires")
    return told(Session(**{name: known[name] for name in names}, csrf=csrf))


async def end(call: Call) -> Response:
    if call.who.kind == "nobody":
        raise CallerUnknown
    await revoke(call, call.who.key, "session", "device", "token")
    response = Response(status_code=204)
    forget(response, call.request)
    return response


endpoints = (
    Endpoint(
        "GET", LINK_PATH, open_link, "Open a one-time link: the browser is known from then on",
        scope=None, tag=TAG, options=Opening, answer="page", status=303, is_rooted=True,
        errors=(CallerUnknown,),
    ),
    Endpoint(
        "GET", "/session", show, "Who you are, and what a page must send back",
        scope=None, tag=TAG, answer=Session, errors=(CallerUnknown,),
    ),
    Endpoint(
        "DELETE", "/session", end, "Be known no more", scope=None, tag=TAG, status=204,
        errors=(CallerUnknown, InputMissing),
    ),
)  # fmt: skip
