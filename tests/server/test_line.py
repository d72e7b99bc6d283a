"""Connections: how long the other side may take, how many there may be, how they end."""

from __future__ import annotations

import asyncio
import contextlib
import ssl

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from safelight.server.front import gate as gates
from safelight.server.front import line as lines
from safelight.server.front.line import Line
from tests.server.acting import looped
from tests.server.gated import cut, front

GET = b"GET /echo HTTP/1.1\r\nHost: a\r\n\r\n"
SOON_S = 0.1


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits of a tenth of a second, looked at often."""
    monkeypatch.setattr(gates, "LOOK_S", 0.02)
    for name in ("HEADERS_S", "STALL_S", "READER_S"):
        monkeypatch.setattr(lines, name, SOON_S)


@pytest.mark.parametrize("begin", [b"", b"GET /echo HT", GET[:-2], GET + b"GET /e"])
@looped
async def test_who_does_not_come_to_the_end_of_the_headers_is_cut_off(begin: bytes) -> None:
    async with front() as server:
        reader, writer = await server.connect()
        writer.write(begin)
        got = await cut(reader)
        assert (b"200 OK" in got) is (begin.startswith(GET))


@looped
async def test_control_without_the_limits_the_slow_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HEADERS_S", "STALL_S", "READER_S"):
        monkeypatch.setattr(lines, name, 3600.0)
    async with front() as server:
        for begin in (b"GET /echo HT", GET.replace(b"/echo", b"/big")):
            _, writer = await server.connect()
            writer.write(begin)
        _, writer = await server.connect()
        writer.write(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nabc")
        await server.until(3)
        await asyncio.sleep(4 * SOON_S)
        assert server.gate.connections == 3


@looped
async def test_a_connection_is_kept_for_more_and_not_for_ever() -> None:
    async with front() as server:
        reader, writer = await server.connect()
        for keep_s in (60, 0):
            await server.until(1)
            for line in server.gate.state.connections:
                assert isinstance(line, Line)
                line.timeout_keep_alive = keep_s
            writer.write(GET)
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200")
            assert await reader.readexactly(1) == b"0"
            await asyncio.sleep(2 * SOON_S)
        assert await cut(reader) == b""


@looped
async def test_a_body_that_stops_or_drips_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    async with front() as server:
        post = b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nabc"
        reader, writer = await server.connect()
        writer.write(post)
        assert await cut(reader) == b""
        monkeypatch.setattr(lines, "RATE_AFTER_S", 3 * SOON_S)
        reader, writer = await server.connect()
        writer.write(post)
        closed = asyncio.ensure_future(cut(reader))
        while not closed.done():
            writer.write(b"x")
            await asyncio.sleep(SOON_S / 4)
        assert server.play.ended == ["/echo", "/echo"]


@looped
async def test_the_time_that_we_take_ourselves_counts_for_nobody() -> None:
    async with front() as server:
        reader, writer = await server.connect()
        body = bytes(200_000)
        writer.write(b"POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n" + body)
        await asyncio.sleep(4 * SOON_S)
        server.play.go_on.set()
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200")
        assert await reader.readexactly(6) == b"200000"


@looped
async def test_who_does_not_take_what_is_written_is_cut_off() -> None:
    async with front() as server:
        reader, writer = await server.connect()
        writer.write(GET.replace(b"/echo", b"/big"))
        await server.until(1)
        await server.until(0)
        assert len(await cut(reader)) < 8 << 20


@looped
async def test_an_answer_before_the_end_of_the_body_is_heard_and_the_rest_has_an_end() -> None:
    async with front() as server:
        reader, writer = await server.connect()
        writer.write(b"POST /early HTTP/1.1\r\nHost: a\r\nContent-Length: 9000000\r\n\r\n")
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 413")
        with contextlib.suppress(ConnectionError):
            while server.gate.connections:
                writer.write(bytes(1000))
                await writer.drain()
                await asyncio.sleep(SOON_S / 20)
        await server.until(0)


@looped
async def test_who_asks_whether_to_go_on_is_told_before_the_body_is_sent() -> None:
    async with front() as server:
        for path, first in ((b"/early", b"HTTP/1.1 413"), (b"/echo", b"HTTP/1.1 100")):
            reader, writer = await server.connect()
            ask = b" HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n"
            writer.write(b"POST " + path + ask)
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(first)
            if path == b"/echo":
                writer.write(b"abc")
                assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    "text",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 20_000,
        b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 20_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n" + b"a:b\r\n" * 200 + b"\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\n"
        b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
)
@looped
async def test_what_is_no_http_is_answered_with_a_problem(text: bytes) -> None:
    async with front() as server:
        reader, writer = await server.connect()
        writer.write(text)
        got = await cut(reader)
        assert got.startswith(b"HTTP/1.1 400 Bad Request\r\n")
        assert b'"code": "usage"' in got
        assert b"no-store" in got
        assert server.play.begun == []


@settings(max_examples=20, deadline=None, phases=[Phase.generate])
@given(
    st.lists(
        st.sampled_from(
            [GET, b"POST /echo HTTP/1.1\r\nHost: a\r\n", b"Content-Length: 3\r\n", b"\r\n", b"abc",
             b"Transfer-Encoding: chunked\r\n", b"3\r\nabc\r\n", b"0\r\n\r\n", b"\0", b"HTTP/2",
             b"Expect: 100-continue\r\n", b"Upgrade: websocket\r\nConnection: upgrade\r\n"]
        ),
        min_size=1,
    )
)  # fmt: skip
def test_whatever_comes_is_answered_or_cut_off(parts: list[bytes]) -> None:
    async def send() -> None:
        async with front(keep_s=0) as server:
            reader, writer = await server.connect()
            for part in parts:
                writer.write(part)
                await asyncio.sleep(0)
            with contextlib.suppress(OSError):
                writer.write_eof()
            await cut(reader)
            reader, writer = await server.connect()
            writer.write(GET)
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")

    asyncio.run(send())


@looped
async def test_a_body_that_breaks_the_rules_ends_the_call() -> None:
    async with front() as server:
        reader, writer = await server.connect()
        writer.write(b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        await asyncio.sleep(0.01)
        writer.write(b"not a size\r\n")
        assert (await cut(reader)).startswith(b"HTTP/1.1 400")
        assert server.play.ended == ["/echo"]


@pytest.mark.parametrize(("size", "is_taken"), [(1, False), (100, False), (200, True)])
@looped
async def test_chunks_that_cost_more_than_they_bring_end_the_call(
    size: int, is_taken: bool
) -> None:
    async with front() as server:
        reader, writer = await server.connect()
        chunks = (f"{size:x}\r\n".encode() + b"x" * size + b"\r\n") * 30_000
        if is_taken:
            chunks = chunks[: len(chunks) // 30]
        writer.write(b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        writer.write(chunks + b"0\r\n\r\n")
        if is_taken:
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
        else:
            assert b"HTTP/1.1 200" not in await cut(reader)
            assert server.play.ended == ["/echo"]


@looped
async def test_where_no_more_may_come_in_an_idle_one_makes_room_and_others_wait() -> None:
    async with front(most=2) as server:
        idle, idle_writer = await server.connect()
        idle_writer.write(GET)
        await idle.readuntil(b"\r\n\r\n0")
        busy, busy_writer = await server.connect()
        busy_writer.write(GET.replace(b"/echo", b"/slow"))
        while "/slow" not in server.play.begun:
            await asyncio.sleep(0.005)
        third, third_writer = await server.connect()
        third_writer.write(GET.replace(b"/echo", b"/later"))
        assert await cut(idle) == b""
        fourth, fourth_writer = await server.connect()
        fourth_writer.write(GET)
        await asyncio.sleep(0.05)
        assert sorted(server.play.begun) == ["/echo", "/later", "/slow"]
        server.play.go_on.set()
        for reader in (busy, third, fourth):
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")


@looped
async def test_who_does_not_speak_tls_in_time_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gates, "HANDSHAKE_S", SOON_S)
    async with front(tls=ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)) as server:
        silent, _ = await server.connect()
        wrong, wrong_writer = await server.connect()
        wrong_writer.write(GET)
        await server.until(2)
        await cut(wrong)
        assert await cut(silent) == b""
        await server.until(0)


@looped
async def test_who_is_silent_before_tls_makes_room_for_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(gates, "BEGIN_S", SOON_S)
    async with front(tls=ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), most=2) as server:
        silent = [(await server.connect())[0] for _ in range(2)]
        await server.until(2)
        await asyncio.sleep(2 * SOON_S)
        _next, next_writer = await server.connect()
        assert await cut(silent[0]) == b""
        next_writer.close()
        await server.until(1)


@looped
async def test_who_was_answered_before_all_came_makes_room_for_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(gates, "BEGIN_S", 0.0)
    for name in ("STALL_S", "READER_S"):
        monkeypatch.setattr(lines, name, 60.0)
    async with front(most=1) as server:
        first, first_writer = await server.connect()
        first_writer.write(b"POST /early HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nab")
        assert (await first.readuntil(b"too large")).startswith(b"HTTP/1.1 413")
        second, second_writer = await server.connect()
        second_writer.write(GET)
        async with asyncio.timeout(5):
            assert (await second.readuntil(b"\r\n\r\n0")).startswith(b"HTTP/1.1 200")


@looped
async def test_at_the_end_what_is_under_way_is_finished_and_nobody_else_comes_in() -> None:
    async with front() as server:
        idle, idle_writer = await server.connect()
        idle_writer.write(GET)
        await idle.readuntil(b"\r\n\r\n0")
        busy, busy_writer = await server.connect()
        busy_writer.write(GET.replace(b"/echo", b"/slow"))
        while "/slow" not in server.play.begun:
            await asyncio.sleep(0.005)
        closing = asyncio.ensure_future(server.gate.close(5))
        assert await cut(idle) == b""
        _late, late_writer = await server.connect()
        late_writer.write(GET)
        server.play.go_on.set()
        assert (await cut(busy)).startswith(b"HTTP/1.1 200")
        await closing
        assert server.play.begun == ["/echo", "/slow"]
