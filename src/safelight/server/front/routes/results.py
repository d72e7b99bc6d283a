"""Results: what lies in memory for its owner, until it was fetched once or its time is over."""

from __future__ import annotations

import json
import time
from contextlib import ExitStack, suppress
from functools import partial
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from safelight.errors import AnswerUnknown, Gone, SafelightError
from safelight.server.endpoint import Call, Endpoint
from safelight.server.front.jobs.asking import checked
from safelight.server.front.negotiation import form_of
from safelight.server.front.shelf import Kept
from safelight.server.front.working import given


class Fetching(BaseModel):
    """How a result is fetched."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    keep: bool = Field(False, description="leave it here until its time is over")


class ResultFacts(BaseModel):
    """A result that waits to be fetched."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    media_type: str
    bytes: int
    sha256: str = Field(description="of its bytes")
    expires_s: float = Field(description="seconds until it is overwritten")
    receipt: dict[str, Any] | None = Field(None, description="its signed receipt")

    @classmethod
    def of(cls, kept: Kept, now: float) -> ResultFacts:
        """now is of the shelf's clock."""
        receipt = kept.facts.get("receipt", b"")
        return cls(
            id=kept.name,
            media_type=kept.media_type,
            bytes=kept.blob.size_bytes,
            sha256=kept.blob.sha256,
            expires_s=round(max(0.0, kept.until - now), 1),
            receipt=json.loads(receipt) if receipt else None,
        )


async def fetch(call: Call) -> Response:
    """Its bytes; once all of them are sent, it is overwritten. What is known of it leaves it."""
    asked = checked(Fetching, dict(call.request.query_params))
    results, owner = call.house.results, call.who.key
    name = call.request.path_params["id"]
    form = form_of(call.request.headers, gives_image=True)
    if form == "json":
        facts = ResultFacts.of(results.peek(owner, name), time.monotonic())
        return JSONResponse(facts.model_dump(mode="json"))
    with ExitStack() as stack:
        kept = stack.enter_context(results.lend(owner, name))
        lent = stack.pop_all()
    at_end = partial(_ended, call, kept, lent, keeps=asked.keep)
    return given(call, kept, at_end, form=form)


def _ended(call: Call, kept: Kept, lent: ExitStack, is_whole: bool, *, keeps: bool) -> None:
    with lent:
        if is_whole and not keeps:
            with suppress(SafelightError):  # another one fetched it, or its time was over
                call.house.results.drop(kept.owner, kept.name)


async def remove(call: Call) -> Response:
    call.house.results.drop(call.who.key, call.request.path_params["id"])
    return Response(status_code=204)


endpoints = (
    Endpoint(
        "GET", "/results/{id}", fetch, "Fetch a result; then it is overwritten",
        tag="results", options=Fetching, answer="picture", errors=(Gone, AnswerUnknown),
    ),
    Endpoint(
        "DELETE", "/results/{id}", remove, "Overwrite a result",
        tag="results", answer="nothing", status=204, errors=(Gone,),
    ),
)  # fmt: skip
