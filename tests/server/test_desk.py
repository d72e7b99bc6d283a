"""The desk: jobs from their submission to their end, with a back end that does as it is told."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from safelight.errors import (
    Busy,
    Cancelled,
    ContainerBroken,
    Gone,
    LimitExceeded,
    PathUnknown,
    SafelightError,
    TimeExceeded,
    Unavailable,
    UsageError,
    WorkerDied,
)
from safelight.server.front.jobs.ending import is_poison
from safelight.server.front.jobs.job import Job
from tests.server.acting import RECIPE, Scene, looped, who


def submit(scene: Scene, *texts: str, key: str = "anna", **more: Any) -> Job:
    return scene.desk.submit(who(key), RECIPE, [scene.source(one) for one in texts], **more)


async def settle() -> None:
    for _ in range(8):
        await asyncio.sleep(0)


@looped
async def test_a_result_lies_on_the_shelf_for_its_owner_alone() -> None:
    async with Scene() as scene:
        job = submit(scene, "plain")
        assert await job.wait(60)
        item = job.items[0]
        assert (job.state, item.state, item.error) == ("done", "done", None)
        kept = scene.results.peek("anna", item.result_id)
        with kept.blob.view() as view:
            assert bytes(view) == b"plainplain"
        assert kept.media_type == "image/png"
        with pytest.raises(PathUnknown):
            scene.results.peek("bert", item.result_id)
        assert not item.source.is_open
        assert item.room is not None
        taken = item.room.size_bytes + len("plainplain") + len(b"{}")
        assert scene.memory.left_bytes == scene.memory.most_bytes - taken
        assert item.known is not None
        # What is known of it is held, too, and counts as what it takes.
        assert item.room.size_bytes == len(item.known.words) > 20
        assert item.known.document == {"format": "png", "bytes": 10, "lost": []}


@looped
async def test_who_waits_for_less_is_told_that_it_goes_on() -> None:
    async with Scene() as scene:
        job = submit(scene, "hold")
        assert not await job.wait(0)
        assert not await job.wait(0.01)
        assert job.state == "running"
        scene.back.go_on.set()
        assert await job.wait(60)


@looped
async def test_no_more_are_worked_on_at_a_time_than_asked_for() -> None:
    async with Scene(jobs=3) as scene:
        job = submit(scene, *["slow 0.005"] * 12, is_batch=True)
        assert await job.wait(60)
        assert scene.back.most == 3
        assert job.counts["done"] == 12


@looped
async def test_the_one_alone_is_said_to_be() -> None:
    async with Scene(jobs=2) as scene:
        await submit(scene, "plain").wait(60)
        await submit(scene, "plain", "plain").wait(60)
        assert [order.is_alone for order in scene.back.orders] == [True, False, False]


@looped
async def test_a_failed_item_does_not_fail_the_others() -> None:
    async with Scene() as scene:
        job = submit(scene, "plain", "fail", "break", "plain", is_batch=True, keep_source=True)
        assert await job.wait(60)
        assert job.state == "partial"
        assert [item.state for item in job.items] == ["done", "failed", "failed", "done"]
        assert isinstance(job.items[1].error, ContainerBroken)
        assert type(job.items[2].error) is SafelightError
        assert "break" not in job.items[2].error.message
        assert job.items[1].error.__traceback__ is None


@looped
async def test_what_failed_is_tried_again_and_what_was_done_is_not() -> None:
    async with Scene() as scene:
        job = submit(scene, "plain", "fail", is_batch=True, keep_source=True)
        await job.wait(60)
        assert scene.desk.retry(job) == 1
        assert job.state == "running"
        await job.wait(60)
        assert scene.back.texts == ["plain", "fail", "fail"]


@looped
async def test_a_source_that_was_let_go_is_gone_for_a_retry() -> None:
    async with Scene() as scene:
        job = submit(scene, "fail")
        await job.wait(60)
        with pytest.raises(Gone):
            scene.desk.retry(job)
        assert job.has_ended


@looped
async def test_a_retry_that_finds_no_place_changes_nothing() -> None:
    async with Scene(queue=4) as scene:
        job = submit(scene, "fail", "fail", "fail", is_batch=True, keep_source=True)
        await job.wait(60)
        submit(scene, "hold", key="bert")
        submit(scene, "plain", "plain", key="carl")
        with pytest.raises(Busy):
            scene.desk.retry(job)
        assert (job.state, job.counts["failed"]) == ("failed", 3)
        scene.back.go_on.set()


@looped
async def test_sources_of_what_failed_take_a_share_of_memory_and_no_more() -> None:
    async with Scene(held_bytes=400) as scene:
        first = submit(scene, "fail" + " x" * 28, is_batch=True, keep_source=True)
        await first.wait(60)
        assert first.items[0].source.is_open
        second = submit(scene, "fail" + " y" * 38, is_batch=True, keep_source=True)
        await second.wait(60)
        assert not first.items[0].source.is_open
        assert second.items[0].source.is_open


@looped
async def test_cancelling_ends_what_waits_and_what_is_worked_on() -> None:
    async with Scene() as scene:
        job = submit(scene, "plain", "hold", "plain", is_batch=True)
        while "hold" not in scene.back.texts:
            await asyncio.sleep(0)
        job.cancel()
        assert await job.wait(60)
        assert [item.state for item in job.items] == ["done", "cancelled", "cancelled"]
        assert scene.back.cancelled == 1
        assert job.state == "partial"
        assert not scene.desk.schedule.running


@looped
async def test_what_is_cancelled_before_its_first_step_gives_its_slot_back() -> None:
    async with Scene() as scene:
        job = submit(scene, "plain")
        job.cancel()
        assert await job.wait(60)
        assert isinstance(job.items[0].error, Cancelled)
        assert await submit(scene, "plain").wait(60)


@looped
async def test_what_waits_beyond_its_deadline_ends() -> None:
    async with Scene() as scene:
        submit(scene, "hold")
        late = submit(scene, "plain", deadline_s=0.01)
        assert await late.wait(60)
        assert isinstance(late.items[0].error, TimeExceeded)
        assert "plain" not in scene.back.texts
        scene.back.go_on.set()


@looped
async def test_the_deadline_bounds_the_work_too() -> None:
    async with Scene(timeout_s=30) as scene:
        await submit(scene, "plain", deadline_s=7).wait(60)
        await submit(scene, "plain", timeout_s=3).wait(60)
        # Nobody gets more by asking for it than who started the server gives.
        await submit(scene, "plain", timeout_s=60).wait(60)
        await submit(scene, "plain").wait(60)
        times = [order.timeout_s for order in scene.back.orders]
        assert 6 < times[0] <= 7
        assert times[1:] == [3, 30, 30]


@looped
async def test_too_many_are_refused_whole_and_nothing_of_them_is_kept() -> None:
    async with Scene(queue=4) as scene:
        submit(scene, "hold", "hold")
        await settle()
        with pytest.raises(Busy) as busy:
            submit(scene, *["plain"] * 4, key="bert")
        assert busy.value.retry_after_s >= 1
        assert scene.desk.schedule.waiting == 1
        with pytest.raises(LimitExceeded):
            submit(scene, *["plain"] * 5)
        scene.back.go_on.set()


@looped
async def test_a_job_of_nothing_is_refused() -> None:
    async with Scene() as scene:
        with pytest.raises(UsageError):
            submit(scene)


@looped
async def test_what_lies_unfetched_holds_its_owner_up_and_nobody_else() -> None:
    async with Scene(held_bytes=2000) as scene:
        big = "x" * 600
        first = submit(scene, big, is_batch=True)
        await first.wait(60)
        second = submit(scene, big, is_batch=True)
        other = submit(scene, "plain", key="bert")
        assert await other.wait(60)
        assert not await second.wait(0.05)
        scene.results.drop("anna", first.items[0].result_id)
        assert await second.wait(60)


@looped
async def test_no_work_begins_while_memory_is_overdrawn() -> None:
    async with Scene(held_bytes=100) as scene:
        first = submit(scene, "x" * 90, key="anna")
        second = submit(scene, "plain", key="bert")
        await first.wait(60)
        assert not await second.wait(0.05)
        scene.results.drop("anna", first.items[0].result_id)
        assert await second.wait(60)


@looped
async def test_a_job_is_seen_by_its_owner_until_it_is_forgotten() -> None:
    async with Scene() as scene:
        records, job = scene.desk.records, submit(scene, "plain")
        await job.wait(60)
        assert records.get("anna", job.id) is job
        assert records.of("bert") == []
        with pytest.raises(PathUnknown):
            records.get("bert", job.id)
        scene.desk.forget(job)
        with pytest.raises(Gone):
            records.get("anna", job.id)
        with pytest.raises(PathUnknown):
            records.get("bert", job.id)
        scene.results.peek("anna", job.items[0].result_id)
        with pytest.raises(Gone):
            records.get("anna", "00000000" + job.id[8:])


@looped
async def test_purging_overwrites_results_too() -> None:
    async with Scene() as scene:
        job = submit(scene, "plain")
        await job.wait(60)
        scene.desk.purge(job)
        with pytest.raises(Gone):
            scene.results.peek("anna", job.items[0].result_id)
        assert scene.memory.left_bytes == scene.memory.most_bytes


@pytest.mark.parametrize("way", ["forget", "purge"])
@looped
async def test_pictures_stay_until_the_work_on_them_has_ended(way: str) -> None:
    async with Scene() as scene:
        further = {"0" * 64: scene.source("ground")}
        job = submit(scene, "hold", further=further)
        while "hold" not in scene.back.texts:
            await asyncio.sleep(0)
        getattr(scene.desk, way)(job)
        await settle()
        assert scene.back.were_open == [True]
        assert not job.items[0].source.is_open
        assert not any(source.is_open for source in job.further.values())


@looped
async def test_a_result_that_comes_when_nobody_wants_it_is_overwritten() -> None:
    async with Scene() as scene:
        job = submit(scene, "slow 0")
        while not scene.back.texts or scene.back.now:
            await asyncio.sleep(0)
        scene.desk.purge(job)
        await settle()
        assert len(scene.results) == 0


@looped
async def test_further_pictures_go_once_nothing_can_be_tried_again() -> None:
    async with Scene() as scene:
        done = submit(scene, "plain", further={"0" * 64: scene.source()}, keep_source=True)
        failed = submit(scene, "fail", further={"0" * 64: scene.source()}, keep_source=True)
        await done.wait(60)
        await failed.wait(60)
        assert not done.further["0" * 64].is_open
        assert failed.further["0" * 64].is_open


@looped
async def test_jobs_that_ended_are_forgotten_after_their_time() -> None:
    async with Scene(keep_s=0) as scene:
        job = submit(scene, "plain")
        await job.wait(60)
        await asyncio.sleep(0.01)
        assert scene.desk.records.of("anna") == []


@looped
async def test_a_desk_that_is_closed_takes_nothing() -> None:
    async with Scene() as scene:
        await scene.desk.close()
        with pytest.raises(Unavailable):
            submit(scene, "plain")


@looped
async def test_the_time_left_is_told_and_shrinks() -> None:
    async with Scene() as scene:
        job = submit(scene, "hold", *["plain"] * 9, is_batch=True)
        before = scene.desk.facts(job).eta_s
        scene.back.go_on.set()
        await job.wait(60)
        assert before is not None
        assert before > 0
        assert scene.desk.facts(job).eta_s is None


@looped
async def test_what_breaks_workers_has_one_slot_while_others_go_on() -> None:
    async with Scene(jobs=2) as scene:
        await submit(scene, "die").wait(60)
        bad = submit(scene, "hold", "hold", "hold", key="anna")
        good = submit(scene, *["plain"] * 5, key="bert")
        assert await good.wait(60)
        assert scene.back.texts.count("hold") == 1
        scene.back.go_on.set()
        assert await bad.wait(60)


def test_who_is_ended_by_somebody_else_is_no_poison() -> None:
    killed = WorkerDied()
    killed.was_killed = True
    assert is_poison(WorkerDied())
    assert not is_poison(killed)
    assert not is_poison(ContainerBroken())
    assert not is_poison(None)
