"""Multipart: each part of a form streams to its own place in memory; nothing is spooled.

Of a part's headers its name alone is read: what its file was called is not kept.
"""

from __future__ import annotations

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from safelight.errors import BodyTooLarge, UsageError
from safelight.server.blob import Intake, Room
from safelight.server.front.body.digests import Digests
from safelight.server.front.body.reading import FORM_BYTES, Body, Expected, pieces

MOST_PARTS, MOST_PART_HEADERS, MOST_HEADER_BYTES = 64, 8, 4096
# Fields with which others are asked to fetch a picture.
ADDRESSES = ("url", "image_url", "uri")


class Form:
    """One form, from its first byte to its last."""

    def __init__(self, request: Request, expected: Expected, max_bytes: int, room: Room) -> None:
        """Raises UsageError for a form without its boundary."""
        self._request, self._expected = request, expected
        self._max_bytes, self._room = max_bytes, room
        self._body = Body()
        self._intake: Intake | None = None
        self._header, self._value = b"", b""
        self._name, self._words = "", bytearray()
        self._parts = self._word_bytes = 0
        self._is_ended = False
        self._parser = self._made_parser()

    def _made_parser(self) -> MultipartParser:
        _, options = parse_options_header(self._request.headers.get("content-type"))
        boundary = options.get(b"boundary", b"")
        if not boundary:
            raise UsageError("the form says no boundary", hint="Content-Type: multipart/form-data")
        try:
            return MultipartParser(
                boundary,
                {
                    "on_part_begin": self._begin,
                    "on_header_field": self._on_header_field,
                    "on_header_value": self._on_header_value,
                    "on_header_end": self._on_header_end,
                    "on_headers_finished": self._open,
                    "on_part_data": self._write,
                    "on_part_end": self._close,
                    "on_end": self._end,
                },
                max_header_count=MOST_PART_HEADERS,
                max_header_size=MOST_HEADER_BYTES,
            )
        except FormParserError as error:
            raise UsageError("the form's boundary is too long") from error

    async def read(self, digests: Digests) -> Body:
        """The body, whole. Raises what read_body raises; then nothing of it is left."""
        try:
            left = self._room.size_bytes
            async for piece in pieces(self._request):
                left -= len(piece)
                if left < 0:
                    raise BodyTooLarge("the form has more bytes than one may that does not say it")
                self._parser.write(piece)
                digests.update(piece)
            self._parser.finalize()
            if not self._is_ended:
                raise UsageError("the form ends in the middle")
            digests.check()
        except BaseException as error:
            self._drop()
            if isinstance(error, FormParserError):
                raise UsageError("the form is broken", hint="let a library build it") from error
            raise
        return self._body

    def _drop(self) -> None:
        if self._intake is not None:
            self._intake.drop()
        self._body.close()

    def _begin(self) -> None:
        self._parts += 1
        if self._parts > MOST_PARTS:
            raise UsageError(f"a form has at most {MOST_PARTS} parts")
        self._name, self._words, self._intake = "", bytearray(), None

    def _on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header_end(self) -> None:
        if self._header.lower() == b"content-disposition":
            kind, options = parse_options_header(self._value)
            if kind == b"form-data":
                self._name = options.get(b"name", b"").decode("utf-8", "replace")
        elif self._header.lower() == b"content-transfer-encoding" and _is_coded(self._value):
            raise UsageError("a part of a form is sent as it is, in no other coding")
        self._header = self._value = b""

    def _open(self) -> None:
        expected = self._expected
        if self._name in expected.files:
            if len(self._body.blobs.get(self._name, ())) >= expected.files[self._name]:
                raise UsageError(f"the form has more parts {self._name} than are taken")
            self._intake = Intake(self._max_bytes)
        elif self._name in ADDRESSES:
            raise UsageError(
                "a picture is sent as bytes: the server opens no address",
                hint=f"send the picture in the part {next(iter(expected.files))}",
            )
        elif self._name not in expected.fields and expected.others == "refused":
            known = ", ".join((*expected.files, *expected.fields))
            raise UsageError("the form has a part that is not known", hint=f"the parts are {known}")

    def _write(self, data: bytes, start: int, end: int) -> None:
        if self._intake is not None:
            with memoryview(data) as whole, whole[start:end] as part:
                self._intake.write(part)
            return
        self._word_bytes += end - start
        if self._word_bytes > FORM_BYTES:
            raise BodyTooLarge(f"the words of a form have more than {FORM_BYTES} bytes")
        self._words += data[start:end]

    def _close(self) -> None:
        if self._intake is not None:
            intake, self._intake = self._intake, None
            self._body.blobs.setdefault(self._name, []).append(intake.finish(self._room))
        elif self._name in self._expected.fields:
            try:
                words = self._words.decode()
            except UnicodeDecodeError as error:
                raise UsageError(f"the part {self._name} is no text") from error
            if self._name in self._body.fields:
                raise UsageError(f"the form has the part {self._name} twice")
            self._body.fields[self._name] = words

    def _end(self) -> None:
        self._is_ended = True


def _is_coded(coding: bytes) -> bool:
    return coding.strip().lower() not in (b"binary", b"8bit", b"7bit")
