"""What goes wrong between here and a server: what is asked again, what is not, what is refused."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import io
import json
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from safelight.client import line
from safelight.client.asynchronous import AsyncClient
from safelight.client.call import MAX_ANSWER_BYTES
from safelight.client.problems import problem, retry_after
from safelight.client.sync import Client
from safelight.errors import (
    Busy,
    CallerUnknown,
    Gone,
    LimitExceeded,
    ModelMissing,
    SafelightError,
    Unavailable,
    UsageError,
    VerificationFailed,
    WireBroken,
)
from safelight.ops.resize import Resize
from safelight.recipe import Recipe

SMALL = Recipe((Resize(fit="8x8"),))
Answer = Callable[[httpx.Request], httpx.Response]
TOLD = {"safelight": "1"}


@pytest.fixture(autouse=True)
def no_time(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Pauses are written down, and take none."""
    paused: list[float] = []
    monkeypatch.setattr(line, "AGAIN_S", (0.001, 0.002))
    monkeypatch.setattr("safelight.client.sync.time.sleep", paused.append)
    return paused


@dataclass(frozen=True)
class Reply:
    """An answer, as often as it is wanted."""

    status: int
    body: bytes | httpx.SyncByteStream = b""
    headers: dict[str, str] = field(default_factory=dict)

    def made(self) -> httpx.Response:
        stream = httpx.ByteStream(self.body) if isinstance(self.body, bytes) else self.body
        return httpx.Response(self.status, headers=self.headers, stream=stream)


class Scripted:
    """A server that gives these answers, one after the other, the last one for ever."""

    def __init__(self, *answers: Reply | Exception) -> None:
        self.answers, self.asked = list(answers), list[httpx.Request]()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.asked.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer.made()

    def client(self, patience_s: float = 30.0) -> Client:
        transport = httpx.MockTransport(self)
        return Client("http://127.0.0.1:1", transport=transport, patience_s=patience_s)


def refusal(code: str, status: int, **headers: str) -> Reply:
    body = {"code": code, "detail": "told", "hint": "do this"}
    return Reply(status, json.dumps(body).encode(), headers)


def good() -> Reply:
    return Reply(200, json.dumps(TOLD).encode())


def test_what_never_came_is_asked_again_and_no_more_than_a_few_times(no_time: list[float]) -> None:
    server = Scripted(httpx.ConnectError("no"), good())
    assert server.client().capabilities() == TOLD
    server = Scripted(httpx.ConnectError("no"))
    with pytest.raises(Unavailable, match="cannot be reached"):
        server.client().upload(b"picture")
    assert len(server.asked) == 3


def test_what_broke_off_is_asked_again_where_that_changes_nothing() -> None:
    server = Scripted(httpx.ReadError("broke"), good())
    assert server.client().capabilities() == TOLD
    server = Scripted(httpx.ReadError("broke"), good())
    with pytest.raises(Unavailable, match="broke off"):
        server.client().upload(b"picture")
    assert len(server.asked) == 1


def test_a_job_is_asked_for_again_under_the_same_key() -> None:
    job = {"id": "a-b", "state": "queued", "items": 1}
    server = Scripted(httpx.ReadError("broke"), Reply(202, json.dumps(job).encode()))
    assert server.client().submit(["a-b"], SMALL).id == "a-b"
    first, second = (request.headers["Idempotency-Key"] for request in server.asked)
    assert first == second
    assert len(first) == 32


def test_a_busy_server_is_asked_again_when_it_says(no_time: list[float]) -> None:
    server = Scripted(refusal("busy", 429, **{"Retry-After": "7"}), good())
    assert server.client().capabilities() == TOLD
    assert no_time == [7.0]
    server = Scripted(refusal("busy", 429, **{"Retry-After": "31"}))
    with pytest.raises(Busy) as told:
        server.client().capabilities()
    assert (told.value.message, told.value.hint, len(server.asked)) == ("told", "do this", 1)


def test_a_stream_that_cannot_go_back_is_sent_once() -> None:
    class OneWay(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def seek(self, *_place: int) -> int:
            raise OSError("no")

    server = Scripted(refusal("busy", 429, **{"Retry-After": "1"}))
    with pytest.raises(Busy):
        server.client().upload(OneWay(b"picture"))
    (request,) = server.asked
    assert request.headers["Transfer-Encoding"] == "chunked"
    assert request.content == b"picture"


def test_a_model_that_is_missing_is_not_waited_for() -> None:
    server = Scripted(refusal("model-missing", 503, **{"Retry-After": "1"}))
    with pytest.raises(ModelMissing):
        server.client().capabilities()
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("kind", "status", "body"),
    [
        (CallerUnknown, 401, b"<html>"),
        (Unavailable, 502, b""),
        (UsageError, 404, b'{"error": "not found"}'),
        (WireBroken, 302, b""),
        (WireBroken, 500, b"[" * 100_000),
        (SafelightError, 418, b'{"code": "of a later version", "title": "new"}'),
        (LimitExceeded, 413, b'{"code": "limit-exceeded", "detail": 7}'),
    ],
)
def test_an_answer_that_is_not_ours_is_told_as_what_it_is(
    kind: type[SafelightError], status: int, body: bytes
) -> None:
    found = problem(status, {}, body)
    assert type(found) is kind
    assert found.message


def test_words_of_a_server_are_one_line() -> None:
    body = json.dumps({"code": "usage", "detail": "a\x1b[31m\nb\x9b", "hint": "x" * 9_999})
    found = problem(400, {}, body.encode())
    assert found.message == "a [31m b "
    assert len(found.hint) == 2_000
    assert retry_after({"retry-after": "soon"}) is None


def test_a_redirect_leads_nowhere() -> None:
    server = Scripted(Reply(307, headers={"Location": "https://elsewhere.example/"}))
    with pytest.raises(SafelightError):
        server.client().capabilities()
    assert len(server.asked) == 1


def test_an_answer_without_end_is_left() -> None:
    class Endless(httpx.SyncByteStream, httpx.AsyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            for _ in range(MAX_ANSWER_BYTES // 1_000_000 + 2):
                yield bytes(1_000_000)

        async def __aiter__(self) -> AsyncIterator[bytes]:
            for piece in self:
                yield piece

    server = Scripted(Reply(200, Endless()))
    with pytest.raises(WireBroken, match="more than"):
        server.client().capabilities()


@pytest.mark.parametrize("body", [b"", b"[]", b"nothing", b"\xff"])
def test_an_answer_that_is_none_is_refused(body: bytes) -> None:
    with pytest.raises(WireBroken):
        Scripted(Reply(200, body)).client().job("a-b")


def digest_header(data: bytes) -> dict[str, str]:
    digest = base64.b64encode(hashlib.sha256(data).digest()).decode()
    return {"Repr-Digest": f"sha-512=:AAAA:, sha-256=:{digest}:"}


def test_bytes_that_were_changed_on_the_way_are_noticed() -> None:
    link = "/api/v1/results/a-b"
    into = io.BytesIO()
    server = Scripted(Reply(200, b"picture", digest_header(b"picture")))
    server.client().fetch(link, into)
    assert into.getvalue() == b"picture"
    server = Scripted(Reply(200, b"pictur3", digest_header(b"picture")))
    with pytest.raises(VerificationFailed):
        server.client().fetch(link, io.BytesIO())
    for elsewhere in ("https://elsewhere.example/x", "/api/v1/results/../tokens", "/api/v1/jobs"):
        with pytest.raises(WireBroken, match="links"):
            server.client().fetch(elsewhere, io.BytesIO())


def test_bytes_that_have_begun_to_come_are_not_asked_for_again() -> None:
    class Cut(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            yield b"half"
            raise httpx.ReadError("broke")

    server = Scripted(Reply(200, Cut()))
    with pytest.raises(Unavailable):
        server.client().fetch("/api/v1/results/a-b", io.BytesIO())
    assert len(server.asked) == 1


def test_nothing_around_is_heeded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No proxy, and no name of the file."""
    monkeypatch.setenv("HTTPS_PROXY", "http://elsewhere.example:8080")
    server = Scripted(good())
    client = server.client()
    assert client._http.trust_env is False
    (tmp_path / "anna-at-home.jpg").write_bytes(b"picture")
    client.verify(b"{}", tmp_path / "anna-at-home.jpg")
    (request,) = server.asked
    assert b"picture" in request.content
    assert b"anna" not in request.content
    assert request.headers["User-Agent"] == "safelight"


def test_events_go_on_where_they_broke_off() -> None:
    def event(number: int, kind: str, rest: str = "\n") -> bytes:
        return f'id: e-{number}\nevent: {kind}\ndata: {{"n":\ndata: {number}}}\n{rest}'.encode()

    first = b": hello\n\nretry: 2000\n\n" + event(1, "item") + event(2, "item", rest="")
    server = Scripted(
        Reply(200, first),
        refusal("unavailable", 503),
        Reply(200, event(2, "item") + event(3, "summary")),
    )
    told = list(server.client().events("a-b"))
    assert [one.id for one in told] == ["e-1", "e-2", "e-3"]
    assert told[1].document == {"n": 2}
    places = [request.headers.get("Last-Event-ID") for request in server.asked]
    assert places == [None, "e-1", "e-1"]
    broken = Scripted(Reply(200, b"data: nothing\n\n"))
    with pytest.raises(WireBroken):
        list(broken.client().events("a-b"))
    endless = Scripted(Reply(200, bytes(1_500_000)))
    with pytest.raises(WireBroken, match="does not end"):
        list(endless.client().events())


def test_the_one_that_is_awaited_is_as_patient(monkeypatch: pytest.MonkeyPatch) -> None:
    server = Scripted(
        httpx.ConnectError("no"), refusal("busy", 429, **{"Retry-After": "0"}), good()
    )
    events = Scripted(httpx.ReadError("broke"), Reply(200, b'data: {}\n\n'),
                      refusal("gone", 410))  # fmt: skip

    async def ask() -> None:
        transport = httpx.MockTransport(server)
        async with AsyncClient("http://127.0.0.1:1", transport=transport) as client:
            assert await client.capabilities() == TOLD
        transport = httpx.MockTransport(events)
        async with AsyncClient("http://127.0.0.1:1", transport=transport) as client:
            stream = client.events()
            assert (await anext(stream)).type == "message"
            with pytest.raises(Gone):
                await anext(stream)

    asyncio.run(ask())
