"""The client for asyncio: the same as the other, awaited."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack
from typing import Any, Self, TypeVar

import httpx

from safelight.client.address import Address
from safelight.client.call import Call, Pause, Reply, Steps
from safelight.client.documents import ServerEvent
from safelight.client.events import SUMMARY, Reading, stream
from safelight.client.line import Patience, Refused, Taking, headers_of, request, require_socket
from safelight.client.methods import AsyncMethods
from safelight.client.opening import Opening, address_of
from safelight.client.proving import proved
from safelight.client.trust import context_of

T = TypeVar("T")


class AsyncClient(AsyncMethods):
    """See Client: the same methods, awaited. For one event loop; use it with `async with`."""

    def __init__(
        self,
        url: str | None = None,
        *,
        token: str | None = None,
        fingerprint: str | None = None,
        patience_s: float = 30.0,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        opening = Opening(url, token, fingerprint)
        self._patience_s = patience_s
        self.address = proved(address_of(opening), opening.pin)
        self._http = _open(self.address, transport)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()

    async def close(self) -> None:
        """End the connections."""
        await self._http.aclose()

    async def events(self, job: str = "", *, after: str = "") -> AsyncIterator[ServerEvent]:
        """What happens, as it happens: to one job until it has ended, or to all without end. Goes
        on by itself where the connection broke; after: the id of the last event known.
        """
        reading, call = Reading(after), stream(job, after)
        patience = Patience(call, self._patience_s)
        while True:
            try:
                async for event in self._listen(stream(job, reading.last), reading):
                    patience = Patience(call, self._patience_s)
                    yield event
                    if job and event.type == SUMMARY:
                        return
                await asyncio.sleep(
                    patience.after(httpx.ReadError("the stream ended"), has_begun=False)
                )
            except (httpx.HTTPError, Refused) as error:
                await asyncio.sleep(patience.after(error, has_begun=False))

    async def _listen(self, call: Call[None], reading: Reading) -> AsyncIterator[ServerEvent]:
        require_socket(self.address)
        with ExitStack() as stack:
            response = await self._http.send(request(self._http, call, stack), stream=True)
            try:
                await _refuse(response)
                reading.begin()
                async for piece in response.aiter_raw():
                    for event in reading.take(piece):
                        yield event
            finally:
                await response.aclose()

    async def carry(self, steps: Steps[T]) -> T:
        """Carry the steps out. What fails is told to them first, so that they can clean up."""
        try:
            step = next(steps)
            while True:
                try:
                    found = await self._step(step)
                except BaseException as error:  # noqa: BLE001 - the steps raise it again
                    step = steps.throw(error)
                else:
                    step = steps.send(found)
        except StopIteration as end:
            value: T = end.value
            return value

    async def _step(self, step: Call[Any] | Pause) -> Any:
        if isinstance(step, Pause):
            await asyncio.sleep(step.seconds)
            return None
        patience = Patience(step, self._patience_s)
        while True:
            taking: list[Taking] = []
            try:
                return await self._ask(step, taking)
            except (httpx.HTTPError, httpx.InvalidURL, Refused) as error:
                has_begun = any(one.has_begun for one in taking)
                await asyncio.sleep(patience.after(error, has_begun=has_begun))

    async def _ask(self, call: Call[T], begun: list[Taking]) -> T:
        require_socket(self.address)
        with ExitStack() as stack:
            response = await self._http.send(request(self._http, call, stack), stream=True)
            try:
                await _refuse(response)
                taking = Taking(call, response.headers)
                begun.append(taking)
                async for piece in response.aiter_raw():
                    taking.take(piece)
            finally:
                await response.aclose()
            headers = {name.lower(): value for name, value in response.headers.items()}
            return call.read(Reply(response.status_code, headers, taking.end()))


async def _refuse(response: httpx.Response) -> None:
    """Raises Refused for a problem."""
    if response.status_code >= 300:
        held = Taking(Call("GET", "", lambda reply: reply), {})
        async for piece in response.aiter_raw():
            held.take(piece)
        raise Refused(response.status_code, response.headers, held.end())


def _open(address: Address, transport: httpx.AsyncBaseTransport | None) -> httpx.AsyncClient:
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=20)
    if transport is None:
        path = str(address.unix) if address.unix is not None else None
        verify = context_of(address) if address.url.startswith("https:") else False
        transport = httpx.AsyncHTTPTransport(
            verify=verify, trust_env=False, limits=limits, uds=path
        )
    headers = headers_of(address)
    return httpx.AsyncClient(
        base_url=address.url, headers=headers, transport=transport, trust_env=False
    )
