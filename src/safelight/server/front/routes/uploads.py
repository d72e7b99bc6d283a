"""Uploads: pictures that wait in memory to be named as inputs of jobs."""

from __future__ import annotations

import time

from starlette.responses import JSONResponse, Response

from safelight.errors import Busy, Gone, UsageError
from safelight.server.endpoint import API, Call, Endpoint
from safelight.server.front.body.reading import Expected, read_body
from safelight.server.front.jobs.documents import UploadFacts, shown

# Each holds a descriptor; of all owners together.
MOST_UPLOADS = 2048
# Of all memory for pictures, what the uploads of one owner may hold before the next is refused.
SHARE = 0.5
EXPECTED = Expected({"file": 1})


async def upload(call: Call) -> Response:
    house, uploads = call.house, call.house.uploads
    if len(uploads) >= MOST_UPLOADS:
        raise Busy(f"{MOST_UPLOADS} uploads wait, as many as may", retry_after_s=10)
    if uploads.held_of(call.who.key) >= house.memory.most_bytes * SHARE:
        hint = "have them worked on, or DELETE them: they expire by themselves"
        raise Busy("your uploads hold as much as yours may", hint=hint, retry_after_s=10)
    with await read_body(call.request, house.memory, house.options.max_bytes, EXPECTED) as body:
        if not body.blobs.get("file"):
            raise UsageError("the form has no picture", hint="send it in the part file")
        (blob,) = body.take("file")
    kept = uploads.put(call.who.key, blob)
    facts = UploadFacts.of(kept, time.monotonic())
    return JSONResponse(shown(facts), 201, {"Location": f"{API}/uploads/{kept.name}"})


async def look(call: Call) -> Response:
    kept = call.house.uploads.peek(call.who.key, call.request.path_params["id"])
    return JSONResponse(shown(UploadFacts.of(kept, time.monotonic())))


async def remove(call: Call) -> Response:
    call.house.uploads.drop(call.who.key, call.request.path_params["id"])
    return Response(status_code=204)


endpoints = (
    Endpoint(
        "POST", "/uploads", upload, "Send a picture, to be named by its id in jobs",
        tag="uploads", body="bytes", parts={"file": "the picture"},
        answer=UploadFacts, status=201, errors=(Busy,),
    ),
    Endpoint(
        "GET", "/uploads/{id}", look, "What is known of an upload",
        tag="uploads", answer=UploadFacts, errors=(Gone,),
    ),
    Endpoint(
        "DELETE", "/uploads/{id}", remove, "Overwrite an upload",
        tag="uploads", status=204, errors=(Gone,),
    ),
)  # fmt: skip
