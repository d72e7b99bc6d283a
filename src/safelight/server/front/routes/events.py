"""Events: what jobs tell while they are worked on, as server-sent events."""

from __future__ import annotations

from starlette.responses import Response, StreamingResponse

from safelight.errors import Gone, ParameterInvalid
from safelight.server.endpoint import Call, Endpoint
from safelight.server.front.jobs.job import Job
from safelight.server.front.jobs.streaming import events, place_of

MEDIA_TYPE = "text/event-stream"
LAST = "Last-Event-ID"
LAST_HEADER = {LAST: "id of the last event that came; what was told since comes first"}


async def of_job(call: Call) -> Response:
    records = call.house.desk.records
    job = records.get(call.who.key, call.request.path_params["id"])
    after = _place(call)
    if after is not None and job.has_ended and not records.after(call.who.key, after, job):
        return Response(status_code=204)  # this tells a browser not to come again
    return _stream(call, after or 0, job)


async def of_all(call: Call) -> Response:
    after = _place(call)
    return _stream(call, call.house.desk.records.newest if after is None else after)


def _place(call: Call) -> int | None:
    last = call.request.headers.get(LAST)
    return None if last is None else place_of(last, call.house.desk.records.epoch)


def _stream(call: Call, after: int, job: Job | None = None) -> Response:
    if call.request.method == "HEAD":
        return Response(media_type=MEDIA_TYPE)
    house = call.house
    told = events(house.desk.records, call.who.key, after, job, is_over=lambda: house.is_draining)
    return StreamingResponse(told, media_type=MEDIA_TYPE)


endpoints = (
    Endpoint(
        "GET", "/jobs/{id}/events", of_job, "What one job tells, from its beginning to its end",
        tag="jobs", answer="events", headers=LAST_HEADER, errors=(Gone, ParameterInvalid),
    ),
    Endpoint(
        "GET", "/events", of_all, "What all your jobs tell from now on",
        tag="jobs", answer="events", headers=LAST_HEADER, errors=(Gone, ParameterInvalid),
    ),
)  # fmt: skip
