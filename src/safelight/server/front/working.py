"""Working: one picture and one recipe as a job, waited for as long as its asker likes.

Who leaves while it waits wants it no more: the job ends. Who waits no longer is told where the job
is, and finds the result there.
"""

from __future__ import annotations

import asyncio
import json
import math
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from safelight.errors import Gone, InputMissing, SafelightError, UsageError
from safelight.formats import TABLE
from safelight.recipe import Recipe
from safelight.server.blob import Blob
from safelight.server.endpoint import API, Call
from safelight.server.front.body.digests import told
from safelight.server.front.body.reading import Body
from safelight.server.front.body.sending import AtEnd, Part, Parts, departure
from safelight.server.front.jobs.documents import shown
from safelight.server.front.jobs.holding import Source
from safelight.server.front.jobs.job import Item, Job
from safelight.server.front.negotiation import Form, Preference, form_of, preference
from safelight.server.front.shelf import Kept

LOCALITY = "Safelight-Locality"
LONGEST_LOOK_S = 60
ENDINGS = {"application/pdf": "pdf", "image/svg+xml": "svg", "application/dicom": "dcm"}


@dataclass(frozen=True)
class Wanted:
    """What a request says of its answer, before its body is there. started by perf_counter."""

    preference: Preference
    headers: Any
    started: float

    @classmethod
    def of(cls, request: Request) -> Wanted:
        """Raises UsageError."""
        return cls(preference(request.headers), request.headers, time.perf_counter())

    def form(self, recipe: Recipe) -> Form:
        """Raises AnswerUnknown."""
        return form_of(self.headers, gives_image=recipe.gives_image)


async def worked(call: Call, recipe: Recipe, body: Body, wanted: Wanted) -> Response:
    """The answer to a picture and a recipe. Takes out of the body what it needs. Raises what the
    work ends with; ClientDisconnect.
    """
    form = wanted.form(recipe)
    read_s = time.perf_counter() - wanted.started
    job = _submitted(call, recipe, body, is_waited_for=wanted.preference.wait_s > 0)
    if not await ended(call, job, wanted.preference.wait_s):
        return _later(call, job, wanted.preference)
    call.house.desk.forget(job)
    response = _answer(call, job, form)
    item = job.items[0]
    response.headers["Server-Timing"] = (
        f"read;dur={read_s * 1000:.1f}, queue;dur={item.waited_s * 1000:.1f},"
        f" work;dur={item.worked_s * 1000:.1f}"
    )
    if wanted.preference.applied:
        response.headers["Preference-Applied"] = wanted.preference.applied
    return response


def further_of(call: Call, recipe: Recipe, body: Body) -> dict[str, Source]:
    """The pictures that the recipe names, from the body or the asker's uploads. Raises
    InputMissing; UsageError for one that was sent and is not named.
    """
    sent = {blob.sha256: blob for blob in body.blobs.get("picture", ())}
    if not set(sent) <= set(recipe.pictures):
        raise UsageError("the recipe does not name a picture that was sent")
    found: dict[str, Source] = {}
    uploads, owner = call.house.uploads, call.who.key
    try:
        for digest in recipe.pictures:
            if digest in sent:
                continue
            kept = uploads.named(owner, digest)
            if kept is None:
                raise InputMissing(
                    "the recipe names a picture that was not sent",
                    hint="send it as a part picture, or upload it before",
                )
            found[digest] = Source.lent(uploads, owner, kept.name)
    except SafelightError:
        for source in found.values():
            source.close()
        raise
    body.take("picture")
    return found | {digest: Source(blob) for digest, blob in sent.items()}


def _submitted(call: Call, recipe: Recipe, body: Body, *, is_waited_for: bool) -> Job:
    if len(body.blobs.get("file", ())) != 1:
        raise UsageError("the form has no picture", hint="send it in the part file")
    further = further_of(call, recipe, body)
    (blob,) = body.take("file")
    return call.house.desk.submit(
        call.who,
        recipe,
        [Source(blob)],
        is_batch=not is_waited_for,
        further=further,
        keep_source=not is_waited_for,
        is_listed=not is_waited_for,
    )


async def ended(call: Call, job: Job, wait_s: float) -> bool:
    """Whether it has ended in time. Raises ClientDisconnect where its asker left before."""
    if wait_s <= 0:
        return job.has_ended
    left = asyncio.ensure_future(departure(call.request.receive))
    over = asyncio.ensure_future(job.wait(wait_s))
    try:
        await asyncio.wait({left, over}, return_when=asyncio.FIRST_COMPLETED)
        if not over.done():
            raise ClientDisconnect
        return over.result()
    except BaseException:
        call.house.desk.purge(job)
        raise
    finally:
        left.cancel()
        over.cancel()


def _later(call: Call, job: Job, wish: Preference) -> Response:
    call.house.desk.show(job)
    facts = call.house.desk.facts(job)
    after_s = max(1, min(LONGEST_LOOK_S, math.ceil(facts.eta_s or 1)))
    headers = {
        "Location": facts.links.self_,
        "Retry-After": str(after_s),
        "Link": f'<{facts.links.events}>; rel="monitor"',
    }
    if wish.applied:
        headers["Preference-Applied"] = wish.applied
    return JSONResponse(shown(facts), 202, headers)


def _answer(call: Call, job: Job, form: Form) -> Response:
    item = job.items[0]
    if item.error is not None:
        raise item.error
    if not item.result_id:
        return JSONResponse({"result": _document(item)}, headers=_place(call))
    results, owner = call.house.results, call.who.key
    if form == "json":
        kept = results.peek(owner, item.result_id)
        asset = f"{API}/results/{item.result_id}"
        body = {"result": _document(item), "receipt": _receipt(kept), "asset": asset}
        return JSONResponse(body, headers=_place(call) | _receipt_header(kept))
    kept = results.take(owner, item.result_id)
    blob = kept.blob
    document = _document(item)
    return given(call, kept, lambda _is_whole: blob.close(), form=form, document=document)


def given(
    call: Call,
    kept: Kept,
    at_end: AtEnd,
    *,
    form: Form = "picture",
    document: Mapping[str, Any] | None = None,
) -> Response:
    """The bytes of a result, alone or beside its receipt and what is known of it. at_end is told
    once they are sent.
    """
    headers = _place(call) | _receipt_header(kept)
    media_type, blob = kept.media_type or "application/octet-stream", kept.blob
    named = {
        "Content-Disposition": f'attachment; filename="result.{ending(media_type)}"',
        "Repr-Digest": told(blob.sha256),
    }
    if form != "both":
        return Parts([blob], headers | named, media_type=media_type, at_end=at_end)
    known = {} if document is None else {"result": dict(document)}
    facts = {**known, "receipt": _receipt(kept)}
    boundary = secrets.token_hex(16)
    parts = mixed(boundary, blob, json.dumps(facts).encode(), media_type=media_type, headers=named)
    kind = f'multipart/mixed; boundary="{boundary}"'
    return Parts(parts, headers, media_type=kind, at_end=at_end)


def mixed(
    boundary: str, blob: Blob, facts: bytes, *, media_type: str, headers: Mapping[str, str]
) -> list[Part]:
    """A picture, then what is known of it, as multipart/mixed has it."""
    own = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return [
        f"--{boundary}\r\nContent-Type: {media_type}\r\n{own}\r\n".encode(),
        blob,
        f"\r\n--{boundary}\r\nContent-Type: application/json\r\n\r\n".encode(),
        facts,
        f"\r\n--{boundary}--\r\n".encode(),
    ]


def ending(media_type: str) -> str:
    """Of a file of this kind: ours, never the one that it came under."""
    name = media_type.rpartition("/")[2]
    for format, facts in TABLE.items():
        if name == format:
            return facts.endings[0]
    return ENDINGS.get(media_type, "bin")


def _document(item: Item) -> dict[str, Any]:
    if item.known is None:
        raise Gone
    return item.known.document


def _receipt(kept: Kept) -> Any:
    receipt = kept.facts.get("receipt", b"")
    return json.loads(receipt) if receipt else None


def _receipt_header(kept: Kept) -> dict[str, str]:
    name = kept.facts.get("receipt_id", "")
    return {"Safelight-Receipt": str(name)} if name else {}


def _place(call: Call) -> dict[str, str]:
    return {LOCALITY: "machine" if call.who.is_local else "node"}
