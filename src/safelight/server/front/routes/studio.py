"""Studio: the page, the frame for the tools that work in the tab, and the files that both need.

All of it was read and compared with its manifest before the front end was locked in. The page may
ask this server alone; the frame, which holds the pictures, may ask nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from safelight.errors import AnswerUnknown, PathUnknown
from safelight.server.endpoint import Call, Endpoint
from safelight.server.front.routes.about import about
from safelight.studio.files import MANIFEST, File, Studio

TAG = "studio"
PAGE, FRAME, WORKER = "index.html", "frame.html", "sw.js"
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:;"
    " connect-src 'self'; worker-src 'self'; manifest-src 'self'; frame-src 'self';"
    " form-action 'none'; base-uri 'none'; frame-ancestors 'none'; webrtc 'block'"
)
# The script is allowed by its hash alone; what it makes code of came in messages from the page.
FRAME_POLICY = (
    "sandbox allow-scripts allow-downloads; default-src 'none';"
    " script-src '{script}' 'unsafe-eval' 'wasm-unsafe-eval'; worker-src blob:;"
    " style-src 'unsafe-inline'; img-src blob: data:; connect-src 'none'; form-action 'none';"
    " base-uri 'none'; frame-ancestors 'self'; webrtc 'block'"
)
# A service worker is held by the policy of its own answer.
WORKER_POLICY = "default-src 'none'; connect-src 'self'"
# Where the page says that pictures which another app shared did not come through.
SHARED_LOST = "/#/start?shared=lost"
ONE_YEAR_S = 31_536_000
FOREVER = f"private, max-age={ONE_YEAR_S}, immutable"
ASK_AGAIN = "private, no-cache"
BROTLI = "br"
TAKES_NONE = "send Accept-Encoding: br; browsers do over HTTPS, and on the machine itself"


async def page(call: Call) -> Response:
    if call.house.studio is None:
        return await about(call)
    return _handed(call.request, call.house.studio, PAGE)


async def worker(call: Call) -> Response:
    return _handed(call.request, _built(call), WORKER)


async def share(call: Call) -> Response:
    """What the service worker takes in the browser, if it is there. Nothing of the body is read."""
    _built(call)
    return RedirectResponse(SHARED_LOST, status_code=303, headers={"Content-Type": "text/html"})


async def file(call: Call) -> Response:
    name: str = call.request.path_params["name"]
    studio = _built(call)
    if name == MANIFEST:
        found = _Found(studio.told, studio.manifest.digest, "application/json")
        return _answer(call.request, found, {"Cache-Control": ASK_AGAIN})
    return _handed(call.request, studio, name)


@dataclass(frozen=True, slots=True)
class _Found:
    data: bytes
    tag: str
    mime: str
    encoding: str = "identity"


def _built(call: Call) -> Studio:
    if call.house.studio is None:
        raise PathUnknown("the Studio is not built here", hint="scripts/studio.py builds it")
    return call.house.studio


def _handed(request: Request, studio: Studio, name: str) -> Response:
    entry = studio.manifest.files.get(name)
    if entry is None:
        raise PathUnknown
    if entry.encoding == BROTLI and not takes_brotli(request.headers.get("accept-encoding", "")):
        raise AnswerUnknown("this file is kept in Brotli alone", hint=TAKES_NONE)
    found = _Found(studio.data[name], entry.sha256, entry.mime, entry.encoding)
    own = dict(_own(studio, name))
    own["Cache-Control"] = _keeping(request, studio, name, entry)
    return _answer(request, found, own)


def _answer(request: Request, found: _Found, headers: Mapping[str, str]) -> Response:
    tag = f'"{found.tag}"'
    told = {"ETag": tag, "Vary": "Accept-Encoding", **headers}
    if tag in [one.strip() for one in request.headers.get("if-none-match", "").split(",")]:
        return Response(status_code=304, headers=told)
    if found.encoding == BROTLI:
        told["Content-Encoding"] = BROTLI
    return Response(found.data, headers={**told, "Content-Type": found.mime})


def _keeping(request: Request, studio: Studio, name: str, entry: File) -> str:
    """The frame may be kept under the version that it was asked by: where the server has stopped,
    no service worker could answer for it, but what the browser kept can.
    """
    is_this = request.query_params.get("v") == studio.manifest.version
    return FOREVER if entry.fixed or (name == FRAME and is_this) else ASK_AGAIN


def _own(studio: Studio, name: str) -> Mapping[str, str]:
    """What a file's own answer says besides. Isolation gives the frame's workers shared memory."""
    isolated = {"Cross-Origin-Embedder-Policy": "require-corp", "X-DNS-Prefetch-Control": "off"}
    if name == PAGE:
        return {"Content-Security-Policy": PAGE_POLICY, **isolated}
    if name == FRAME:
        policy = FRAME_POLICY.format(script=studio.manifest.script)
        return {"Content-Security-Policy": policy, "Connection-Allowlist": "()", **isolated}
    if name == WORKER:
        return {"Content-Security-Policy": WORKER_POLICY, "Service-Worker-Allowed": "/"}
    return MappingProxyType({})


def takes_brotli(accepted: str) -> bool:
    """Whether this header Accept-Encoding lets Brotli in."""
    weights: dict[str, str] = {}
    for one in accepted.lower().replace(" ", "").split(","):
        name, _, weight = one.partition(";q=")
        weights[name] = weight or "1"
    return weights.get(BROTLI, weights.get("*", "0")).strip("0.") != ""


endpoints = (
    Endpoint(
        "GET", "/", page, "The Studio", scope=None, tag=TAG, answer="page", is_rooted=True,
    ),
    Endpoint(
        "GET", "/sw.js", worker, "What keeps the Studio for a visit without the server",
        scope=None, tag=TAG, answer="file", is_rooted=True, errors=(PathUnknown, AnswerUnknown),
    ),
    Endpoint(
        "POST", "/share", share, "Shared pictures that the browser did not take: not read",
        scope=None, tag=TAG, answer="page", status=303, is_rooted=True, errors=(PathUnknown,),
        takes_shares=True,
    ),
    Endpoint(
        "GET", "/studio/{name}", file, "One file of the Studio", scope=None, tag=TAG, answer="file",
        is_rooted=True, errors=(PathUnknown, AnswerUnknown),
    ),
)  # fmt: skip
