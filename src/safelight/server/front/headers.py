"""Headers that every answer has, and those for pages of other sites that may ask."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response

# Nothing that is served may load anything, be framed, or be kept.
POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
ALWAYS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Content-Security-Policy": POLICY,
}
REQUEST_ID = "Safelight-Request"
# What a page of another site may send besides the usual, and may read.
ASKED = "Authorization, Content-Type, Content-Digest, Prefer, Idempotency-Key, Last-Event-ID"
TOLD = (
    "Content-Digest, Location, Preference-Applied, Repr-Digest, Retry-After, Safelight-Locality,"
    " Safelight-Receipt, Safelight-Request, Server-Timing"
)
ONE_DAY_S = 86_400


def complete(headers: MutableHeaders, request_id: str, origin: str | None) -> None:
    """Add what every answer has; what it says itself stays. origin: a site that may read it."""
    for name, value in ALWAYS.items():
        headers.setdefault(name, value)
    headers[REQUEST_ID] = request_id
    if origin is not None:
        headers["Access-Control-Allow-Origin"] = origin
        headers["Access-Control-Expose-Headers"] = TOLD
        headers.add_vary_header("Origin")


def site_of(headers: Headers, origins: Sequence[str]) -> str | None:
    """The site that a page asks from, where it is one of those that may."""
    origin = headers.get("origin", "")
    allowed = {one.lower().rstrip("/") for one in origins}
    return origin if origin and origin.lower() in allowed else None


def preflight(methods: Sequence[str], origin: str | None) -> Response:
    """What a path takes; and for a page of a site that may ask, with which headers."""
    headers = {"Allow": ", ".join(methods)}
    if origin is not None:
        headers["Access-Control-Allow-Methods"] = ", ".join(methods)
        headers["Access-Control-Allow-Headers"] = ASKED
        headers["Access-Control-Max-Age"] = str(ONE_DAY_S)
    return Response(status_code=204, headers=headers)
