"""Line: how a call goes over httpx, for both clients alike: the request, its body, what may be
asked again, and whose fault a failure was.

Nothing of the surroundings is heeded: no proxy, no password file, no redirect. The bytes go to the
server that the user named and nowhere else.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import IO, Any

import httpx

from safelight.client.address import Address
from safelight.client.call import BYTES, JSON, MAX_ANSWER_BYTES, Call, Part, opened
from safelight.client.problems import problem, retry_after
from safelight.errors import (
    ParameterInvalid,
    SafelightError,
    Unavailable,
    VerificationFailed,
    WireBroken,
)

PIECE_BYTES = 1 << 18
CONNECT_S, READ_S, WRITE_S = 10.0, 60.0, 60.0
# Pauses before a server that could not be reached is tried again.
AGAIN_S = (0.2, 0.6)
BUSY = frozenset({429, 503})
# Where a server that says nothing of the time is asked again.
USUAL_WAIT_S = 1.0
DIGEST = "repr-digest"


class Refused(Exception):
    """The server answered with a problem."""

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        super().__init__(status)
        self.error = problem(status, headers, body)
        self.status, self.retry_after_s = status, retry_after(headers)


class Pieces(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A stream as the body of a request, a piece at a time, for either client."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        while piece := self._stream.read(PIECE_BYTES):
            yield piece

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self:
            yield piece


def request(
    client: httpx.Client | httpx.AsyncClient, call: Call[Any], stack: ExitStack
) -> httpx.Request:
    """The request of a call; stack closes what it opened. Raises InputMissing."""
    headers = httpx.Headers(client.headers)
    headers.update(call.headers)
    read_s = READ_S + call.wait_s
    timeout = httpx.Timeout(connect=CONNECT_S, read=read_s, write=WRITE_S, pool=None)
    known: dict[str, Any] = {
        "url": client.base_url.copy_with(raw_path=httpx.URL(call.path).raw_path),
        "params": dict(call.params) or None,
        "extensions": {"timeout": timeout.as_dict()},
    }
    if isinstance(call.body, tuple):
        files = [(part.name, _file(part, stack)) for part in call.body]
        return httpx.Request(call.method, headers=headers, files=files, **known)
    if call.body is None:
        if call.method == "POST":
            headers["Content-Length"] = "0"
        return httpx.Request(call.method, headers=headers, **known)
    stream = stack.enter_context(opened(call.body))
    headers["Host"] = client.base_url.netloc.decode("ascii")
    headers.setdefault("Content-Type", BYTES)
    size_bytes = _left_bytes(stream)
    if size_bytes is not None:
        headers["Content-Length"] = str(size_bytes)
    else:
        headers["Transfer-Encoding"] = "chunked"
    return httpx.Request(call.method, headers=headers, stream=Pieces(stream), **known)


def _file(part: Part, stack: ExitStack) -> tuple[str, Any, str]:
    """Its name here is not told: what it is called says nothing to a server."""
    name = "" if part.media_type == JSON else part.name
    stream = stack.enter_context(opened(part.source))
    return (name, stream, part.media_type)


def _left_bytes(stream: IO[bytes]) -> int | None:
    """How much is still to be read; None where that cannot be told."""
    try:
        position = stream.tell()
        size_bytes = stream.seek(0, os.SEEK_END) - position
        stream.seek(position)
    except (OSError, AttributeError, ValueError):
        return None
    return size_bytes


def require_socket(address: Address) -> None:
    """Raises ConnectError for a path where nothing can be connected to."""
    if address.unix is not None and not address.unix.is_socket():
        raise httpx.ConnectError("there is no socket")


class Taking:
    """What comes of an answer: held as a whole, or handed to the sink, and compared at the end
    with the digest that the server told.
    """

    def __init__(self, call: Call[Any], headers: Mapping[str, str]) -> None:
        self._sink, self._told = call.sink, headers.get(DIGEST, "")
        self._held, self._digest = bytearray(), hashlib.sha256()
        self.has_begun = False

    def take(self, piece: bytes) -> None:
        """Raises WireBroken for more than any answer has."""
        if self._sink is not None:
            self.has_begun = True
            self._digest.update(piece)
            with memoryview(piece) as view:
                self._sink.write(view)
            return
        if len(self._held) + len(piece) > MAX_ANSWER_BYTES:
            raise WireBroken(f"the server's answer has more than {MAX_ANSWER_BYTES} bytes")
        self._held += piece

    def end(self) -> bytes:
        """What was held. Raises VerificationFailed for other bytes than the server made."""
        if self._sink is not None and self._told:
            import base64

            own = f"sha-256=:{base64.b64encode(self._digest.digest()).decode()}:"
            if own not in (part.strip() for part in self._told.split(",")):
                raise VerificationFailed("the result was changed on its way from the server")
        return bytes(self._held)


@dataclass
class Patience:
    """How often a call is asked again, and when: what never came to the server at once, what it
    refused for being busy as it says, what broke off only where asking twice changes nothing.
    """

    call: Call[Any]
    most_s: float
    tries: int = 0
    waited_s: float = 0.0

    def after(self, failure: Exception, *, has_begun: bool) -> float:
        """So many seconds from now; raises the error for people where that is never."""
        pause_s = None if has_begun else self._pause(failure)
        self.tries += 1
        if pause_s is None or self.waited_s + pause_s > self.most_s or not self.call.can_repeat:
            raise told(failure) from failure
        self.waited_s += pause_s
        return pause_s

    def _pause(self, failure: Exception) -> float | None:
        if isinstance(failure, Refused):
            if failure.status not in BUSY or failure.error.code not in ("busy", "unavailable"):
                return None
            return USUAL_WAIT_S if failure.retry_after_s is None else failure.retry_after_s
        if self.tries >= len(AGAIN_S):
            return None
        never_came = isinstance(failure, httpx.ConnectError | httpx.ConnectTimeout)
        if never_came and is_certificate(failure):
            return None
        return AGAIN_S[self.tries] if never_came or self.call.is_safe else None


def told(failure: Exception) -> SafelightError:
    """The error for people."""
    if isinstance(failure, Refused):
        return failure.error
    if isinstance(failure, SafelightError):
        return failure
    if is_certificate(failure):
        return VerificationFailed(
            "the certificate of the server does not hold",
            hint="safelight connect URL --fingerprint FINGERPRINT pairs with it;"
            " the server shows its fingerprint when it starts",
        )
    if isinstance(failure, httpx.ConnectError | httpx.ConnectTimeout):
        return Unavailable(
            "the server cannot be reached", hint="safelight serve starts one; check the address"
        )
    if isinstance(failure, httpx.TimeoutException):
        return Unavailable("the server did not answer in time", hint="safelight status")
    if isinstance(failure, httpx.InvalidURL | httpx.UnsupportedProtocol):
        return ParameterInvalid("the address of the server is none")
    return Unavailable("the connection to the server broke off", hint="run the same again")


def is_certificate(failure: BaseException | None) -> bool:
    """Whether it is the server's certificate that did not hold."""
    import ssl

    seen: set[int] = set()
    while failure is not None and id(failure) not in seen:
        if isinstance(failure, ssl.SSLCertVerificationError):
            return True
        if "CERTIFICATE_VERIFY_FAILED" in str(failure):
            return True
        seen.add(id(failure))
        failure = failure.__cause__ or failure.__context__
    return False


def headers_of(address: Address) -> dict[str, str]:
    """What stands on every request."""
    known = {"User-Agent": "safelight", "Accept": JSON, "Accept-Encoding": "identity"}
    if address.token:
        known["Authorization"] = f"Bearer {address.token}"
    return known
