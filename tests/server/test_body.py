"""Bodies stream into sealed memory, with limits, and whatever goes wrong leaves nothing there."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from starlette.requests import ClientDisconnect, Request

from safelight.errors import (
    BodyTooLarge,
    Busy,
    DigestWrong,
    MediaUnknown,
    SafelightError,
    UsageError,
)
from safelight.server.blob import Memory
from safelight.server.front.body import reading
from safelight.server.front.body.digests import Digests, told
from safelight.server.front.body.reading import Expected, read_body, read_json
from safelight.worker.memory import is_sealed
from tests.server.acting import looped

DATA = bytes(range(256)) * 40
LIMIT = 20_000
BOUNDARY = "----frontier"
FORM = f"multipart/form-data; boundary={BOUNDARY}"


def request(pieces: Iterable[bytes], *, leaves: bool = False, **headers: Any) -> Request:
    """One whose body comes in these pieces; then its sender leaves, or has sent all."""
    left = list(pieces)

    async def receive() -> dict[str, Any]:
        if left:
            body = left.pop(0)
            return {"type": "http.request", "body": body, "more_body": bool(left) or leaves}
        return {"type": "http.disconnect"}

    named = [(name.replace("_", "-").encode(), text.encode()) for name, text in headers.items()]
    scope = {"type": "http", "method": "POST", "path": "/", "headers": named, "query_string": b""}
    return Request(scope, receive)


def part(name: str, data: bytes, *headers: str) -> bytes:
    lines = [f'Content-Disposition: form-data; name="{name}"; filename="secret.jpg"', *headers]
    return f"--{BOUNDARY}\r\n".encode() + "\r\n".join([*lines, "", ""]).encode() + data + b"\r\n"


def form(*parts: bytes) -> bytes:
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


def cut(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)] or [b""]


async def refused(
    error: type[BaseException], asked: Request, memory: Memory | None = None, **more: Any
) -> str:
    memory = memory or Memory(200_000)
    with pytest.raises(error) as caught:
        await read_body(asked, memory, LIMIT, **more)
    assert memory.left_bytes == memory.most_bytes
    return str(caught.value)


@looped
async def test_a_picture_as_it_is_lies_sealed_and_takes_the_room_that_it_needs() -> None:
    memory = Memory(200_000)
    with await read_body(request(cut(DATA, 1000)), memory, LIMIT) as body:
        (blob,) = body.blobs["file"]
        assert is_sealed(blob.fd)
        assert (blob.size_bytes, blob.sha256) == (len(DATA), hashlib.sha256(DATA).hexdigest())
        with blob.view() as view:
            assert bytes(view) == DATA
        assert memory.left_bytes == memory.most_bytes - len(DATA)
    assert memory.left_bytes == memory.most_bytes


@pytest.mark.parametrize("size", [1, 7, 64, 100_000])
@looped
async def test_a_form_is_the_same_however_it_is_cut(size: int) -> None:
    memory = Memory(200_000)
    data = form(part("file", DATA), part("options", b'{"a":1}'), part("picture", b"\r\n--x"))
    asked = request(cut(data, size), content_type=FORM, content_length=str(len(data)))
    with await read_body(asked, memory, LIMIT) as body:
        with body.blobs["file"][0].view() as view:
            assert bytes(view) == DATA
        with body.blobs["picture"][0].view() as view:
            assert bytes(view) == b"\r\n--x"
        assert body.fields == {"options": '{"a":1}'}
        assert memory.left_bytes == memory.most_bytes - len(DATA) - 5
    assert memory.left_bytes == memory.most_bytes


@looped
async def test_a_part_that_is_none_of_ours_is_refused_or_passed_over() -> None:
    data = form(part("other", b"x"), part("file", DATA))
    why = await refused(UsageError, request([data], content_type=FORM))
    assert "not known" in why
    lenient = Expected({"file": 1}, others="ignored")
    with await read_body(request([data], content_type=FORM), Memory(10**6), LIMIT, lenient) as body:
        assert (list(body.blobs), body.fields) == (["file"], {})


@looped
async def test_who_names_an_address_is_told_the_part_that_this_endpoint_takes() -> None:
    asked = request([form(part("image_url", b"https://example.org/a"))], content_type=FORM)
    with pytest.raises(UsageError, match="opens no address") as caught:
        await read_body(asked, Memory(10**6), LIMIT, Expected({"image_file": 1}, others="ignored"))
    assert caught.value.hint == "send the picture in the part image_file"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no form at all",
        form(part("file", DATA))[:-30],
        form(part("file", b"a"), part("file", b"b")),
        form(part("options", b"a"), part("options", b"b")),
        form(part("options", b"\xff\xfe")),
        form(part("url", b"http://example.org/a.png")),
        form(part("file", DATA, "Content-Transfer-Encoding: base64")),
        form(part("file", DATA, *(f"X-{number}: y" for number in range(9)))),
        form(part("file", DATA, f"X-Long: {'y' * 5000}")),
        form(*(part("picture", b"x") for _ in range(17))),
        form(*(part("options" + str(number), b"") for number in range(70))),
        b"--" + BOUNDARY.encode() + b"\r\nno header\r\n\r\nx",
    ],
)
@looped
async def test_a_form_that_is_broken_leaves_nothing(data: bytes) -> None:
    lenient = Expected({"file": 1, "picture": 16}, ("options",), others="ignored")
    await refused(UsageError, request(cut(data, 50), content_type=FORM), expected=lenient)


@pytest.mark.parametrize(
    "kind", ["multipart/form-data", f"multipart/form-data; boundary={'x' * 300}"]
)
@looped
async def test_a_form_without_a_usable_boundary_is_refused(kind: str) -> None:
    await refused(UsageError, request([form(part("file", DATA))], content_type=kind))


@looped
async def test_what_says_that_it_is_too_large_is_refused_before_it_is_read() -> None:
    asked = request([DATA], content_length=str(LIMIT + 1))
    await refused(BodyTooLarge, asked)
    assert (await asked.receive())["body"] == DATA
    await refused(BodyTooLarge, request([DATA], content_type=FORM, content_length="999999"))


@looped
async def test_what_does_not_say_it_is_refused_as_soon_as_it_is_too_large() -> None:
    await refused(BodyTooLarge, request(cut(DATA * 3, 1000)))
    await refused(BodyTooLarge, request([form(part("file", DATA * 3))], content_type=FORM))
    words = form(part("options", b"x" * 300_000))
    memory = Memory(10**6)
    await refused(BodyTooLarge, request(cut(words, 1000), content_type=FORM), memory)
    many = form(*(part("picture", DATA) for _ in range(16)))
    await refused(BodyTooLarge, request(cut(many, 1000), content_type=FORM), Memory(50_000))


@looped
async def test_a_sender_who_leaves_in_the_middle_leaves_nothing() -> None:
    await refused(ClientDisconnect, request(cut(DATA, 500), leaves=True))
    half = form(part("file", DATA))[:5000]
    await refused(ClientDisconnect, request([half], leaves=True, content_type=FORM))


@pytest.mark.parametrize(
    "kind", ["application/json", "text/html", "application/x-www-form-urlencoded", "\tzip"]
)
@looped
async def test_a_body_of_another_kind_is_refused(kind: str) -> None:
    await refused(MediaUnknown, request([DATA], content_type=kind))


@pytest.mark.parametrize("kind", ["", "image/heic", "video/mp4", "application/pdf"])
@looped
async def test_a_picture_may_be_called_by_many_names(kind: str) -> None:
    headers: dict[str, Any] = {"content_type": kind} if kind else {}
    with await read_body(request([DATA], **headers), Memory(10**6), LIMIT) as body:
        assert list(body.blobs) == ["file"]


@looped
async def test_nothing_and_what_is_packed_are_refused() -> None:
    await refused(UsageError, request([b""]))
    await refused(MediaUnknown, request([DATA], content_encoding="gzip"))


@looped
async def test_who_finds_no_room_waits_and_is_then_told_to_come_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reading, "ADMISSION_S", 0.02)
    memory = Memory(LIMIT)
    room = await memory.take(LIMIT - 10, most_s=1)
    asked = request([DATA], content_length=str(len(DATA)))
    with pytest.raises(Busy) as caught:
        await read_body(asked, memory, LIMIT)
    assert caught.value.retry_after_s > 0
    waiting = asyncio.ensure_future(read_body(asked, memory, LIMIT))
    await asyncio.sleep(0)
    room.give()
    (await waiting).close()
    with pytest.raises(BodyTooLarge):
        await read_body(request([DATA], content_length="15000"), Memory(10_000), LIMIT)


def sha256_of(data: bytes) -> str:
    return told(hashlib.sha256(data).hexdigest())


@pytest.mark.parametrize("read", [read_body, None])
@looped
async def test_a_body_that_is_not_what_its_digest_says_is_refused(
    read: Callable[..., Awaitable[Any]] | None,
) -> None:
    data = DATA if read else form(part("file", DATA))
    kind: dict[str, Any] = {} if read else {"content_type": FORM}
    long = base64.b64encode(hashlib.sha512(data).digest()).decode()
    for right in (sha256_of(data), f"md5=:AA==:, sha-512=:{long}:", f"{sha256_of(data)};a=1"):
        asked = request(cut(data, 900), content_digest=right, **kind)
        (await read_body(asked, Memory(10**6), LIMIT)).close()
    for wrong in (sha256_of(b"other"), "sha-256=:x:", "sha-256"):
        await refused(DigestWrong, request(cut(data, 900), repr_digest=wrong, **kind))


@looped
async def test_words_have_a_kind_a_limit_and_a_digest() -> None:
    kind: dict[str, Any] = {"content_type": "application/problem+json; charset=utf-8"}
    assert await read_json(request([b"{", b"}"], content_digest=sha256_of(b"{}"), **kind)) == b"{}"
    for error, asked in (
        (MediaUnknown, request([b"{}"])),
        (BodyTooLarge, request([b"x" * 9], content_length="9", **kind)),
        (BodyTooLarge, request([b"x" * 5, b"x" * 4], **kind)),
        (DigestWrong, request([b"{}"], content_digest=sha256_of(b"[]"), **kind)),
    ):
        with pytest.raises(error):
            await read_json(asked, 8)


@settings(max_examples=60, deadline=None, phases=[Phase.generate])
@given(
    st.lists(
        st.sampled_from(
            [b"--" + BOUNDARY.encode(), b"--", b"\r\n", b"\r", b"\n", b":", b'"', b"\0", b"\xff",
             b"Content-Disposition: form-data; name=file", b"name*=utf-8''%ff", b"options",
             b"x" * 99]
        )
    ),
    st.integers(1, 40),
)  # fmt: skip
def test_whatever_comes_as_a_form_is_refused_or_taken(parts: list[bytes], size: int) -> None:
    async def read() -> None:
        memory = Memory(10**6)
        with suppress(SafelightError):
            asked = request(cut(b"".join(parts), size), content_type=FORM)
            (await read_body(asked, memory, LIMIT)).close()
        assert memory.left_bytes == memory.most_bytes

    asyncio.run(read())


def test_a_digest_is_told_as_it_is_read() -> None:
    found = Digests(request([], content_digest=sha256_of(b"abc")).headers)
    found.update(b"abc")
    found.check()
    found.update(b"d")
    with pytest.raises(SafelightError):
        found.check()
