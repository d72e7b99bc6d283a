"""Jobs over HTTP: many pictures with one recipe, looked after, tried again, ended."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from safelight.server.front.routes import jobs as pages
from tests.server.acting import looped
from tests.server.asked import STEPS, asked

RUNNING = ("queued", "running")


@looped
async def test_a_job_is_taken_and_told_where_it_is() -> None:
    async with asked() as server:
        inputs = [await server.upload(), await server.upload()]
        taken = await server.call("POST", "/jobs", json={"inputs": inputs, "steps": STEPS})
        facts = taken.json()
        assert taken.status_code == 202
        assert taken.headers["location"] == facts["links"]["self"] == f"/api/v1/jobs/{facts['id']}"
        assert int(taken.headers["retry-after"]) >= 1
        assert facts["state"] in RUNNING
        assert facts["items"] == 2
        await server.end(facts)
        ended = (await server.call("GET", f"/jobs/{facts['id']}")).json()
        assert ended["state"] == "done"
        assert ended["counts"] == {
            "queued": 0,
            "running": 0,
            "done": 2,
            "failed": 0,
            "cancelled": 0,
        }
        assert "eta_s" not in ended


@looped
async def test_items_say_what_came_of_them_and_where_it_lies() -> None:
    async with asked() as server:
        job = await server.job("plain", "fail")
        await server.end(job)
        done, failed = (await server.call("GET", f"/jobs/{job['id']}/items")).json()["items"]
        assert done["state"] == "done"
        assert done["receipt"] == "receipt-1"
        assert done["result"]["format"] == "png"
        kept = server.scene.results.peek("anna", done["asset"].rpartition("/")[2])
        assert kept.blob.size_bytes == len("plainplain")
        assert failed["problem"]["code"] == "container-broken"
        assert failed["problem"]["status"] == 422
        assert failed["can_retry"] is True
        assert "asset" not in failed


@looped
async def test_items_come_by_pages_and_by_state() -> None:
    async with asked() as server:
        job = await server.job("plain", "fail", "plain", "fail", "plain")
        await server.end(job)
        found: list[int] = []
        query: dict[str, Any] = {"limit": 2}
        while True:
            page = (await server.call("GET", f"/jobs/{job['id']}/items", params=query)).json()
            found += [item["index"] for item in page["items"]]
            if "next" not in page:
                break
            query["cursor"] = page["next"]
        assert found == [0, 1, 2, 3, 4]
        failed = await server.call("GET", f"/jobs/{job['id']}/items", params={"state": "failed"})
        assert [item["index"] for item in failed.json()["items"]] == [1, 3]


@looped
async def test_a_page_holds_no_more_than_it_may_and_one_item_at_least(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pages, "MOST_PAGE_BYTES", 100)
    async with asked() as server:
        job = await server.job("plain", "plain", "plain", "fail", "fail", "plain")
        await server.end(job)
        path, sizes, found = f"/jobs/{job['id']}/items", [], []
        cursor: dict[str, Any] | None = {}
        while cursor is not None:
            page = (await server.call("GET", path, params=cursor)).json()
            found += [item["index"] for item in page["items"]]
            sizes.append(len(page["items"]))
            cursor = {"cursor": page["next"]} if "next" in page else None
        assert found == list(range(6))
        assert sizes == [2, 4]  # what failed has no words
        monkeypatch.setattr(pages, "MOST_PAGE_BYTES", 1)
        alone = (await server.call("GET", path)).json()
        assert [item["index"] for item in alone["items"]] == [0]


@looped
async def test_ones_own_jobs_are_listed_newest_first_by_pages() -> None:
    async with asked() as server:
        jobs = [await server.job() for _ in range(3)]
        for job in jobs:
            await server.end(job)
        other = await server.job(by="bert")
        first = (await server.call("GET", "/jobs", params={"limit": 2})).json()
        assert [one["id"] for one in first["jobs"]] == [jobs[2]["id"], jobs[1]["id"]]
        rest = await server.call("GET", "/jobs", params={"cursor": first["next"]})
        assert [one["id"] for one in rest.json()["jobs"]] == [jobs[0]["id"]]
        assert "next" not in rest.json()
        assert (await server.call("GET", "/jobs", params={"state": "failed"})).json()["jobs"] == []
        assert (await server.call("GET", f"/jobs/{other['id']}")).status_code == 404


@looped
async def test_a_picture_that_is_waited_for_is_listed_once_nobody_does() -> None:
    async with asked() as server:
        kind = {"Content-Type": "image/png"}
        path, body = "/resize?width=24", b"slow 0.03"
        waited = asyncio.ensure_future(server.call("POST", path, content=body, headers=kind))
        while not server.scene.back.texts:
            await asyncio.sleep(0)
        assert (await server.call("GET", "/jobs")).json()["jobs"] == []
        assert (await waited).status_code == 200
        later = await server.call(
            "POST", path, content=b"hold", headers={**kind, "Prefer": "respond-async"}
        )
        assert later.status_code == 202
        (listed,) = (await server.call("GET", "/jobs")).json()["jobs"]
        assert listed["id"] == later.json()["id"]
        server.scene.back.go_on.set()
        await server.end(listed)


@looped
async def test_what_failed_is_tried_again() -> None:
    async with asked() as server:
        job = await server.job("plain", "fail")
        await server.end(job)
        again = await server.call("POST", f"/jobs/{job['id']}/retry")
        assert again.status_code == 202
        assert again.json()["state"] == "running"
        await server.end(job)
        assert server.scene.back.texts == ["plain", "fail", "fail"]


@looped
async def test_deleting_cancels_and_overwrites_what_came_of_it() -> None:
    async with asked() as server:
        job = await server.job("plain", "hold", "plain")
        while "hold" not in server.scene.back.texts:
            await asyncio.sleep(0)
        assert (await server.call("DELETE", f"/jobs/{job['id']}")).status_code == 204
        assert (await server.call("GET", f"/jobs/{job['id']}")).status_code == 410
        assert len(server.scene.results) == 0
        while not server.scene.back.cancelled:
            await asyncio.sleep(0)
        assert server.scene.back.were_open == [True]


@looped
async def test_an_upload_that_is_dropped_stays_until_its_job_has_ended() -> None:
    async with asked() as server:
        upload = await server.upload("slow 0.02")
        wish = {"inputs": [upload], "steps": STEPS}
        job = (await server.call("POST", "/jobs", json=wish)).json()
        await server.call("DELETE", f"/uploads/{upload}")
        await server.end(job)
        assert (await server.call("GET", f"/jobs/{job['id']}")).json()["state"] == "done"


@looped
async def test_a_full_queue_is_told_with_a_time_to_ask_again() -> None:
    async with asked(queue=4) as server:
        inputs = [await server.upload("hold")] * 4
        wish = {"inputs": inputs, "steps": STEPS}
        assert (await server.call("POST", "/jobs", json=wish)).status_code == 202
        refused = await server.call("POST", "/jobs", json=wish)
        assert (refused.status_code, refused.json()["code"]) == (429, "busy")
        assert int(refused.headers["retry-after"]) >= 1
        never = await server.call("POST", "/jobs", json={**wish, "inputs": inputs * 2})
        assert (never.status_code, never.json()["code"]) == (422, "limit-exceeded")


@looped
async def test_a_further_picture_is_found_among_the_uploads() -> None:
    async with asked() as server:
        ground = await server.upload("ground")
        digest = (await server.call("GET", f"/uploads/{ground}")).json()["sha256"]
        steps = [{"op": "watermark", "image": f"picture:{digest}"}]
        job = await server.job("plain", steps=steps, pictures=[ground])
        await server.end(job)
        assert list(server.scene.back.orders[0].further) == [digest]
        missing = [{"op": "watermark", "image": f"picture:{'0' * 64}"}]
        wish = {"inputs": [await server.upload()], "steps": missing}
        refused = await server.call("POST", "/jobs", json=wish)
        assert (refused.status_code, refused.json()["code"]) == (404, "input-missing")


@looped
async def test_named_recipes_and_a_server_that_takes_no_others() -> None:
    from tests.server.acting import RECIPE

    recipes = {"small": RECIPE.canonical.decode()}
    async with asked(recipes=recipes, recipes_only=True) as server:
        upload = await server.upload()
        job = await server.call("POST", "/jobs", json={"inputs": [upload], "recipe": "small"})
        assert job.status_code == 202
        assert job.json()["recipe"] == RECIPE.digest
        refused = await server.call("POST", "/jobs", json={"inputs": [upload], "steps": STEPS})
        assert (refused.status_code, refused.json()["code"]) == (403, "policy-refused")
        unknown = await server.call("POST", "/jobs", json={"inputs": [upload], "recipe": "other"})
        assert unknown.status_code == 404


@looped
async def test_recipe_and_times_reach_the_work() -> None:
    async with asked() as server:
        await server.end(await server.job(timeout_s=7))
        assert server.scene.back.orders[0].timeout_s == 7
        assert server.scene.back.orders[0].recipe.verbs == ("resize",)


@pytest.mark.parametrize(
    ("wish", "status", "code"),
    [
        ({}, 422, "parameter-invalid"),
        ({"inputs": [], "steps": STEPS}, 422, "parameter-invalid"),
        ({"inputs": ["x"], "steps": STEPS, "recipe": "both"}, 422, "parameter-invalid"),
        ({"inputs": ["x"], "steps": STEPS, "more": 1}, 422, "parameter-invalid"),
        ({"inputs": ["x"], "steps": [{"op": "none"}]}, 422, "recipe-invalid"),
        ({"inputs": ["x"], "steps": [{"op": "resize", "width": 0}]}, 422, "recipe-invalid"),
        ({"inputs": ["x"], "steps": STEPS, "timeout_s": 0}, 422, "parameter-invalid"),
        ({"inputs": ["https://example.org/a.png"], "steps": STEPS}, 404, "path-unknown"),
    ],
)
@looped
async def test_a_wrong_wish_is_one_clear_problem(wish: Any, status: int, code: str) -> None:
    async with asked() as server:
        refused = await server.call("POST", "/jobs", json=wish)
        assert (refused.status_code, refused.json()["code"]) == (status, code)
        assert len(server.scene.desk.records) == 0


@looped
async def test_what_is_no_json_or_of_another_kind_is_refused() -> None:
    async with asked() as server:
        json = {"Content-Type": "application/json"}
        broken = await server.call("POST", "/jobs", content=b"{", headers=json)
        assert (broken.status_code, broken.json()["code"]) == (400, "usage")
        other = await server.call("POST", "/jobs", content=b"inputs=1")
        assert other.status_code == 415
        for query in ({"state": "lost"}, {"limit": "0"}, {"cursor": "x"}, {"more": "1"}):
            refused = await server.call("GET", "/jobs", params=query)
            assert (refused.status_code, refused.json()["code"]) == (422, "parameter-invalid")
            assert refused.json()["errors"]
