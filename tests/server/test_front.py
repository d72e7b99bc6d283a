"""The front end's process, run in this one without its lock: it comes up, hears, and leaves."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from safelight.errors import LevelTooLow
from safelight.server import control, lockdown
from safelight.server.control import Kind, Note
from safelight.server.front import main as fronts
from safelight.server.front.main import Front
from safelight.server.identity.preparing import prepare
from safelight.server.lockdown import Held
from safelight.server.logline import Line
from safelight.server.options import ServeOptions
from safelight.server.starting import Listener, Start
from safelight.settings import Settings
from tests.server.acting import looped


@dataclass
class Running:
    """line: the supervisor's end; task: the front end."""

    line: socket.socket
    task: asyncio.Task[None]
    client: httpx.AsyncClient

    def tell(self, note: Note, fd: int | None = None) -> None:
        control.send(self.line, note, fd)

    async def heard(self) -> Note | None:
        async with asyncio.timeout(10):
            while True:
                with suppress(BlockingIOError):
                    return control.hear_child(self.line)
                await asyncio.sleep(0.005)


@asynccontextmanager
async def running(**options: Any) -> AsyncIterator[Running]:
    with tempfile.TemporaryDirectory() as name, socket.socket(socket.AF_UNIX) as listener:
        folder = Path(name)
        listener.bind(str(folder / "s"))
        listener.listen(8)
        entry = Listener(os.dup(listener.fileno()), "unix")
        identity = prepare(folder / "state")
        token = (folder / "state" / "server" / "token").read_text().strip()
        near, far = control.pair()
        start = Start(Settings(), ServeOptions(**options), (entry,), identity)
        near.setblocking(False)
        transport = httpx.AsyncHTTPTransport(uds=str(folder / "s"))
        headers = {"Authorization": f"Bearer {token}"}
        with near, far:
            front = Front(start, far, lock=lambda _start: Held.SIEVE)
            task = asyncio.ensure_future(front.run())
            async with httpx.AsyncClient(
                transport=transport, base_url="http://localhost", headers=headers
            ) as client:
                server = Running(near, task, client)
                assert await server.heard() == Note(Kind.READY, int(Held.SIEVE))
                yield server
            async with asyncio.timeout(10):
                await task


@looped
async def test_it_serves_until_it_is_told_to_leave() -> None:
    async with running() as server:
        answer = await server.client.get("/api/v1/health/live")
        assert answer.json() == {"status": "live"}
        server.tell(Note(Kind.LEAVE))


@looped
async def test_it_finishes_what_is_in_flight_and_then_leaves() -> None:
    async with running() as server:

        async def body() -> AsyncIterator[bytes]:
            yield b"half of "
            server.tell(Note(Kind.DRAIN, 10))
            await asyncio.sleep(0.05)
            yield b"a picture"

        answer = await server.client.post("/api/v1/uploads", content=body())
        assert (answer.status_code, answer.json()["bytes"]) == (201, 17)


@looped
async def test_a_line_to_the_back_end_is_spoken_on_and_the_next_one_instead() -> None:
    async with running() as server:
        asked = None
        for _ in range(2):
            near, far = control.pair()
            near.settimeout(5)
            with near:
                with far:
                    server.tell(Note(Kind.PEER), far.fileno())
                asked = asked or asyncio.ensure_future(server.client.get("/api/v1/models"))
                assert b"models" in await asyncio.to_thread(near.recv, 1000)
        server.tell(Note(Kind.LEAVE))
        assert asked is not None
        with suppress(httpx.HTTPError):
            assert (await asked).status_code >= 500


@looped
async def test_it_ends_with_its_line_and_with_what_is_no_message() -> None:
    async with running() as server:
        server.line.shutdown(socket.SHUT_RDWR)
    async with running() as server:
        server.line.send(b"no message of ours")


@looped
async def test_a_new_certificate_where_there_is_none_is_let_go() -> None:
    async with running() as server:
        leaf = os.memfd_create("leaf")
        before = len(os.listdir("/proc/self/fd"))
        server.tell(Note(Kind.LEAF), leaf)
        assert (await server.client.get("/api/v1/health/live")).status_code == 200
        assert len(os.listdir("/proc/self/fd")) - before <= 2  # the connection
        os.close(leaf)
        server.tell(Note(Kind.LEAVE))


@looped
async def test_what_has_had_its_time_is_overwritten_unasked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fronts, "SWEEP_S", 0.01)
    async with running(keep_s=0) as server:
        sent = await server.client.post("/api/v1/uploads", content=b"a picture")
        assert sent.status_code == 201
        gone = await server.client.get(sent.headers["location"])
        assert gone.status_code == 410
        await asyncio.sleep(0.05)
        server.tell(Note(Kind.LEAVE))


@pytest.mark.parametrize("error", [None, LevelTooLow()])
def test_it_tells_the_supervisor_why_it_cannot_serve(
    monkeypatch: pytest.MonkeyPatch, error: LevelTooLow | None
) -> None:
    async def run(_front: Front) -> None:
        if error is not None:
            raise error

    near, far = control.pair()
    reading, writing = os.pipe()
    monkeypatch.setattr(fronts, "STDERR", writing)
    monkeypatch.setattr(fronts, "begin", lambda words: (Start(Settings(), ServeOptions()), far))
    monkeypatch.setattr(Front, "run", run)
    with near, far:
        if error is None:
            fronts.main(["3", "4"])
        else:
            with pytest.raises(SystemExit):
                fronts.main(["3", "4"])
            assert control.hear_child(near) == Note(Kind.FAILED, error.number)
    fronts.log(Line(1.0, 2, 200, ended=0))
    assert os.read(reading, 100) == b"1970-01-01T00:00:00Z 1.0 ms 2 B 200\n"
    logging.disable(logging.NOTSET)
    for fd in (reading, writing):
        os.close(fd)


def test_what_locks_it_shows_it_the_folder_of_who_may_ask_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown: list[list[str]] = []

    def lock(readable: list[str]) -> Held:
        shown.append(readable)
        return Held.SIEVE

    monkeypatch.setattr(lockdown, "lock", lock)
    start = Start(Settings(), ServeOptions(), identity={"folder": "/state/server/identity"})
    assert fronts.locked(start) == Held.SIEVE
    assert shown == [["/state/server/identity"]]
