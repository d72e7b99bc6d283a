"""Status: how the server is now, for who runs it. Counts and times alone, no name, no address."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from typing import Literal

from pydantic import BaseModel, Field
from starlette.responses import JSONResponse, Response

from safelight import __version__
from safelight.server.endpoint import Call, Endpoint

# How long the back end may take to tell of itself; without it, the rest is told.
PATIENCE_S = 5.0
# How long a worker may take to show what holds it: where all work, the level is told another time.
LOOK_S = 1.0


class Back(BaseModel):
    """The back end: pictures side by side, pools of workers that are ready, the level of a fresh
    worker (null while none is free to show it), the least that is accepted, and how work ended.
    """

    jobs: int
    pools: int
    level: int | None = None
    required_level: int
    counts: dict[str, int]


class Queue(BaseModel):
    """Pictures that wait and that are worked on, and how many there may be of each. What the back
    end has ahead, so that no worker waits for it, waits.
    """

    waiting: int
    most_waiting: int
    working: int
    slots: int


class Memory(BaseModel):
    """Bytes that pictures may take in the front end, and that they take now."""

    most_bytes: int
    held_bytes: int
    uploads: int
    results: int


class Status(BaseModel):
    """locks are the layers that hold the front end; calls has, for each operation and kind of
    call, how many ended with each code; back is null while it is made anew.
    """

    state: Literal["ready", "draining", "recovering"]
    safelight: str
    uptime_s: float = Field(description="since the front end started")
    locks: list[str]
    queue: Queue
    memory: Memory
    received_bytes: int
    sent_bytes: int
    calls: dict[str, dict[str, int]]
    back: Back | None


async def status(call: Call) -> Response:
    house = call.house
    back = await _back(call)
    schedule, memory = house.desk.schedule, house.memory
    ahead = max(0, len(schedule.running) - house.options.jobs)
    state: Literal["ready", "draining", "recovering"] = "ready" if back else "recovering"
    told = Status(
        state="draining" if house.is_draining else state,
        safelight=__version__,
        uptime_s=round(time.monotonic() - house.started, 1),
        locks=list(house.locks),
        queue=Queue(
            waiting=schedule.waiting + ahead,
            most_waiting=schedule.most_waiting,
            working=len(schedule.running) - ahead,
            slots=house.options.jobs,
        ),
        memory=Memory(
            most_bytes=memory.most_bytes,
            held_bytes=memory.most_bytes - memory.left_bytes,
            uploads=len(house.uploads),
            results=len(house.results),
        ),
        received_bytes=house.tally.received_bytes,
        sent_bytes=house.tally.sent_bytes,
        calls=_calls(house.tally.calls),
        back=back,
    )
    return JSONResponse(told.model_dump())


async def _back(call: Call) -> Back | None:
    try:
        found = await asyncio.wait_for(call.house.back.ask("state"), PATIENCE_S)
    except TimeoutError:
        return None
    level = None
    with contextlib.suppress(TimeoutError):
        cage = await asyncio.wait_for(call.house.back.ask("ready"), LOOK_S)
        level = cage["level"]
    return Back.model_validate({**found, "level": level})


def _calls(counted: Counter[tuple[str, str]]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for (what, code), count in sorted(counted.items()):
        found.setdefault(what, {})[code] = count
    return found


endpoints = (
    Endpoint(
        "GET", "/status", status, "How the server is now",
        scope="auditor", tag="server", answer=Status,
    ),
)  # fmt: skip
