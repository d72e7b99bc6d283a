"""What many jobs, items and uploads cost: twice as many no more than about twice the steps. The
control is a walk over all for each.
"""

from __future__ import annotations

import asyncio
import hashlib
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest
from starlette.datastructures import Headers, QueryParams

from safelight.ops.resize import Resize
from safelight.server.front.body.digests import Digests, told
from safelight.server.front.jobs.streaming import events
from safelight.server.front.wishes import asked_in_query
from tests.server.acting import RECIPE, Scene, blob, looped, who

FEW, MANY = 16, 64
# Linear would be 4, a walk over all for each 16.
MOST_TIMES = 6.0


def steps(act: Callable[[], object]) -> int:
    """How many lines were gone through, each turn of a loop for itself."""
    count, before = 0, sys.gettrace()

    def trace(_frame: FrameType, event: str, _arg: Any) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    sys.settrace(trace)
    try:
        act()
    finally:
        sys.settrace(before)
    return count


async def _ended(scene: Scene, many: int, texts: tuple[str, ...] = ("plain",)) -> None:
    for _ in range(many):
        job = scene.desk.submit(who(), RECIPE, [scene.source(one) for one in texts])
        assert await job.wait(60)


async def of_a_cancel(many: int) -> int:
    async with Scene(queue=MANY) as scene:
        sources = [scene.source("hold") for _ in range(many)]
        job = scene.desk.submit(who(), RECIPE, sources, is_batch=True, keep_source=True)
        return steps(job.cancel)


async def of_uploads(many: int) -> int:
    async with Scene() as scene:
        names = [scene.uploads.put("anna", blob(b"p")).name for _ in range(many)]
        return steps(lambda: [scene.uploads.peek("anna", name) for name in names])


async def of_what_they_hold(many: int) -> int:
    async with Scene() as scene:
        for _ in range(many):
            scene.uploads.put("anna", blob(b"p"))
        return steps(lambda: [scene.uploads.held_of("anna") for _ in range(many)])


async def of_looks(many: int) -> int:
    async with Scene() as scene:
        await _ended(scene, many)
        names = [job.id for job in scene.desk.records]
        return steps(lambda: [scene.desk.records.get("anna", name) for name in names])


async def of_news(many: int) -> int:
    async with Scene() as scene:
        await _ended(scene, many)
        records = scene.desk.records
        return steps(lambda: [records.after("anna", records.newest - 1) for _ in range(many)])


async def of_a_query(many: int) -> int:
    query = QueryParams("&".join(f"name{number}=1" for number in range(many)))
    return steps(lambda: asked_in_query(Resize, query))


async def of_digests(many: int) -> int:
    said = ", ".join([told(hashlib.sha256(b"p" * number).hexdigest()) for number in range(many)])
    digests = Digests(Headers({"Content-Digest": said}))

    def body() -> None:
        for _ in range(many):
            digests.update(b"p")

    return steps(body)


async def of_a_walk(many: int) -> int:
    return steps(lambda: [one for _ in range(many) for one in range(many)])


COSTS = (of_a_cancel, of_uploads, of_what_they_hold, of_looks, of_news, of_a_query, of_digests)


@pytest.mark.parametrize("cost", COSTS)
def test_what_many_cost(cost: Callable[[int], Any]) -> None:
    few, many = asyncio.run(cost(FEW)), asyncio.run(cost(MANY))
    assert 0 < many < MOST_TIMES * few


def test_control_a_walk_over_all_for_each_is_seen() -> None:
    assert asyncio.run(of_a_walk(MANY)) > MOST_TIMES * asyncio.run(of_a_walk(FEW))


@looped
async def test_what_was_told_comes_in_order_whoever_told_it() -> None:
    async with Scene(jobs=2) as scene:
        hidden = scene.desk.submit(who(), RECIPE, [scene.source("hold")], is_listed=False)
        await _ended(scene, 3, ("plain", "fail"))
        scene.desk.submit(who("bert"), RECIPE, [scene.source("plain")])
        news = scene.desk.records.after("anna", 0)
        assert [one.number for one in news] == sorted(one.number for one in news)
        documents = [one.document() or {} for one in news]
        listed = {job.id for job in scene.desk.records.of("anna")}
        assert {one["job"] for one in documents if one} == listed
        assert len(listed) == 3
        scene.desk.show(hidden)
        reading = events(scene.desk.records, "anna", news[-1].number, hidden)
        assert b"retry" in await anext(reading)
        scene.back.go_on.set()
        rest = b"".join([one async for one in reading])
        assert rest.count(b"event: summary") == 1
