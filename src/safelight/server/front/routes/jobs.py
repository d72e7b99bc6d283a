"""Jobs: many pictures with one recipe; looked after, tried again, ended."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TypeVar

from starlette.responses import JSONResponse, Response

from safelight.batch.steps import with_scrub
from safelight.errors import (
    Busy,
    Gone,
    InputMissing,
    KeyReused,
    LimitExceeded,
    ParameterInvalid,
    PathUnknown,
    PolicyRefused,
    RecipeInvalid,
    StillRunning,
)
from safelight.server.endpoint import Call, Endpoint
from safelight.server.front.body.reading import read_json
from safelight.server.front.jobs.asking import (
    ItemsAsked,
    JobsAsked,
    NewJob,
    Page,
    checked,
    lent,
    recipe_of,
)
from safelight.server.front.jobs.documents import ItemFacts, ItemPage, JobFacts, JobPage, shown
from safelight.server.front.jobs.idempotency import Answer
from safelight.server.front.jobs.job import Item, Job

KEY = "Idempotency-Key"
# Of what is known of its pictures, what one page holds: nobody is answered while it is written.
MOST_PAGE_BYTES = 1 << 19
EXAMPLES = {
    "resize": {
        "inputs": ["an id from POST /uploads"],
        "steps": [{"op": "resize", "fit": "640x640"}],
    }
}
KEY_HEADER = {KEY: "any text: the same request under it within 24 hours is carried out once"}
One = TypeVar("One")


async def create(call: Call) -> Response:
    house, body = call.house, await read_json(call.request)
    asked = checked(NewJob, body)
    key = call.request.headers.get(KEY)
    with house.desk.keys.turn(call.who.key, key, b"POST jobs", body) as turn:
        if turn.answer is None:
            options = house.options
            recipe = recipe_of(asked, options.recipes, recipes_only=options.recipes_only)
            recipe = with_scrub(recipe, house.settings)
            sources, further = lent(asked, recipe, house.uploads, call.who.key)
            job = house.desk.submit(
                call.who,
                recipe,
                sources,
                timeout_s=asked.timeout_s,
                deadline_s=asked.deadline_s,
                is_batch=True,
                further=further,
                keep_source=True,
            )
            turn.answer = _taken(call, job)
    return _replayed(turn.answer)


async def listed(call: Call) -> Response:
    asked = checked(JobsAsked, dict(call.request.query_params))
    jobs = [
        job
        for job in call.house.desk.records.of(call.who.key)
        if asked.state in (None, job.state) and (asked.place is None or job.number < asked.place)
    ]
    page, more = _cut(jobs, asked)
    told = [_facts(call, job) for job in page]
    return JSONResponse(shown(JobPage(jobs=told, next=str(page[-1].number) if more else None)))


async def look(call: Call) -> Response:
    return JSONResponse(shown(_facts(call, _job(call))))


async def items(call: Call) -> Response:
    asked = checked(ItemsAsked, dict(call.request.query_params))
    found = [
        item
        for item in _job(call).items
        if asked.state in (None, item.state) and (asked.place is None or item.index > asked.place)
    ]
    page, more = _cut(found, asked, _words_of)
    told = [ItemFacts.of(item) for item in page]
    return JSONResponse(shown(ItemPage(items=told, next=str(page[-1].index) if more else None)))


async def retry(call: Call) -> Response:
    job, keys = _job(call), call.house.desk.keys
    key = call.request.headers.get(KEY)
    with keys.turn(call.who.key, key, b"POST retry", job.id.encode()) as turn:
        if turn.answer is None:
            call.house.desk.retry(job)
            turn.answer = _taken(call, job)
    return _replayed(turn.answer)


async def remove(call: Call) -> Response:
    call.house.desk.purge(_job(call))
    return Response(status_code=204)


def _job(call: Call) -> Job:
    return call.house.desk.records.get(call.who.key, call.request.path_params["id"])


def _facts(call: Call, job: Job) -> JobFacts:
    return call.house.desk.facts(job)


def _cut(
    found: Sequence[One], page: Page, bytes_of: Callable[[One], int] = lambda _one: 0
) -> tuple[Sequence[One], bool]:
    """What the page holds, one at least, and whether there are more."""
    count = size_bytes = 0
    for one in found[: page.limit]:
        size_bytes += bytes_of(one)
        if count and size_bytes > MOST_PAGE_BYTES:
            break
        count += 1
    return found[:count], len(found) > count


def _words_of(item: Item) -> int:
    return len(item.known.words) if item.known is not None else 0


def _taken(call: Call, job: Job) -> Answer:
    facts = _facts(call, job)
    look_after_s = max(1, min(60, math.ceil(facts.eta_s or 1)))
    headers = (("Location", facts.links.self_), ("Retry-After", str(look_after_s)))
    return Answer(202, headers, bytes(JSONResponse(shown(facts)).body))


def _replayed(answer: Answer) -> Response:
    headers = dict(answer.headers)
    return Response(answer.body, answer.status, headers=headers, media_type="application/json")


endpoints = (
    Endpoint(
        "POST", "/jobs", create, "Work on many pictures that were uploaded",
        tag="jobs", body=NewJob, answer=JobFacts, status=202, headers=KEY_HEADER,
        examples=EXAMPLES,
        errors=(
            Busy, Gone, InputMissing, KeyReused, LimitExceeded, PathUnknown, PolicyRefused,
            RecipeInvalid, StillRunning,
        ),
    ),
    Endpoint("GET", "/jobs", listed, "Your jobs", tag="jobs", options=JobsAsked, answer=JobPage),
    Endpoint("GET", "/jobs/{id}", look, "One job", tag="jobs", answer=JobFacts, errors=(Gone,)),
    Endpoint(
        "GET", "/jobs/{id}/items", items, "The pictures of a job, and what came of each",
        tag="jobs", options=ItemsAsked, answer=ItemPage, errors=(Gone,),
    ),
    Endpoint(
        "POST", "/jobs/{id}/retry", retry, "Try again what failed or was cancelled",
        tag="jobs", answer=JobFacts, status=202, headers=KEY_HEADER,
        errors=(Busy, Gone, KeyReused, ParameterInvalid, StillRunning),
    ),
    Endpoint(
        "DELETE", "/jobs/{id}", remove, "Cancel a job, and overwrite all that came of it",
        tag="jobs", status=204, errors=(Gone,),
    ),
)  # fmt: skip
