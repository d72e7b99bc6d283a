"""What the server says of itself: the description for programs, the same as a page, and what each
problem means.
"""

from __future__ import annotations

from functools import cache

from starlette.responses import Response

from safelight.errors import PathUnknown, SafelightError, family
from safelight.server.description.openapi import document, written
from safelight.server.description.problem_pages import problem_page, problems_page
from safelight.server.description.reference import reference_page
from safelight.server.description.sheet import as_html
from safelight.server.endpoint import Call, Endpoint, discovered


async def openapi(_call: Call) -> Response:
    return Response(_described(), media_type="application/json")


async def reference(_call: Call) -> Response:
    return as_html(_reference())


async def problems(_call: Call) -> Response:
    return as_html(problems_page())


async def problem(call: Call) -> Response:
    return as_html(problem_page(_named(call.request.path_params["code"])))


@cache
def _described() -> bytes:
    return written(discovered())


@cache
def _reference() -> str:
    return reference_page(document(discovered()))


def _named(code: str) -> type[SafelightError]:
    for error in family():
        if error.code == code:
            return error
    raise PathUnknown("there is no problem of this name", hint="GET /problems lists them")


endpoints = (
    Endpoint(
        "GET", "/openapi.json", openapi, "This description, for programs",
        scope=None, tag="server", answer="json",
    ),
    Endpoint(
        "GET", "/reference", reference, "This description, as a page",
        scope=None, tag="server", answer="page", is_rooted=True,
    ),
    Endpoint(
        "GET", "/problems", problems, "Every problem that a call can end with, as a page",
        scope=None, tag="server", answer="page", is_rooted=True,
    ),
    Endpoint(
        "GET", "/problems/{code}", problem, "What one problem means and what helps, as a page",
        scope=None, tag="server", answer="page", is_rooted=True,
    ),
)  # fmt: skip
