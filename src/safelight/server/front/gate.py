"""Gate: takes connections in, as many as there may be; the others wait in the kernel's queue.

Where none is left, a connection that idles is closed for the next one. One that has not yet shown
that it speaks TLS counts as well, and has a few seconds for it; a moment, where none is left.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import ssl
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from uvicorn.config import Config
from uvicorn.server import ServerState

from safelight.server.front.line import Line, end

HANDSHAKE_S, GOODBYE_S, LOOK_S, PAUSE_S, BEGIN_S = 10.0, 5.0, 1.0, 0.5, 1.0
AT_A_TIME = 64


@dataclass(frozen=True)
class Entry:
    """A socket that listens, and what proves who we are to those who come by it."""

    socket: socket.socket
    tls: ssl.SSLContext | None = None


class Gate:
    """Open it once, in its loop, and close it."""

    def __init__(self, config: Config, entries: Sequence[Entry], most: int) -> None:
        self._config, self._entries, self._most = config, entries, most
        self.state = ServerState()
        self._count = 0
        self._is_open = self._is_paused = False
        self._loop = asyncio.get_running_loop()
        # Since when each of those who are not in yet is let try.
        self._handshakes: dict[asyncio.Task[None], float] = {}
        self._loop.set_exception_handler(_told)

    @property
    def connections(self) -> int:
        return self._count

    def open(self) -> None:
        self._is_open = True
        self._watch()
        self._clock = self._loop.call_later(LOOK_S, self._look)

    async def close(self, seconds: float) -> None:
        """Take nobody in any more; what is under way has so long to end."""
        self._unwatch()
        self._is_open = False
        await end(self.state, seconds)
        self._clock.cancel()
        for task in list(self._handshakes):
            task.cancel()
        await asyncio.gather(*self._handshakes, return_exceptions=True)

    def _watch(self) -> None:
        for entry in self._entries:
            entry.socket.setblocking(False)
            self._loop.add_reader(entry.socket, self._accept, entry)

    def _unwatch(self) -> None:
        for entry in self._entries:
            self._loop.remove_reader(entry.socket)

    def _look(self) -> None:
        now = self._loop.time()
        for line in list(self.state.connections):
            if isinstance(line, Line):
                line.look(now)
        if self._is_paused:
            self._make_room()
        self._clock = self._loop.call_later(LOOK_S, self._look)

    def _accept(self, entry: Entry) -> None:
        if self._count >= self._most:
            self._make_room()
            self._pause()
            return
        for _ in range(min(AT_A_TIME, self._most - self._count)):
            try:
                connection, _ = entry.socket.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError:  # no descriptor is left: some will be
                self._pause()
                self._loop.call_later(PAUSE_S, self._go_on)
                return
            self._count += 1
            task = self._loop.create_task(self._welcome(connection, entry.tls))
            self._handshakes[task] = self._loop.time()
            task.add_done_callback(self._handshakes.pop)

    async def _welcome(self, connection: socket.socket, tls: ssl.SSLContext | None) -> None:
        connection.setblocking(False)
        within = {} if tls is None else {
            "ssl_handshake_timeout": HANDSHAKE_S, "ssl_shutdown_timeout": GOODBYE_S,
        }  # fmt: skip
        counted = {connection}

        def leave(_line: Line | None = None) -> None:
            if counted:
                counted.clear()
                self._leave()

        def made() -> Line:
            return Line(self._config, self.state, leave)

        is_in = False
        try:
            await self._loop.connect_accepted_socket(made, connection, ssl=tls, **within)
            is_in = True
        except (OSError, TimeoutError):
            pass
        finally:
            if not is_in:
                connection.close()
                leave()

    def _leave(self) -> None:
        self._count -= 1
        if self._is_paused:
            self._go_on()

    def _make_room(self) -> None:
        """Close the connection that has idled longest; one that is new has a moment to begin."""
        now = self._loop.time()
        idle = [
            line
            for line in self.state.connections
            if isinstance(line, Line) and line.is_spare and not line.transport.is_closing()
            if (line.is_idle and line.cycle is not None) or now - line.idle_since > BEGIN_S
        ]
        if idle:
            min(idle, key=lambda line: line.idle_since).shutdown()
            return
        oldest = next(iter(self._handshakes), None)
        if oldest is not None and now - self._handshakes[oldest] > BEGIN_S:
            oldest.cancel()

    def _pause(self) -> None:
        if not self._is_paused:
            self._is_paused = True
            self._unwatch()

    def _go_on(self) -> None:
        if self._is_paused and self._is_open:
            self._is_paused = False
            self._watch()


def _told(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Of what went wrong in us, the kind alone: the supervisor shows it if we end of it."""
    kind = type(context.get("exception")).__name__
    with contextlib.suppress(OSError):
        os.write(sys.stderr.fileno(), f"{kind}\n".encode())
