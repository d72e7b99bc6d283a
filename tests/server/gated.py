"""Gated: connections to an application that acts by path, and what came over one of them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import ssl
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from safelight.server.front.gate import Entry, Gate
from safelight.server.front.line import make_config


class Play:
    """An application that acts by path; ended are the paths whose sender left before the end."""

    def __init__(self) -> None:
        self.go_on = asyncio.Event()
        self.ended: list[str] = []
        self.begun: list[str] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        path = scope["path"]
        self.begun.append(path)
        if path == "/early":
            await self._answer(send, 413, b"too large")
            return
        if path in ("/slow", "/later"):
            await self.go_on.wait()
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                self.ended.append(path)
                return
            size += len(message["body"])
            if not message["more_body"]:
                break
        if path == "/big":
            await self._answer(send, 200, *[bytes(1 << 16)] * 128)
        else:
            await self._answer(send, 200, str(size).encode())

    async def _answer(self, send: Any, status: int, *pieces: bytes) -> None:
        size = str(sum(map(len, pieces))).encode()
        headers = [(b"content-length", size)]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        for piece in pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


class Front:
    def __init__(self, gate: Gate, play: Play, path: str) -> None:
        self.gate, self.play, self.path = gate, play, path
        self._writers: list[asyncio.StreamWriter] = []

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Closed at the end."""
        reader, writer = await asyncio.open_unix_connection(self.path)
        self._writers.append(writer)
        return reader, writer

    async def leave(self) -> None:
        for writer in self._writers:
            writer.transport.abort()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def until(self, connections: int) -> None:
        async with asyncio.timeout(5):
            while self.gate.connections != connections:
                await asyncio.sleep(0.005)


@asynccontextmanager
async def front(
    most: int = 10, tls: ssl.SSLContext | None = None, keep_s: int = 60
) -> AsyncIterator[Front]:
    play = Play()
    config = make_config(play)
    config.timeout_keep_alive = keep_s
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as listener:
        path = os.path.join(folder, "s")
        listener.bind(path)
        listener.listen(8)
        gate = Gate(config, [Entry(listener, tls)], most)
        gate.open()
        front = Front(gate, play, path)
        try:
            yield front
        finally:
            play.go_on.set()
            await gate.close(0.2)
            await front.leave()
            assert gate.connections == 0


async def cut(reader: asyncio.StreamReader) -> bytes:
    """What came until the other side closed."""
    async with asyncio.timeout(5):
        try:
            return await reader.read()
        except ConnectionError:
            return b""
