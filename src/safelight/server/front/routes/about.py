"""About: a page without scripts that says what this is. Who is not known yet is told how to be."""

from __future__ import annotations

from html import escape

from starlette.responses import Response

from safelight import __version__
from safelight.server.description.sheet import as_html, code, link, page, table
from safelight.server.endpoint import API, Call, Endpoint

PLACES = (
    ("/", "the Studio: the same tools in a browser"),
    ("/reference", "everything that can be asked here, and how"),
    ("/problems", "every way in which a call can fail, and what helps"),
    (f"{API}/openapi.json", "the same for programs, as OpenAPI 3.1"),
    (f"{API}/capabilities", "what this server can do, and what holds its workers"),
)
PROMISES = (
    "Pictures lie in memory only, and are overwritten: a result once it was fetched, or when its"
    " time is over.",
    "Each picture is opened by a process of its own, locked in, that ends with it.",
    "The part that speaks to you can open no connection and no file of yours: the kernel refuses"
    " it.",
    "The log holds times, sizes and codes: no name, no address.",
)


async def about(call: Call) -> Response:
    keep_s = call.house.options.keep_s
    promises = "".join(f"<li>{escape(one)}</li>" for one in PROMISES)
    places = table(
        ("where", "what"), ((link(place, place), escape(what)) for place, what in PLACES)
    )
    parts = [
        *_unbuilt(call),
        f"<section><h2>You</h2><p>{_you(call)}</p></section>",
        f"<section><h2>What it keeps to</h2><ul>{promises}</ul>"
        f"<p>Results wait {_lasting(keep_s)} at most. {code('safelight prove')} tries it all."
        "</p></section>",
        f"<section><h2>More</h2>{places}</section>",
        f"<section><h2>A first call</h2><pre>{escape(_example(call))}</pre></section>",
    ]
    intro = f"A private image server, version {__version__}. It answers, and cannot call out."
    return as_html(page("Safelight", intro, parts))


def _unbuilt(call: Call) -> list[str]:
    """In a source checkout whose Studio nobody has built: how to."""
    if call.house.studio is not None:
        return []
    how = f"{code('scripts/studio.py')} builds it; then start the server again."
    return [f"<section><h2>The Studio is not built here</h2><p>{how}</p></section>"]


def _you(call: Call) -> str:
    if call.who.kind == "nobody":
        return (
            f"This server does not know you yet. On its machine, {code('safelight status --link')}"
            f" makes a link for this browser, and {code('safelight pair')} a code for a device."
        )
    scopes = sorted(call.who.scopes)
    may = "everything" if "admin" in scopes else f"what {', '.join(map(code, scopes))} allows"
    return f"This server knows you: you may do {may}."


def _lasting(seconds: int) -> str:
    minutes = seconds // 60
    if minutes * 60 != seconds:
        return f"{seconds} seconds"
    return "1 minute" if minutes == 1 else f"{minutes} minutes"


def _example(call: Call) -> str:
    here = str(call.request.base_url).rstrip("/")  # a name that the door let in
    return (
        "curl -H 'Authorization: Bearer TOKEN' -H 'Content-Type: image/jpeg' \\\n"
        f"  --data-binary @photo.jpg -o small.jpg '{here}{API}/resize?fit=1600x1600'"
    )


endpoints = (
    Endpoint(
        "GET", "/about", about, "What this server is", scope=None, tag="server", answer="page",
        is_rooted=True,
    ),
)  # fmt: skip
