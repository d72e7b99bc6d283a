"""Audit: what can leave this server, how every run ended, what is known here as a document."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from safelight.audit.moments import moment
from safelight.errors import AnswerUnknown, PathUnknown, VaultLocked, VerificationFailed
from safelight.server import outward
from safelight.server.endpoint import Call, Endpoint
from safelight.server.front.jobs.asking import checked

FORMS = {
    "application/json": "json",
    "text/html": "html",
    "text/markdown": "markdown",
}
# A report brings its own style and nothing else; it is not a page of this server.
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'; sandbox"
)
Where = Literal["front", "worker", "back"]


class Asking(BaseModel):
    """What is asked for in a query."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class LogAsked(Asking):
    since: str | None = Field(
        None, max_length=32, description="24h, 7d, 2026-11-21 or 2026-11-21T09:30:00Z, in UTC"
    )
    after: int = Field(0, ge=0, lt=2**53, description="entries behind the one of this number")
    limit: int = Field(100, ge=1, le=1_000, description="at most so many")


class Entry(BaseModel):
    """How one run ended: when, with which code, how long it took, how much went in and came out.
    commitment binds the entry to its receipt, without telling of it.
    """

    number: int
    time: str
    code: str
    duration_ms: int
    input_bytes: int
    output_bytes: int
    commitment: str


class Log(BaseModel):
    """A page of the journal, which was checked as a whole first. journal is the fingerprint of its
    key, root its digest, checkpoint what to keep elsewhere; next is `after` of the next page.
    """

    entries: list[Entry]
    next: int | None
    journal: str
    size: int
    root: str
    checkpoint: str


class Attempt(BaseModel):
    """One way out, as it was tried: where, by which name, and the error of the system that it
    ended with; contained: nothing got out.
    """

    where: Where
    name: str
    errno: int
    error: str
    contained: bool


class Egress(BaseModel):
    """Every way out, tried now: from the front end while it answers this, from a worker that opens
    pictures, and from the back end. closed: all of the front end, which takes in what anybody
    sends, and of the worker were contained. back_closed: those of the back end, too; it opens no
    picture and no request, and leaves the machine's network where it may, which is as root.
    """

    closed: bool
    back_closed: bool
    attempted: int
    contained: int
    level: int
    attempts: list[Attempt]


class LedgerLine(BaseModel):
    """A connection that was allowed (host, bytes, status, why), or how a self-test ended."""

    model_config = ConfigDict(extra="allow")

    time: str
    what: str = Field(description="connection or self-test")


class Ledger(BaseModel):
    """The newest lines, the newest first; the whole ledger was checked. size: how many it has."""

    entries: list[LedgerLine]
    size: int


class ReportAsked(Asking):
    since: Annotated[str | None, Field(max_length=32)] = Field(
        None, description="only work since then"
    )
    until: Annotated[str | None, Field(max_length=32)] = Field(
        None, description="only work until then"
    )
    role: Literal["controller", "processor"] = Field(
        "controller", description="for gdpr-art30: which paragraph"
    )


async def log(call: Call) -> Response:
    asked = checked(LogAsked, dict(call.request.query_params))
    facts = {"since": moment(asked.since) if asked.since else "", "after": asked.after}
    return JSONResponse(await call.house.back.ask("log", {**facts, "limit": asked.limit}))


async def egress(call: Call) -> Response:
    own = await asyncio.to_thread(outward.attempts)
    found = await call.house.back.ask("egress")
    tried = [
        *(_attempt("front", one.name, one.errno, is_contained=one.contained) for one in own),
        *_of("worker", found["attempts"]),
        *_of("back", found["own"]),
    ]
    told = Egress(
        closed=all(one.contained for one in tried if one.where != "back"),
        back_closed=all(one.contained for one in tried if one.where == "back"),
        attempted=len(tried),
        contained=sum(one.contained for one in tried),
        level=found["level"],
        attempts=tried,
    )
    return JSONResponse(told.model_dump())


async def ledger(call: Call) -> Response:
    return JSONResponse(await call.house.back.ask("ledger"))


async def report(call: Call) -> Response:
    asked = checked(ReportAsked, dict(call.request.query_params))
    media_type = _accepted(call.request.headers.get("accept", "*/*"))
    named = call.request.path_params["kind"]
    if len(named) > 64:
        raise PathUnknown("there is no report of this kind")
    facts = {
        "kind": named,
        "form": FORMS[media_type],
        "since": moment(asked.since) if asked.since else "",
        "until": moment(asked.until) if asked.until else "",
        "role": asked.role,
    }
    found = await call.house.back.ask("report", facts)
    headers = {"Content-Security-Policy": POLICY}
    return Response(found["text"], headers=headers, media_type=media_type)


def _of(where: Where, found: list[dict[str, Any]]) -> Iterator[Attempt]:
    for one in found:
        yield _attempt(where, one["name"], one["errno"], is_contained=one["contained"])


def _attempt(where: Where, name: str, errno: int, *, is_contained: bool) -> Attempt:
    error = os.strerror(errno).lower() if errno else "it got through"
    return Attempt(where=where, name=name, errno=errno, error=error, contained=is_contained)


def _accepted(accept: str) -> str:
    """The first that is named; a signed envelope where anything will do."""
    for one in accept.split(","):
        wish = one.partition(";")[0].strip().lower()
        if wish in FORMS:
            return wish
        if wish in ("*/*", "application/*", ""):
            return "application/json"
        if wish == "text/*":
            return "text/html"
    raise AnswerUnknown(hint=f"Accept: {', '.join(FORMS)}")


endpoints = (
    Endpoint(
        "GET", "/audit/egress", egress, "Try every way out, and show it closed",
        scope="auditor", tag="audit", answer=Egress,
    ),
    Endpoint(
        "GET", "/audit/ledger", ledger, "Every connection that was allowed, and every self-test",
        scope="auditor", tag="audit", answer=Ledger, errors=(VaultLocked, VerificationFailed),
    ),
    Endpoint(
        "GET", "/audit/log", log, "How every run ended, from the checked journal",
        scope="auditor", tag="audit", options=LogAsked, answer=Log,
        errors=(VaultLocked, VerificationFailed),
    ),
    Endpoint(
        "GET", "/audit/report/{kind}", report, "What is known here as a signed document",
        scope="auditor", tag="audit", options=ReportAsked, answer="report",
        errors=(AnswerUnknown, VaultLocked, VerificationFailed),
    ),
)  # fmt: skip
