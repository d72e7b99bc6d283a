"""What jobs tell: whole, in order, and from where a reader left off."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import pytest

from safelight.errors import Gone, ParameterInvalid
from safelight.server.front.jobs.streaming import (
    FIRST,
    HEARTBEAT,
    encoded,
    events,
    place_of,
)
from safelight.server.front.jobs.telling import Bell, Story
from tests.server.acting import RECIPE, Scene, looped, who
from tests.server.asked import asked, told


@looped
async def test_a_job_tells_every_item_and_its_summary() -> None:
    async with asked() as server:
        job = await server.job("plain", "fail", "lossy")
        stream = await server.call("GET", f"/jobs/{job['id']}/events")
        assert stream.headers["content-type"].startswith("text/event-stream")
        assert stream.headers["cache-control"] == "no-store"
        heard = told(stream.content)
        items = {one["index"]: one["state"] for _, type, one in heard if type == "item"}
        assert items == {0: "done", 1: "failed", 2: "done"}
        assert [one["lost"] for _, type, one in heard if type == "warning"] == [["depth"]]
        assert heard[-1][1] == "summary"
        assert heard[-1][2]["counts"]["done"] == 2
        numbers = [int(id.partition("-")[2]) for id, _, _ in heard]
        assert numbers == sorted(set(numbers))


@looped
async def test_who_comes_again_gets_what_was_told_meanwhile_and_nothing_twice() -> None:
    async with asked() as server:
        job = await server.job("plain", "plain", "plain")
        await server.end(job)
        path = f"/jobs/{job['id']}/events"
        whole = told((await server.call("GET", path)).content)
        for place, (id, _, _) in enumerate(whole[:-1]):
            rest = await server.call("GET", path, headers={"Last-Event-ID": id})
            assert told(rest.content) == whole[place + 1 :]
        last = await server.call("GET", path, headers={"Last-Event-ID": whole[-1][0]})
        assert last.status_code == 204


@looped
async def test_what_is_tried_again_is_told_as_it_is_now() -> None:
    async with asked() as server:
        job = await server.job("fail")
        await server.end(job)
        for _ in range(5):
            await server.call("POST", f"/jobs/{job['id']}/retry")
            await server.end(job)
        heard = told((await server.call("GET", f"/jobs/{job['id']}/events")).content)
        assert [type for _, type, _ in heard] == ["item", "summary"]


@looped
async def test_a_reader_of_all_hears_its_own_jobs_alone() -> None:
    async with asked() as server:
        mine, other = await server.job("plain"), await server.job("plain", by="bert")
        await server.end(mine)
        assert await server.scene.desk.records.get("bert", other["id"]).wait(60)
        server.house.is_draining = True
        first = f"{server.house.epoch}-0"
        stream = await server.call("GET", "/events", headers={"Last-Event-ID": first})
        assert {one["job"] for _, _, one in told(stream.content)} == {mine["id"]}
        assert told((await server.call("GET", "/events")).content) == []


@looped
async def test_places_that_are_none_are_refused() -> None:
    async with asked() as server:
        job = await server.job("plain")
        for last, status in (("00000000-1", 410), ("x", 422), (f"{server.house.epoch}-x", 422)):
            refused = await server.call("GET", "/events", headers={"Last-Event-ID": last})
            assert refused.status_code == status
        await server.end(job)
        assert (await server.call("GET", "/jobs/none/events")).status_code == 404
        assert (await server.call("HEAD", f"/jobs/{job['id']}/events")).content == b""
    assert place_of("abc0-12", "abc0") == 12
    with pytest.raises(Gone):
        place_of("abc1-12", "abc0")
    with pytest.raises(ParameterInvalid):
        place_of("12", "abc0")


@looped
async def test_silence_is_broken_by_a_heartbeat_and_nothing_is_lost_between() -> None:
    async with Scene() as scene:
        job = scene.desk.submit(who(), RECIPE, [scene.source("hold"), scene.source()])
        heard: list[bytes] = []
        async for piece in events(scene.desk.records, "anna", 0, job, heartbeat_s=0.01):
            heard.append(piece)
            if piece == HEARTBEAT:
                scene.back.go_on.set()
        assert heard[0] == FIRST
        assert HEARTBEAT in heard
        assert [one[1] for one in told(b"".join(heard))].count("item") == 2


@looped
async def test_a_slow_reader_misses_nothing_while_others_read_on() -> None:
    async with Scene(jobs=2) as scene:
        records = scene.desk.records
        job = scene.desk.submit(who(), RECIPE, [scene.source() for _ in range(20)])

        async def read(pause_s: float) -> list[tuple[str, str, dict[str, Any]]]:
            heard = b""
            async for piece in events(records, "anna", 0, job):
                heard += piece
                await asyncio.sleep(pause_s)
            return told(heard)

        for heard in await asyncio.gather(read(0.002), read(0)):
            ends = [one["index"] for _, type, one in heard if type == "item"]
            assert sorted(ends) == list(range(20))
            assert heard[-1][1] == "summary"


@looped
async def test_the_stream_of_a_job_that_is_deleted_ends() -> None:
    async with Scene() as scene:
        job = scene.desk.submit(who(), RECIPE, [scene.source("hold")])
        seen = 0
        async for _ in events(scene.desk.records, "anna", 0, job):
            seen += 1
            scene.desk.purge(job)
        assert seen < 5


@looped
async def test_a_bell_wakes_all_who_wait_once() -> None:
    bell = Bell()
    waits = [asyncio.ensure_future(bell.wait(60)) for _ in range(3)]
    await asyncio.sleep(0)
    bell.ring()
    assert await asyncio.gather(*waits) == [True] * 3
    assert not await bell.wait(0.001)
    bell.ring()


def test_a_story_keeps_the_newest_progress_alone() -> None:
    numbers = iter(range(1, 100))
    story = Story(lambda: next(numbers))
    for share in (0.1, 0.2, 0.3):
        document = partial(dict[str, Any], share=share)
        story.tell("progress", document, index=0)
        story.tell("progress", document, index=1)
    assert [one.document() for one in story.after(0)] == [{"share": 0.3}] * 2
    story.tell("item", dict, index=0)
    story.tell("summary", dict)
    assert [one.type for one in story.after(0)] == ["progress", "item", "summary"]
    assert [one.type for one in story.after(7)] == ["summary"]


@looped
async def test_an_end_that_is_tried_again_before_it_is_read_is_passed_over() -> None:
    async with Scene() as scene:
        job = scene.desk.submit(who(), RECIPE, [scene.source("fail")], keep_source=True)
        await job.wait(60)
        stream = events(scene.desk.records, "anna", 0, job)
        assert await anext(stream) == FIRST
        (told_item, _) = scene.desk.records.after("anna", 0, job)
        scene.desk.retry(job)
        assert told_item.document() is None
        assert encoded(told_item, scene.desk.records.epoch) == b""
        heard = b"".join([piece async for piece in stream])
        assert [type for _, type, _ in told(heard)][-2:] == ["item", "summary"]
