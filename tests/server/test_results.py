"""Results lie on a shelf, for their owner, once or until their time is over."""

from __future__ import annotations

import asyncio

import pytest

from safelight.errors import Gone, PathUnknown
from safelight.server.front.shelf import MOST_GONE, Shelf, new_epoch, new_name
from tests.server.acting import blob, looped
from tests.server.asked import Asked, asked


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


async def made(server: Asked) -> str:
    """Where a result is."""
    path = "/resize?width=24"
    answer = await server.call("POST", path, content=b"abc", headers={"Accept": "application/json"})
    return str(answer.json()["asset"]).removeprefix("/api/v1")


@looped
async def test_a_result_is_fetched_once_and_is_gone() -> None:
    async with asked() as server:
        place = await made(server)
        assert (await server.call("GET", place, by="bert")).status_code == 404
        told = await server.call("HEAD", place)
        assert (told.headers["content-length"], told.content) == ("6", b"")
        assert (await server.call("GET", place)).content == b"abcabc"
        again = await server.call("GET", place)
        assert (again.status_code, again.json()["code"]) == (410, "gone")


@looped
async def test_it_stays_where_that_is_asked_for_and_its_facts_leave_it() -> None:
    async with asked() as server:
        place = await made(server)
        for _ in range(2):
            assert (await server.call("GET", f"{place}?keep=true")).content == b"abcabc"
        facts = (await server.call("GET", place, headers={"Accept": "application/json"})).json()
        assert (facts["bytes"], facts["media_type"]) == (6, "image/png")
        assert facts["receipt"] == {}
        both = await server.call("GET", place, headers={"Accept": "multipart/mixed"})
        assert b"abcabc" in both.content
        assert b'{"receipt": {}}' in both.content
        assert len(server.house.results) == 0


@looped
async def test_it_is_dropped_when_asked() -> None:
    async with asked() as server:
        place = await made(server)
        assert (await server.call("DELETE", place, by="bert")).status_code == 404
        assert (await server.call("DELETE", place)).status_code == 204
        assert (await server.call("DELETE", place)).status_code == 410


@looped
async def test_who_waits_no_longer_is_told_where_it_will_be() -> None:
    async with asked() as server:
        later = await server.call(
            "POST", "/resize?width=24", content=b"slow 0.05", headers={"Prefer": "respond-async"}
        )
        assert later.status_code == 202
        assert later.headers["preference-applied"] == "respond-async"
        assert later.headers["link"].endswith('/events>; rel="monitor"')
        assert int(later.headers["retry-after"]) >= 1
        job = later.json()
        assert later.headers["location"] == job["links"]["self"]
        await server.end(job)
        (item,) = (await server.call("GET", f"/jobs/{job['id']}/items")).json()["items"]
        fetched = await server.call("GET", item["asset"].removeprefix("/api/v1"))
        assert fetched.content == b"slow 0.05" * 2


@pytest.mark.parametrize("wait", ["wait=0", "wait=1"])
@looped
async def test_who_waits_says_how_long(wait: str) -> None:
    async with asked() as server:
        path, headers = "/resize?width=24", {"Prefer": wait}
        answer = await server.call("POST", path, content=b"slow 0.02", headers=headers)
        assert answer.status_code == (200 if wait == "wait=1" else 202)
        assert answer.headers["preference-applied"] == wait
        if answer.status_code == 202:
            await server.end(answer.json())
        wrong = await server.call("POST", path, content=b"a", headers={"Prefer": "wait=soon"})
        assert (wrong.status_code, wrong.json()["code"]) == (400, "usage")


@looped
async def test_what_the_work_ends_with_is_told_and_leaves_nothing() -> None:
    async with asked() as server:
        for text, status in (("fail", 422), ("die", 500), ("break", 500)):
            answer = await server.call("POST", "/resize?width=24", content=text.encode())
            assert answer.status_code == status
            assert answer.headers["content-type"] == "application/problem+json"
        assert server.house.memory.left_bytes == server.house.memory.most_bytes


@looped
async def test_who_leaves_while_it_is_worked_on_ends_the_work() -> None:
    from safelight.server.front.app import App

    async with asked() as server:
        hold = {"type": "http.request", "body": b"hold", "more_body": False}
        body: list[dict[str, object]] = [hold]

        async def receive() -> dict[str, object]:
            return body.pop() if body else {"type": "http.disconnect"}

        sent: list[object] = []

        async def send(message: object) -> None:
            sent.append(message)

        scope = {
            "type": "http", "method": "POST", "path": "/api/v1/resize", "root_path": "",
            "query_string": b"width=24", "headers": [(b"host", b"localhost")], "scheme": "http",
            "server": ("localhost", 80), "client": ("127.0.0.1", 1),
        }  # fmt: skip
        lines: list[str] = []
        app = App(server.house, log=lambda line: lines.append(str(line)))
        await app(scope, receive, send)
        assert sent == []
        assert lines[0].endswith("4 B 499 cancelled")
        while server.scene.back.now:
            await asyncio.sleep(0.001)
        assert server.scene.back.cancelled == 1
        assert server.house.memory.left_bytes == server.house.memory.most_bytes


def test_a_shelf_drops_what_has_had_its_time_but_not_while_it_is_read() -> None:
    clock = Clock()
    shelf = Shelf(new_epoch(), 10, clock=clock)
    one, two = shelf.put("anna", blob(b"one")), shelf.put("anna", blob(b"two"))
    assert (shelf.held_bytes, shelf.held_of("anna"), shelf.held_of("bert")) == (6, 6, 0)
    with shelf.lend("anna", one.name) as lent:
        clock.now += 11
        shelf.sweep()
        assert two.blob.fd < 0 <= lent.blob.fd
        with pytest.raises(Gone):
            shelf.peek("anna", one.name)
    assert one.blob.fd < 0
    assert len(shelf) == 0


def test_names_tell_what_was_here_from_what_never_was() -> None:
    shelf = Shelf(new_epoch(), 10)
    kept = shelf.put("anna", blob(b"x"))
    assert shelf.named("anna", kept.blob.sha256) is kept
    assert shelf.named("bert", kept.blob.sha256) is None
    with pytest.raises(Gone, match="started again"):
        shelf.peek("anna", new_name("0" * 8))
    for owner, name in (("bert", kept.name), ("anna", "x"), ("anna", new_name(shelf.epoch))):
        with pytest.raises(PathUnknown):
            shelf.peek(owner, name)
    shelf.clear()
    with pytest.raises(PathUnknown):
        shelf.peek("bert", kept.name)
    with pytest.raises(Gone):
        shelf.take("anna", kept.name)
    for _ in range(MOST_GONE):
        shelf.drop("anna", shelf.put("anna", blob(b"")).name)
    with pytest.raises(PathUnknown):  # nothing remembers for ever
        shelf.take("anna", kept.name)
