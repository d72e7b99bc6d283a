"""Reading: a body streams from the socket into sealed memory; before that there is room for it.

    body = await read_body(call)            # one picture as it is, or a form of many parts
    body.blobs["file"], body.fields["options"]
    ...
    body.close()                            # what nobody took is overwritten

Nothing is spooled, and nothing asks for more than was let in: the client's 100-continue is answered
only once there is room.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Literal, Self

from starlette.requests import Request

from safelight.errors import BodyTooLarge, Busy, MediaUnknown, UsageError
from safelight.server.blob import Blob, Intake, Memory, Room
from safelight.server.front.body.digests import Digests

FORM = "multipart/form-data"
# A picture as it is may be called by any of these, or by nothing.
RAW_KINDS = ("image/", "video/")
RAW = ("", "application/octet-stream", "application/pdf", "application/dicom")
# How long a body waits for others to leave memory.
ADMISSION_S = 20.0
# Of all parts of a form, in files of the largest size; and what else a form may have.
MOST_FILES_TOGETHER = 4
FORM_BYTES = 1 << 18
JSON_BYTES = 1 << 18


@dataclass(frozen=True)
class Expected:
    """What a form may have: parts that are pictures with how many of each, and parts that are
    words. others: what becomes of a part of another name.
    """

    files: Mapping[str, int]
    fields: Collection[str] = ()
    others: Literal["refused", "ignored"] = "refused"


PICTURE = Expected({"file": 1, "picture": 16}, ("options",))


@dataclass
class Body:
    """Blobs by the name of their part, in order; a picture that came as it is, is `file`. Words by
    the name of theirs. Close it: what was not taken out is overwritten.
    """

    blobs: dict[str, list[Blob]] = field(default_factory=dict)
    fields: dict[str, str] = field(default_factory=dict)

    def take(self, name: str) -> list[Blob]:
        """The blobs of this name, now the caller's to close."""
        return self.blobs.pop(name, [])

    def close(self) -> None:
        for name in list(self.blobs):
            for blob in self.take(name):
                blob.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


async def read_body(
    request: Request, memory: Memory, max_bytes: int, expected: Expected = PICTURE
) -> Body:
    """The whole body. max_bytes: of one picture. Raises MediaUnknown, BodyTooLarge, Busy,
    DigestWrong, UsageError; ClientDisconnect. Whatever is raised, nothing is left.
    """
    kind = media_type(request)
    if request.headers.get("content-encoding", "identity") != "identity":
        raise MediaUnknown("a compressed body is not taken", hint="send the bytes as they are")
    digests = Digests(request.headers)
    if kind == FORM:
        from safelight.server.front.body.multipart import Form

        most = max_bytes * MOST_FILES_TOGETHER + FORM_BYTES
        unsized = max_bytes + FORM_BYTES
        async with admitted(request, memory, most, unsized) as room:
            return await Form(request, expected, max_bytes, room).read(digests)
    if kind not in RAW and not kind.startswith(RAW_KINDS):
        raise MediaUnknown(_why_not(kind))
    async with admitted(request, memory, max_bytes, max_bytes) as room:
        return Body({"file": [await _picture(request, max_bytes, room, digests)]})


async def read_json(request: Request, most_bytes: int = JSON_BYTES) -> bytes:
    """The body of a request that carries JSON. Raises MediaUnknown, BodyTooLarge, DigestWrong."""
    if not media_type(request).endswith(("/json", "+json")):
        raise MediaUnknown(hint="Content-Type: application/json")
    return await read_limited(request, most_bytes)


async def read_limited(request: Request, most_bytes: int) -> bytes:
    """A body of words, of any kind. Raises BodyTooLarge, DigestWrong; ClientDisconnect."""
    digests, data = Digests(request.headers), bytearray()
    _refuse_more(announced(request), most_bytes)
    async for piece in request.stream():
        data += piece
        _refuse_more(len(data), most_bytes)
        digests.update(piece)
    digests.check()
    return bytes(data)


async def _picture(request: Request, max_bytes: int, room: Room, digests: Digests) -> Blob:
    intake = Intake(min(max_bytes, room.size_bytes))
    try:
        async for piece in request.stream():
            intake.write(piece)
            digests.update(piece)
        digests.check()
        if not intake.size_bytes:
            raise UsageError(
                "the request carries no picture", hint="send its bytes as the body, or a part file"
            )
        return intake.finish(room)
    finally:
        intake.drop()


@asynccontextmanager
async def admitted(
    request: Request, memory: Memory, most: int, unsized: int
) -> AsyncIterator[Room]:
    """Room for a body, which its blobs take with them; the rest is given back. most and unsized in
    bytes: the largest body, and what one that does not say may have. Raises BodyTooLarge where
    there never is room, Busy where there was none in time.
    """
    size = announced(request)
    _refuse_more(size, most)
    try:
        wanted = min(unsized, memory.most_bytes) if size is None else size
        owner = getattr(request.state, "owner", "")
        room = await memory.take(wanted, most_s=ADMISSION_S, owner=owner)
    except TimeoutError:
        raise Busy("the server holds as much as it may", retry_after_s=5) from None
    with room:
        yield room


def media_type(request: Request) -> str:
    """What the body is said to be, without parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def announced(request: Request) -> int | None:
    """How many bytes come; None where the sender does not say."""
    with suppress(KeyError, ValueError):
        return max(0, int(request.headers["content-length"]))
    return None


async def pieces(request: Request) -> AsyncIterator[bytes]:
    """The body as it comes. Raises ClientDisconnect."""
    async for piece in request.stream():
        if piece:
            yield piece


def _refuse_more(size_bytes: int | None, most_bytes: int) -> None:
    if size_bytes is not None and size_bytes > most_bytes:
        raise BodyTooLarge(f"the body has more than {most_bytes} bytes")


def _why_not(kind: str) -> str:
    if kind.endswith(("/json", "+json")):
        return "a picture is sent as bytes: the server opens no address and no file"
    if kind == "application/x-www-form-urlencoded":
        return "a form of words carries no picture"
    return f"{kind} is no kind of picture" if kind.isprintable() else "this is no kind of picture"
