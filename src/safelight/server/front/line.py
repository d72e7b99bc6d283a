"""Line: one connection, with a limit to how long the other side may take for anything.

    10 s  from the first byte of a request, or from the start, to the end of its headers
    15 s  until the next request of a connection that is kept
    20 s  without a byte of a body; and over time no fewer bytes a second than LEAST_RATE
    30 s  without taking what was written, or for a body that nobody wants any more

Who is slower is cut off, so that a few who never end cannot keep others out. The time that we take
ourselves counts for nobody.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import h11
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from safelight.errors import UsageError
from safelight.server.description.problem import MEDIA_TYPE, Problem
from safelight.server.front.headers import ALWAYS
from safelight.server.front.strict import Strict

HEADERS_S, IDLE_S, STALL_S, READER_S = 10.0, 15, 20.0, 30.0
# Bytes a second of a body, seen over so many seconds.
LEAST_RATE, RATE_AFTER_S = 16_384, 30.0


class Line(H11Protocol):
    """look is to be called every second or so, with the time of the loop."""

    def __init__(
        self, config: Config, state: ServerState, on_lost: Callable[[Line], None], **more: Any
    ) -> None:
        super().__init__(config, state, {}, **more)
        self.conn = Strict()
        self._on_lost = on_lost
        self._since = self._heard = self._taken = self.loop.time()
        self._body_since: float | None = None
        self._body_bytes = 0
        self._closing_since: float | None = None

    @property
    def is_idle(self) -> bool:
        """Whether nothing is under way on it."""
        return self._is_answered and self.conn.their_state is h11.IDLE

    @property
    def is_spare(self) -> bool:
        """Whether it can be closed for another: idle, or answered before all of a body came."""
        return self.is_idle or (self.cycle is not None and self.cycle.response_complete)

    @property
    def idle_since(self) -> float:
        return self._since

    @property
    def _is_answered(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._on_lost(self)

    def data_received(self, data: bytes) -> None:
        self._heard = self.loop.time()
        if self.is_idle and not self.conn.trailing_data[0]:
            self._since = self._heard
        if self._body_since is not None:
            self._body_bytes += len(data)
        try:
            super().data_received(data)
        except h11.RemoteProtocolError:  # refused before it was read
            self.send_400_response("")

    def on_response_complete(self) -> None:
        self._since = self.loop.time()
        super().on_response_complete()

    def pause_writing(self) -> None:
        self._taken = self.loop.time()
        super().pause_writing()

    def look(self, now: float) -> None:
        """Cut the other side off if it takes too long."""
        if self.transport.is_closing():
            if self._closing_since is None:
                self._closing_since = now
            is_late = now - self._closing_since > READER_S
        elif self.conn.their_state is h11.SEND_BODY:
            is_late = self._is_body_late(now)
        else:
            self._body_since = None
            is_late = self._is_request_late(now)
        if self.flow.write_paused:
            is_late = is_late or now - self._taken > READER_S
        if is_late:
            self.transport.abort()

    def _is_request_late(self, now: float) -> bool:
        """Of a connection that is kept, the time without a byte is told by its own alarm."""
        is_begun = self.cycle is None or bool(self.conn.trailing_data[0])
        return self.is_idle and is_begun and now - self._since > HEADERS_S

    def _is_body_late(self, now: float) -> bool:
        if self._body_since is None:
            self._body_since, self._body_bytes, self._heard = now, 0, now
        is_ours = self.flow.read_paused or self.cycle.waiting_for_100_continue
        if is_ours and not self._is_answered:
            self._body_since = None
            return False
        if self._is_answered and now - self._since > READER_S:
            return True
        seconds = now - self._body_since
        is_slow = seconds > RATE_AFTER_S and self._body_bytes < seconds * LEAST_RATE
        return is_slow or now - self._heard > STALL_S

    def send_400_response(self, msg: str) -> None:
        """What is no HTTP is answered once, if anything can be answered any more."""
        cycle = self.cycle
        may_answer = cycle is None or cycle.response_complete or not cycle.response_started
        if cycle is not None and not cycle.response_complete:
            cycle.disconnected = True
            cycle.message_event.set()
        if may_answer and self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            error = UsageError("the request is no HTTP that can be understood", hint="HTTP/1.1")
            body = json.dumps(Problem.of(error, "-").model_dump()).encode()
            told = {**ALWAYS, "Content-Type": MEDIA_TYPE, "Content-Length": str(len(body))}
            headers = [(name.encode(), value.encode()) for name, value in told.items()]
            headers.append((b"Connection", b"close"))
            response = h11.Response(status_code=400, headers=headers, reason=b"Bad Request")
            for event in (response, h11.Data(data=body), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
        self.transport.close()


def make_config(app: Any) -> Config:
    """How HTTP is spoken: nothing is logged, no header is believed or told that need not be."""
    config = Config(
        app,
        loop="asyncio",
        http=Line,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=IDLE_S,
    )
    config.load()
    return config


async def end(state: ServerState, seconds: float) -> None:
    """Let every connection finish what it does, for so long; then cut it off."""
    for line in list(state.connections):
        line.shutdown()
    ends = asyncio.get_running_loop().time() + seconds
    while (state.connections or state.tasks) and asyncio.get_running_loop().time() < ends:
        await asyncio.sleep(0.02)
    tasks = list(state.tasks)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for line in list(state.connections):
        line.transport.abort()
