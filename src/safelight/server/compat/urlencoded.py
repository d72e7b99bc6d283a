"""A form of words with a picture among them: base64 under percent signs, as some clients send it.

It streams into memory like any other picture: no more than a piece of it lies in the heap.
"""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import unquote_plus, unquote_to_bytes

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import QuerystringParser
from starlette.requests import Request

from safelight.errors import LimitExceeded, UsageError
from safelight.server.blob import Intake, Memory, Room
from safelight.server.front.body.digests import Digests
from safelight.server.front.body.reading import FORM_BYTES, Body, admitted, pieces

FORM_WORDS = "application/x-www-form-urlencoded"
CODED = "image_file_b64"
# What percent signs make of base64 at worst.
GROWTH = 4
LONGEST_NAME = 64


async def read_words(
    request: Request, memory: Memory, max_bytes: int, words: Collection[str]
) -> Body:
    """The form: words by their names, the picture (still in base64) as a blob. max_bytes: of the
    picture. Raises UsageError, LimitExceeded, Busy; ClientDisconnect. Whatever is raised, nothing
    is left.
    """
    most = max_bytes * GROWTH + FORM_BYTES
    digests = Digests(request.headers)
    async with admitted(request, memory, most, max_bytes) as room:
        return await _Words(max_bytes * 4 // 3 + 4, words, room).read(request, digests)


class _Words:
    def __init__(self, most_coded: int, words: Collection[str], room: Room) -> None:
        self._most_coded, self._words, self._room = most_coded, words, room
        self._body = Body()
        self._intake: Intake | None = None
        self._name, self._value, self._tail = b"", bytearray(), b""
        self._word_bytes = 0
        self._parser = QuerystringParser(
            {
                "on_field_start": self._begin,
                "on_field_name": self._on_name,
                "on_field_data": self._on_data,
                "on_field_end": self._end,
            }
        )

    async def read(self, request: Request, digests: Digests) -> Body:
        left = self._room.size_bytes
        try:
            async for piece in pieces(request):
                left -= len(piece)
                if left < 0:
                    raise LimitExceeded("the form has more bytes than one may that does not say it")
                self._parser.write(piece)
                digests.update(piece)
            self._parser.finalize()
            digests.check()
        except BaseException as error:
            if self._intake is not None:
                self._intake.drop()
            self._body.close()
            if isinstance(error, FormParserError):
                raise UsageError("the form is broken", hint="let a library build it") from error
            raise
        return self._body

    def _begin(self) -> None:
        self._name, self._value, self._tail = b"", bytearray(), b""

    def _on_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]
        if len(self._name) > LONGEST_NAME:
            raise UsageError("the form has a field that is not known")

    def _on_data(self, data: bytes, start: int, end: int) -> None:
        if self._name != CODED.encode():
            self._word_bytes += end - start
            if self._word_bytes > FORM_BYTES:
                raise LimitExceeded(f"the words of a form have more than {FORM_BYTES} bytes")
            self._value += data[start:end]
            return
        if self._intake is None:
            if CODED in self._body.blobs:
                raise UsageError(f"the form has {CODED} twice")
            self._intake = Intake(self._most_coded)
        self._intake.write(self._unquoted(data[start:end]))

    def _unquoted(self, piece: bytes) -> bytes:
        """A percent sign and its two digits may lie across two pieces."""
        text = self._tail + piece
        cut = next((n for n in (1, 2) if text[-n : len(text) - n + 1] == b"%"), 0)
        self._tail = text[len(text) - cut :]
        return unquote_to_bytes(text[: len(text) - cut])

    def _end(self) -> None:
        if self._intake is not None:
            if self._tail:
                raise UsageError("the form ends in the middle")
            intake, self._intake = self._intake, None
            self._body.blobs[CODED] = [intake.finish(self._room)]
            return
        name = unquote_plus(self._name.decode("ascii", "replace"))
        if name in self._words:
            self._body.fields[name] = unquote_plus(self._value.decode("ascii", "replace"))
