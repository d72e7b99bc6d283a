"""Pairing: a device shows a code that somebody was shown here, and is known from then on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from html import escape
from urllib.parse import parse_qs

from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from safelight.errors import (
    BodyTooLarge,
    Busy,
    CallerUnknown,
    InputMissing,
    ParameterInvalid,
    PathUnknown,
    UsageError,
)
from safelight.server.description.sheet import POLICY, page
from safelight.server.endpoint import Call, Endpoint
from safelight.server.front.body.reading import read_json
from safelight.server.front.identity import TAG, asked, credential, listed, remember, revoke, told
from safelight.server.front.jobs.asking import checked
from safelight.server.front.square import square
from safelight.server.identity.invitation import PAGE, address, grouped, shown
from safelight.server.identity.register import Fresh
from safelight.server.identity.wishes import Code, Listed, Made, NewCode, Redemption

# What strangers may send, and how long it may take to come.
MOST_BYTES, WORDS_S = 4_096, 5.0
MAY_POST = POLICY.replace("form-action 'none'", "form-action 'self'")
INTRO = (
    "Give this device a name. From then on this server knows it, until you or its owner end that."
)


class Shown(BaseModel):
    """What the picture for the camera holds."""

    code: str = Field("", max_length=64, description="the code, as it is shown")
    fingerprint: str = Field("", max_length=128, description="that of the server's certificate")


async def redeem(call: Call) -> Response:
    wish = checked(Redemption, await _soon(read_json(call.request, MOST_BYTES)))
    fresh = await _redeemed(call, wish)
    return told(Made.of(fresh.record, token=fresh.secret))


async def ask(call: Call) -> Response:
    given = checked(Shown, dict(call.request.query_params))
    return HTMLResponse(
        page("Pair this device", INTRO, _form(call, given)),
        headers={"Content-Security-Policy": MAY_POST},
    )


async def redeem_form(call: Call) -> Response:
    fields = parse_qs((await _soon(_short_body(call.request))).decode("ascii", "replace"))
    given = {name: fields[name][0] if name in fields else "" for name in ("code", "name")}
    fresh = await _redeemed(call, checked(Redemption, given))
    response = RedirectResponse("/", status_code=303)
    remember(response, call.request, fresh)
    return response


async def invite(call: Call) -> Response:
    wish = checked(NewCode, await read_json(call.request, MOST_BYTES))
    fresh = await asked(call, "invite", wish, credential=credential(call.request))
    url, door = str(call.request.base_url), call.house.door
    place = address(url, fresh.secret, door.fingerprint)
    more = {"code": shown(fresh.secret), "address": place, "fingerprint": door.fingerprint}
    return told(Code.of(fresh.record, **more, picture=square(place)))


async def codes(call: Call) -> Response:
    return listed(call, "pairing")


async def withdraw(call: Call) -> Response:
    await revoke(call, call.request.path_params["id"], "pairing")
    return Response(status_code=204)


async def authority(call: Call) -> Response:
    pem = call.house.door.authority
    if not pem:
        raise PathUnknown(
            "no local authority vouches for this server", hint="safelight serve --lan"
        )
    return PlainTextResponse(pem)


async def _redeemed(call: Call, wish: Redemption) -> Fresh:
    """Raises Busy where too many were wrong, from here or together; CallerUnknown."""
    client, guesses = call.request.client, call.house.door.guesses
    place = "" if client is None else client.host
    with guesses.heard(place):
        return await asked(call, "redeem", wish)


async def _soon(reading: Awaitable[bytes]) -> bytes:
    """Nobody has to be known here, so a place is not held for long."""
    try:
        async with asyncio.timeout(WORDS_S):
            return await reading
    except TimeoutError:
        raise UsageError("the code did not come in time", hint="send it at once") from None


async def _short_body(request: Request) -> bytes:
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MOST_BYTES:
            raise BodyTooLarge(f"the form has more than {MOST_BYTES} bytes")
    return bytes(body)


def _form(call: Call, given: Shown) -> list[str]:
    parts = [
        f'<form method="post" action="{PAGE}">',
        "<p><label>Code<br><input name=code required autocomplete=off autocapitalize=characters"
        f' maxlength=64 value="{escape(given.code)}"></label></p>',
        "<p><label>Name<br><input name=name required maxlength=64 autocomplete=off></label></p>",
        "<p><button>Pair</button></p>\n</form>",
    ]
    ours = call.house.door.fingerprint
    if ours and given.fingerprint:
        parts.append(
            "<p>Compare first: in what your browser tells of this connection, the certificate that"
            " vouches for the server must have the fingerprint that came with the code,"
            f"<br><code>{escape(grouped(given.fingerprint))}</code></p>"
        )
    if given.fingerprint and given.fingerprint != ours:
        parts.insert(0, "<p><strong>The code was made by another server. Stop here.</strong></p>")
    return parts


endpoints = (
    Endpoint(
        "POST", "/pairing", redeem, "Exchange a code for a token of this device's own",
        scope=None, tag=TAG, body=Redemption, answer=Made, errors=(CallerUnknown, Busy),
        examples={"code": {"code": "ABCDE-FGHJK", "name": "laptop"}},
    ),
    Endpoint(
        "GET", PAGE, ask, "The same for a browser: the page to which a picture leads",
        scope=None, tag=TAG, options=Shown, answer="page", is_rooted=True,
    ),
    Endpoint(
        "POST", PAGE, redeem_form, "What that page sends: code and name, as a form",
        scope=None, tag=TAG, body="bytes", answer="page", status=303, is_rooted=True,
        errors=(CallerUnknown, Busy, ParameterInvalid),
    ),
    Endpoint(
        "POST", "/pairing/codes", invite, "A code for one device, for five minutes",
        scope="admin", tag=TAG, body=NewCode, answer=Code, status=200,
        examples={"phone": {"name": "phone", "scopes": ["tools"]}},
    ),
    Endpoint(
        "GET", "/pairing/codes", codes, "Codes that nobody has used yet",
        scope="admin", tag=TAG, answer=Listed,
    ),
    Endpoint(
        "DELETE", "/pairing/codes/{id}", withdraw, "Take a code back",
        scope="admin", tag=TAG, status=204, errors=(InputMissing,),
    ),
    Endpoint(
        "GET", "/authority", authority, "The certificate that vouches for this server, as PEM",
        scope=None, tag=TAG, answer="text", errors=(PathUnknown,),
    ),
)  # fmt: skip
