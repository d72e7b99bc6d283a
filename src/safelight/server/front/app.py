"""App: the way of every request. Host, page, who asks, what they may; then its endpoint.

What an endpoint raises becomes a problem here. When the call has ended, a line of the log tells
how long it took, how much came and how it ended; nothing that anybody sent.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from safelight.errors import Cancelled, MethodUnknown, SafelightError
from safelight.server.endpoint import Call, Endpoint, discovered
from safelight.server.front.headers import complete, preflight, site_of
from safelight.server.front.problems import problem
from safelight.server.front.routing import Routes, allowed
from safelight.server.house import House
from safelight.server.logline import Line

REQUEST_ID_BYTES = 8
Log = Callable[[Line], None]


def unsaid(_line: Line) -> None:
    """For who keeps no log."""


class App:
    """The ASGI application of the front end. log gets a line when a call has ended."""

    def __init__(
        self, house: House, endpoints: Iterable[Endpoint] | None = None, *, log: Log = unsaid
    ) -> None:
        self.house, self._log = house, log
        found = discovered(house.options.compat) if endpoints is None else endpoints
        self.endpoints = tuple(found)
        self._routes = Routes(self.endpoints)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1002})
            return
        if scope["type"] != "http":
            return
        exchange = _Exchange(self.house, scope, receive, send)
        try:
            await self._serve(exchange)
        finally:
            self._tell(exchange)

    async def _serve(self, exchange: _Exchange) -> None:
        request = Request(exchange.scope, exchange.receive)
        try:
            response = await self._answer(request, exchange)
        except ClientDisconnect:
            exchange.fail(Cancelled())
            return
        except SafelightError as error:
            response = exchange.fail(error)
        except Exception:  # noqa: BLE001 - what is wrong in us must tell nothing of the picture
            failure = SafelightError("the server failed", hint="the request can be sent again")
            response = exchange.fail(failure)
        if exchange.allow:
            response.headers["Allow"] = exchange.allow
        await response(exchange.scope, exchange.receive, exchange.send)

    async def _answer(self, request: Request, exchange: _Exchange) -> Response:
        door = self.house.door
        door.check_host(request)
        methods, parameters = self._routes.find(request.scope["path"])
        if request.method == "OPTIONS":
            return preflight(allowed(methods), exchange.site)
        endpoint = methods.get("GET" if request.method == "HEAD" else request.method)
        door.check_origin(request, takes_shares=endpoint is not None and endpoint.takes_shares)
        if endpoint is None:
            exchange.allow = ", ".join(allowed(methods))
            raise MethodUnknown
        exchange.endpoint = endpoint
        exchange.scope["path_params"] = parameters
        who = await door.who(request)
        door.require(who, endpoint.scope)
        request.state.owner = who.key  # for whom a body takes memory
        response = await endpoint.call(Call(self.house, request, who, exchange.request_id))
        exchange.code = getattr(request.state, "refused", "")  # answered with a page all the same
        return response

    def _tell(self, exchange: _Exchange) -> None:
        endpoint, seconds = exchange.endpoint, exchange.seconds
        what = "other"
        if endpoint is not None:
            what = endpoint.operation.name if endpoint.operation else endpoint.tag or "other"
        self.house.tally.call(
            what,
            exchange.code or "done",
            seconds,
            received_bytes=exchange.bytes_in,
            sent_bytes=exchange.bytes_out,
        )
        self._log(Line(seconds * 1000, exchange.bytes_in, exchange.status, exchange.code))


class _Exchange:
    """One request and its answer: counts what comes and goes, completes the headers."""

    def __init__(self, house: House, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope = scope
        self._receive, self._send = receive, send
        self._started = time.perf_counter()
        self.request_id = secrets.token_hex(REQUEST_ID_BYTES)
        self.site = site_of(Request(scope).headers, house.options.origins)
        self.endpoint: Endpoint | None = None
        self.bytes_in = self.bytes_out = 0
        self.status, self.code, self.allow = 499, "", ""

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self._started

    def fail(self, error: SafelightError) -> Response:
        """What is answered then: a problem, unless the endpoint has a form of its own.

        Browsers that open an address accept a page by name, and get one.
        """
        self.code = error.code
        failing = self.endpoint.failing if self.endpoint is not None else None
        if failing is not None:
            return failing(error, self.request_id)
        accepted = Request(self.scope).headers.get("accept", "")
        return problem(error, self.request_id, is_page="text/html" in accepted)

    async def receive(self) -> Message:
        message = await self._receive()
        self.bytes_in += len(message.get("body", b""))
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(raw=message["headers"])
            complete(headers, self.request_id, self.site)
            timing, total = headers.get("Server-Timing"), f"total;dur={self.seconds * 1000:.1f}"
            headers["Server-Timing"] = f"{timing}, {total}" if timing else total
            message = {**message, "headers": headers.raw}
        else:
            self.bytes_out += len(message.get("body", b""))
        await self._send(message)
