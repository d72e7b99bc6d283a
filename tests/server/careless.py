"""A front end that is careless in one way at a time, as a header of a request wishes, so that what
looks for leaks can be seen to find each.

A leak is what a usual server does, or what ours would do if one line of it were missing.
"""

from __future__ import annotations

import os
import tempfile
from typing import Any

from starlette.requests import Request

from safelight.server import lockdown
from safelight.server.blob import Blob, Intake
from safelight.server.front.body import reading
from safelight.server.front.body.multipart import Form
from safelight.server.front.body.reading import Body
from safelight.server.front.main import main as front

MODULE = "tests.server.careless"
# The header of a request that names its leak, and the variable that says where files are left.
LEAK, FOLDER = "Careless", "CARELESS_FOLDER"
BYTES = "the bytes of a body are kept"
NAME = "a name is kept"
LOGGED = "a line of the log has the name"
OPEN = "a picture is never closed"
AS_IT_IS = "a picture that somebody holds is closed as it is"
SPOOLED = "a form is spooled"
FILE = "a temporary file is left"
LEAKS = (BYTES, NAME, LOGGED, OPEN, AS_IT_IS, SPOOLED, FILE)
# No leak, for what is held has been overwritten.
HELD = "somebody holds a picture"
KEPT: list[Any] = []


class Turn:
    """Whose turn it is: requests come one after the other."""

    leak = ""


def main(words: list[str]) -> None:
    """As the front end, but that nothing locks it in."""
    lockdown.lock = lambda *_words, **_more: lockdown.NOTHING
    _take_turns()
    _loosen_intake()
    _loosen_form()
    _loosen_blob()
    front(words)


def _take_turns() -> None:
    usual = reading.media_type

    def media_type(request: Request) -> str:
        Turn.leak = request.headers.get(LEAK, "")
        return usual(request)

    reading.media_type = media_type


def _loosen_intake() -> None:
    usual = Intake.write

    def write(self: Intake, data: bytes | memoryview) -> None:
        if Turn.leak == BYTES:
            KEPT.append(bytes(data))
        if Turn.leak == FILE:
            fd, _ = tempfile.mkstemp(dir=os.environ[FOLDER])
            os.write(fd, bytes(data))
            os.close(fd)
        usual(self, data)

    Intake.write = write  # type: ignore[method-assign]


def _loosen_form() -> None:
    read, on_value = Form.read, Form._on_header_value

    def hear(self: Form, data: bytes, start: int, end: int) -> None:
        if Turn.leak == NAME:
            KEPT.append(data[start:end])
        if Turn.leak == LOGGED:
            os.write(2, data[start:end] + b"\n")
        on_value(self, data, start, end)

    async def spool(self: Form, digests: Any) -> Body:
        return await (_spooled(self._request) if Turn.leak == SPOOLED else read(self, digests))

    Form._on_header_value = hear  # type: ignore[method-assign]
    Form.read = spool  # type: ignore[method-assign]


async def _spooled(request: Request) -> Body:
    """As the framework reads it: a part goes through a file once it is large."""
    body = Body()
    async with request.form() as form:
        for name, part in form.items():
            if isinstance(part, str):
                body.fields[name] = part
            else:
                intake = Intake(1 << 30)
                intake.write(await part.read())
                body.blobs[name] = [intake.finish()]
    return body


def _loosen_blob() -> None:
    begin, close = Blob.__init__, Blob.close

    def hold(self: Blob, fd: int, *words: Any, **more: Any) -> None:
        if Turn.leak in (AS_IT_IS, HELD):
            KEPT.append(os.dup(fd))
        begin(self, fd, *words, **more)

    def leave(self: Blob) -> None:
        if Turn.leak == OPEN:
            KEPT.append(self)
            return
        if Turn.leak == AS_IT_IS and self._map is not None:
            self._map.close()
            self._map = None
        close(self)

    Blob.__init__ = hold  # type: ignore[method-assign]
    Blob.close = leave  # type: ignore[method-assign]
