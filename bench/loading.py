"""Loading: a client of few bytes and little work, so that two hundred of them leave the processors
to the server that is measured.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

PIECE_BYTES = 65_536
# Longer than any answer may be waited for, and than a slow reader takes.
TIMEOUT_S = 700
MOST_HEAD_BYTES = 65_536


class Refused(Exception):
    """The server closed the connection, or said nothing that could be understood."""


@dataclass(frozen=True)
class Answer:
    """sha256 is that of the body, of which only this client keeps the first bytes."""

    status: int
    headers: Mapping[str, str]
    sha256: str
    body: bytes


class Caller:
    """One connection at a time to one server, opened anew whenever it was closed."""

    def __init__(self, host: str, port: int, token: str) -> None:
        self._host, self._port, self._token = host, port, token
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        *,
        most_bytes_per_s: float | None = None,
    ) -> Answer:
        """The whole answer; read as slowly as most_bytes_per_s says. A connection that was closed
        while nothing was asked is opened again. Raises Refused.
        """
        await self._let_go_of_a_closed_one()
        try:
            async with asyncio.timeout(TIMEOUT_S):
                reader, writer = await self._opened()
                writer.write(self._head(method, path, len(body), headers or {}))
                writer.write(body)
                await writer.drain()
                return await self._answer(reader, most_bytes_per_s)
        except (OSError, asyncio.IncompleteReadError, ValueError) as error:
            self.close()
            raise Refused(type(error).__name__) from error

    async def _let_go_of_a_closed_one(self) -> None:
        if self._streams is not None:
            await asyncio.sleep(0)
            reader, writer = self._streams
            if reader.at_eof() or writer.is_closing():
                self.close()

    def like(self) -> Caller:
        """Another client of the same server."""
        return Caller(self._host, self._port, self._token)

    async def half_ask(self, path: str) -> float:
        """Begin a request that never ends; how many seconds until the server hangs up."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            reader, writer = await self._opened()
            writer.write(f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Le".encode())
            await reader.read(1)
        except OSError:
            pass
        finally:
            self.close()
        return loop.time() - began

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].transport.abort()
            self._streams = None

    async def _opened(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._streams is None:
            self._streams = await asyncio.open_connection(
                self._host, self._port, limit=MOST_HEAD_BYTES
            )
        return self._streams

    def _head(self, method: str, path: str, size: int, headers: Mapping[str, str]) -> bytes:
        all_headers = {
            "Host": f"localhost:{self._port}",
            "Authorization": f"Bearer {self._token}",
            "Content-Length": str(size),
            **headers,
        }
        lines = [f"{name}: {value}\r\n" for name, value in all_headers.items()]
        return f"{method} {path} HTTP/1.1\r\n{''.join(lines)}\r\n".encode()

    async def _answer(self, reader: asyncio.StreamReader, pace: float | None) -> Answer:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        status = int(head[0].split()[1])
        pairs = (line.partition(":") for line in head[1:] if line)
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        if status == 100:
            return await self._answer(reader, pace)
        digest, kept = hashlib.sha256(), b""
        async for piece in _body(reader, headers, pace):
            digest.update(piece)
            kept += piece[: max(0, PIECE_BYTES - len(kept))]
        if headers.get("connection", "").lower() == "close":
            self.close()
        return Answer(status, headers, digest.hexdigest(), kept)


async def _body(
    reader: asyncio.StreamReader, headers: Mapping[str, str], pace: float | None
) -> AsyncIterator[bytes]:
    """The body in pieces. Raises asyncio.IncompleteReadError where it ends too soon."""
    if "chunked" in headers.get("transfer-encoding", ""):
        while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
            yield await reader.readexactly(size)
            await reader.readexactly(2)
        await reader.readexactly(2)
        return
    left = int(headers.get("content-length", 0))
    most = PIECE_BYTES if pace is None else max(1, int(pace / 4))
    while left:
        piece = await reader.readexactly(min(most, left))
        left -= len(piece)
        yield piece
        if pace is not None:
            await asyncio.sleep(len(piece) / pace)
