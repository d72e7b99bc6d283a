"""Streaming: what jobs tell, as server-sent events, from where the reader left off.

A reader has a place in the stories and no queue of its own: a slow one costs no memory, and one
that comes again after a break goes on at its place.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Callable

from safelight.errors import Gone, ParameterInvalid
from safelight.server.front.jobs.job import Job
from safelight.server.front.jobs.records import Records
from safelight.server.front.jobs.telling import Told

HEARTBEAT_S = 15.0
HEARTBEAT = b": still here\n\n"
# What a browser waits before it comes again.
FIRST = b"retry: 2000\n\n"
PLACE = re.compile(r"([0-9a-f]{1,32})-([0-9]{1,15})", re.ASCII)


def encoded(told: Told, epoch: str) -> bytes:
    """One event, nothing where it is no longer so. JSON has no line breaks of its own, so data is
    one line.
    """
    document = told.document()
    if document is None:
        return b""
    data = json.dumps(document, separators=(",", ":"), sort_keys=True)
    return f"id: {epoch}-{told.number}\nevent: {told.type}\ndata: {data}\n\n".encode()


def place_of(untrusted: str, epoch: str) -> int:
    """The number in a Last-Event-ID. Raises Gone for one of another start of the server,
    ParameterInvalid for what is none.
    """
    place = PLACE.fullmatch(untrusted)
    if place is None:
        raise ParameterInvalid("Last-Event-ID is no identifier of an event", hint="leave it away")
    if place[1] != epoch:
        raise Gone("the event was told before the server started again")
    return int(place[2])


async def events(
    records: Records,
    owner: str,
    after: int,
    job: Job | None = None,
    *,
    is_over: Callable[[], bool] = lambda: False,
    heartbeat_s: float = HEARTBEAT_S,
) -> AsyncIterator[bytes]:
    """What comes after that number: of one job until its end, or of all of this owner until is_over
    says so. A comment goes out where nothing has happened for heartbeat_s.
    """
    yield FIRST
    while True:
        told = records.after(owner, after, job)
        for one in told:
            after = one.number
            if event := encoded(one, records.epoch):
                yield event
        if told:
            continue
        if is_over() if job is None else job.has_ended or not records.knows(job):
            return
        if not await records.bell(owner if job is None else job.id).wait(heartbeat_s):
            yield HEARTBEAT
