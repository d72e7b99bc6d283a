"""Talk: a server asked as anybody would, one connection a question.

By the standard library alone: what is proved must not rest on our own client.
"""

from __future__ import annotations

import json
import socket
import ssl
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from safelight.errors import Unavailable

TIMEOUT_S = 60
# How an answer is told that did not come: the server closed the connection.
CLOSED = "closed"
PIECE_BYTES = 16_384


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. Names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def code(self) -> str:
        """done, or the code of the problem; the status where it tells none."""
        if self.status < 300:
            return "done"
        try:
            return str(self.facts["code"])
        except (KeyError, TypeError, ValueError):
            return str(self.status)

    @property
    def facts(self) -> Any:
        """The body as JSON. Raises ValueError."""
        return json.loads(self.body)


class _Unix(HTTPConnection):
    """To a socket in the file system."""

    def __init__(self, path: str, timeout_s: float) -> None:
        super().__init__("localhost", timeout=timeout_s)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


@dataclass(frozen=True, slots=True)
class Talk:
    """Asks the server at this place, the path of its socket or an address, with this token; empty
    for none. authority: the one certificate, as PEM, that vouches for a server that speaks TLS, or
    is its own; whatever name it is reached by.
    """

    place: str
    token: str
    timeout_s: float = TIMEOUT_S
    authority: str = ""

    def _line(self) -> HTTPConnection:
        if self.place.startswith("/"):
            return _Unix(self.place, self.timeout_s)
        parts = urlsplit(self.place)
        host, port = parts.hostname or "localhost", parts.port
        if parts.scheme == "https":
            context = ssl.create_default_context(cadata=self.authority or None)
            context.check_hostname = False
            context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
            return HTTPSConnection(host, port, timeout=self.timeout_s, context=context)
        return HTTPConnection(host, port, timeout=self.timeout_s)

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | Iterable[bytes] = b"",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """What it answers; a body in pieces is sent in chunks. Raises Unavailable where nothing
        comes back.
        """
        line = self._line()
        try:
            line.request(method, path, body or None, self._headers(headers), encode_chunked=True)
            return _read(line)
        except (OSError, HTTPException) as error:
            raise Unavailable("the server did not answer") from error
        finally:
            line.close()

    def break_off(
        self, path: str, data: bytes, said_bytes: int, headers: Mapping[str, str] | None = None
    ) -> None:
        """Send these bytes of a body that was to have so many, and hang up; nothing told of its
        size where that is negative: in chunks. Raises Unavailable.
        """
        line = self._line()
        try:
            line.putrequest("POST", path)
            size = (
                ("Content-Length", str(said_bytes))
                if said_bytes >= 0
                else ("Transfer-Encoding", "chunked")
            )
            for name, value in (*self._headers(headers).items(), size):
                line.putheader(name, value)
            line.endheaders()
            line.send(data if said_bytes >= 0 else b"%x\r\n%b" % (2 * len(data), data))
        except OSError as error:
            raise Unavailable("the server did not listen") from error
        finally:
            _hang_up(line)

    def read_some(
        self, method: str, path: str, body: bytes, headers: Mapping[str, str] | None = None
    ) -> None:
        """Ask, take the first piece of the answer, and hang up. Raises Unavailable."""
        line = self._line()
        try:
            line.request(method, path, body or None, self._headers(headers))
            line.getresponse().read(PIECE_BYTES)
        except (OSError, HTTPException) as error:
            raise Unavailable("the server did not answer") from error
        finally:
            _hang_up(line)

    def _headers(self, more: Mapping[str, str] | None) -> dict[str, str]:
        known = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return {**known, **(more or {})}


def _read(line: HTTPConnection) -> Answer:
    answer = line.getresponse()
    headers = {name.lower(): value for name, value in answer.getheaders()}
    return Answer(answer.status, headers, answer.read())


def _hang_up(line: HTTPConnection) -> None:
    """At once, without waiting for what may still come."""
    if line.sock is not None:
        at_once = struct.pack("ii", 1, 0)
        line.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
    line.close()


def multipart(parts: Iterable[tuple[str, str, str, bytes]]) -> tuple[bytes, str]:
    """A body of parts, each its name, file name (empty for none), kind and data; and the content
    type that goes with it.
    """
    boundary = "part-of-a-proof"
    pieces = []
    for name, file_name, kind, data in parts:
        named = f'; filename="{file_name}"' if file_name else ""
        head = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{named}\r\n'
            f"Content-Type: {kind}\r\n\r\n"
        )
        pieces += [head.encode(), data, b"\r\n"]
    pieces.append(f"--{boundary}--\r\n".encode())
    return b"".join(pieces), f"multipart/form-data; boundary={boundary}"
