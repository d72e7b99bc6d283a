"""The client of ordinary code: each method asks the server and returns when it has answered."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, Self, TypeVar

import httpx

from safelight.client.address import Address
from safelight.client.call import Call, Pause, Reply, Steps
from safelight.client.documents import ServerEvent
from safelight.client.events import SUMMARY, Reading, stream
from safelight.client.line import Patience, Refused, Taking, headers_of, request, require_socket
from safelight.client.methods import SyncMethods
from safelight.client.opening import Opening, address_of
from safelight.client.proving import proved
from safelight.client.trust import context_of

T = TypeVar("T")


class Client(SyncMethods):
    """A server of Safelight, from another program or another machine.

    Without a url it is the one that runs here for the same user. url: https://HOST:PORT,
    http://127.0.0.1:PORT, or unix:PATH. token: what `safelight token create` printed; without it,
    what `safelight connect` stored for this url. fingerprint: that of the server, where no
    authority of this machine vouches for it. patience_s: how long a busy server is asked again.

    Safe to use from many threads. Close it, or use it as a context manager. Raises the errors that
    a run on this machine would raise, Unavailable where no server answers, VerificationFailed
    where it is not the one that it should be.
    """

    def __init__(
        self,
        url: str | None = None,
        *,
        token: str | None = None,
        fingerprint: str | None = None,
        patience_s: float = 30.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        opening = Opening(url, token, fingerprint)
        self._begin(proved(address_of(opening), opening.pin), patience_s, transport)

    @classmethod
    def at(cls, address: Address, *, patience_s: float = 30.0) -> Self:
        """The client of an address of which every part is known."""
        client = cls.__new__(cls)
        client._begin(address, patience_s, None)
        return client

    def _begin(
        self, address: Address, patience_s: float, transport: httpx.BaseTransport | None
    ) -> None:
        self.address, self._patience_s = address, patience_s
        self._http = _open(address, transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """End the connections."""
        self._http.close()

    def events(self, job: str = "", *, after: str = "") -> Iterator[ServerEvent]:
        """What happens, as it happens: to one job until it has ended, or to all without end. Goes
        on by itself where the connection broke; after: the id of the last event known.
        """
        reading, call = Reading(after), stream(job, after)
        patience = Patience(call, self._patience_s)
        while True:
            try:
                for event in self._listen(stream(job, reading.last), reading):
                    patience = Patience(call, self._patience_s)
                    yield event
                    if job and event.type == SUMMARY:
                        return
                time.sleep(patience.after(httpx.ReadError("the stream ended"), has_begun=False))
            except (httpx.HTTPError, Refused) as error:
                time.sleep(patience.after(error, has_begun=False))

    def _listen(self, call: Call[None], reading: Reading) -> Iterator[ServerEvent]:
        require_socket(self.address)
        with ExitStack() as stack:
            response = self._http.send(request(self._http, call, stack), stream=True)
            stack.callback(response.close)
            _refuse(response)
            reading.begin()
            for piece in response.iter_raw():
                yield from reading.take(piece)

    def carry(self, steps: Steps[T]) -> T:
        """Carry the steps out. What fails is told to them first, so that they can clean up."""
        try:
            step = next(steps)
            while True:
                try:
                    found = self._step(step)
                except BaseException as error:  # noqa: BLE001 - the steps raise it again
                    step = steps.throw(error)
                else:
                    step = steps.send(found)
        except StopIteration as end:
            value: T = end.value
            return value

    def _step(self, step: Call[Any] | Pause) -> Any:
        if isinstance(step, Pause):
            time.sleep(step.seconds)
            return None
        patience = Patience(step, self._patience_s)
        while True:
            taking: list[Taking] = []
            try:
                return self._ask(step, taking)
            except (httpx.HTTPError, httpx.InvalidURL, Refused) as error:
                has_begun = any(one.has_begun for one in taking)
                time.sleep(patience.after(error, has_begun=has_begun))

    def _ask(self, call: Call[T], begun: list[Taking]) -> T:
        require_socket(self.address)
        with ExitStack() as stack:
            response = self._http.send(request(self._http, call, stack), stream=True)
            stack.callback(response.close)
            _refuse(response)
            taking = Taking(call, response.headers)
            begun.append(taking)
            for piece in response.iter_raw():
                taking.take(piece)
            headers = {name.lower(): value for name, value in response.headers.items()}
            return call.read(Reply(response.status_code, headers, taking.end()))


def _refuse(response: httpx.Response) -> None:
    """Raises Refused for a problem."""
    if response.status_code >= 300:
        held = Taking(Call("GET", "", lambda reply: reply), {})
        for piece in response.iter_raw():
            held.take(piece)
        raise Refused(response.status_code, response.headers, held.end())


def _open(address: Address, transport: httpx.BaseTransport | None) -> httpx.Client:
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=20)
    if transport is None:
        path = str(address.unix) if address.unix is not None else None
        verify = context_of(address) if address.url.startswith("https:") else False
        transport = httpx.HTTPTransport(verify=verify, trust_env=False, limits=limits, uds=path)
    headers = headers_of(address)
    return httpx.Client(base_url=address.url, headers=headers, transport=transport, trust_env=False)
