"""Problems: an error as RFC 9457 has it, with nothing in it that could tell of a picture."""

from __future__ import annotations

from starlette.responses import HTMLResponse, Response

from safelight.errors import ParameterInvalid, SafelightError
from safelight.server.description.problem import MEDIA_TYPE, FieldProblem, Problem
from safelight.server.description.problem_pages import failure_page
from safelight.server.description.sheet import POLICY


def problem(error: SafelightError, request_id: str, *, is_page: bool = False) -> Response:
    """The answer that says what went wrong and what helps; is_page: to somebody in a browser."""
    if is_page:
        headers = {**_headers(error), "Content-Security-Policy": POLICY}
        return HTMLResponse(failure_page(error, request_id), error.status, headers=headers)
    fields = error.fields if isinstance(error, ParameterInvalid) else ()
    wrong = tuple(FieldProblem(pointer=name, message=words) for name, words in fields)
    body = Problem.of(error, request_id, wrong).model_dump_json()
    return Response(body, error.status, headers=_headers(error), media_type=MEDIA_TYPE)


def _headers(error: SafelightError) -> dict[str, str]:
    headers = {}
    after_s = getattr(error, "retry_after_s", None)
    if after_s is not None:
        headers["Retry-After"] = str(after_s)
    if error.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return headers
