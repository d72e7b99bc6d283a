"""Pull: the one place that fetches a model, from the host that was shown, to the staging folder.

It asks by https with the certificate verified, goes on where an earlier pull ended, and follows a
host to the others that the catalogue's table has for it. It trusts no answer: a length that is not
the pinned one ends it before the first byte, and the SHA-256 decides at the end. What is sent:
the address of the file, and nothing about who asks.

HTTPS_PROXY and NO_PROXY name a proxy, SSL_CERT_FILE other authorities, as everywhere.
"""

from __future__ import annotations

import base64
import http.client
import re
import socket
import ssl
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from safelight.errors import Unavailable, UsageError, VerificationFailed
from safelight.models.hosts import Address, followed
from safelight.models.staging import TAG, Staged, written

CHUNK_BYTES = 1 << 17
# Fewer bytes than this in the time that counts as a stall are a stall.
LEAST_BYTES = 1_000
MOST_HOPS = 5
# Tries in a row that bring nothing, and tries in all.
IDLE_TRIES = 3
MOST_TRIES = 50
PAUSE_S = 1.0
# Letters of what a library says of an answer that it did not understand; that may stand in it.
MAX_REASON = 200
REDIRECTS = frozenset({301, 302, 303, 307, 308})
BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})
RANGE = re.compile(r"bytes ([0-9]{1,15})-([0-9]{1,15})/([0-9]{1,15})")
HEADERS = {"User-Agent": "safelight", "Accept-Encoding": "identity", "Connection": "close"}
AGAIN = "run the same command again: it goes on where this one ended"


@dataclass(frozen=True, slots=True)
class Proxy:
    """What requests go by way of. sign is the header value that it asks for, if any."""

    host: str
    port: int
    sign: str = ""


@dataclass(frozen=True, slots=True)
class Way:
    """How to fetch. opened is told each host before it is connected to; came the bytes so far."""

    stall_s: float = 30.0
    opened: Callable[[str], None] = lambda _host: None
    came: Callable[[int], None] = lambda _bytes: None


class Interrupted(Exception):
    """The answer broke off, or the host is busy: it may be asked again."""


def fetch(staged: Staged, way: Way) -> None:
    """Bring the file to its whole length and check it; what is there already is not asked for.

    Raises Unavailable where the host cannot be reached or breaks off again and again (what came is
    kept), VerificationFailed for another file than the pinned one or a certificate that does not
    hold, PolicyRefused for a way that is not allowed, DiskFull, OutputFailed.
    """
    idle = 0
    for _try in range(MOST_TRIES):
        if staged.have == staged.wanted.size_bytes:
            staged.check()
            return
        before = staged.have
        try:
            _once(staged, way)
        except ssl.SSLCertVerificationError as error:
            raise VerificationFailed(
                f"the certificate of the host does not hold: {error.verify_message}",
                hint="nothing was fetched; behind a proxy that looks inside, SSL_CERT_FILE names"
                " its authority",
            ) from error
        except (OSError, http.client.HTTPException, UnicodeError, Interrupted) as error:
            idle = idle + 1 if staged.have <= before else 0
            if idle >= IDLE_TRIES:
                raise _given_up(staged, error) from error
            time.sleep(PAUSE_S if idle else 0)
    raise _given_up(staged, Interrupted("it breaks off again and again"))


def proxy_for(host: str) -> Proxy | None:
    """The proxy that the environment names for this host. Raises UsageError for a strange one."""
    named = urllib.request.getproxies().get("https", "")
    if not named or urllib.request.proxy_bypass(host):
        return None
    try:
        parts = urlsplit(named if "://" in named else f"http://{named}")
        name, port = parts.hostname, parts.port
    except ValueError:
        name, port, parts = None, None, urlsplit("")
    if not name or parts.scheme != "http":
        raise UsageError("HTTPS_PROXY names no proxy of the form http://host:port")
    sign = ""
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        sign = f"Basic {base64.b64encode(pair.encode()).decode()}"
    return Proxy(name, port or 80, sign)


def _given_up(staged: Staged, error: Exception) -> Unavailable:
    plain = (getattr(error, "strerror", None) or str(error) or type(error).__name__)[:MAX_REASON]
    reason = "it stalled" if isinstance(error, TimeoutError) else plain
    got = f"{staged.have} of {staged.wanted.size_bytes} bytes are here"
    return Unavailable(f"the file does not come: {reason} ({got})", hint=AGAIN)


def _once(staged: Staged, way: Way) -> None:
    """One request, by as many hosts as it is handed on to."""
    url = staged.wanted.url
    origin = Address.of(url).host
    for _hop in range(MOST_HOPS):
        address = Address.of(url)
        way.opened(address.host)
        with closing(_connection(address, way)) as connection:
            asked_from = staged.have
            line = Line(connection, way.stall_s)
            with line.watched():
                connection.request("GET", address.target, headers=_headers(staged))
                line.hold()
                answer = connection.getresponse()
            with answer:
                if answer.status not in REDIRECTS:
                    _take(answer, staged, way, asked_from=asked_from, line=line)
                    return
                url = followed(origin, url, answer.getheader("Location"))
    raise Unavailable("the file is handed on from host to host without end")


def _connection(address: Address, way: Way) -> http.client.HTTPSConnection:
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    proxy = proxy_for(address.host)
    if proxy is None:
        return http.client.HTTPSConnection(
            address.host, address.port, timeout=way.stall_s, context=context
        )
    connection = http.client.HTTPSConnection(
        proxy.host, proxy.port, timeout=way.stall_s, context=context
    )
    sign = {"Proxy-Authorization": proxy.sign} if proxy.sign else {}
    connection.set_tunnel(address.host, address.port, sign)
    return connection


class Line:
    """The line to a host. One on which next to nothing comes in the time of a stall is cut: a host
    that says a letter now and then, before the file, in it or behind it, would hold it for ever.
    """

    def __init__(self, connection: http.client.HTTPSConnection, stall_s: float) -> None:
        self._connection, self._stall_s = connection, stall_s
        self._held: socket.socket | None = None
        self.came_bytes = 0

    def hold(self) -> None:
        """Keep the line in sight, which leaves the connection with the answer."""
        self._held = self._connection.sock

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Raises TimeoutError where the line had to be cut."""
        over, cut = threading.Event(), threading.Event()

        def watch() -> None:
            had = self.came_bytes
            while not over.wait(self._stall_s):
                if self.came_bytes - had < LEAST_BYTES:
                    cut.set()
                    self._cut()
                had = self.came_bytes

        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        try:
            yield
        except (OSError, http.client.HTTPException) as error:
            if cut.is_set():
                raise TimeoutError from error
            raise
        finally:
            over.set()
            watcher.join()
        if cut.is_set():
            raise TimeoutError

    def _cut(self) -> None:
        """As a socket, not as TLS: what comes meanwhile must not be read as if it were plain."""
        line = self._held or self._connection.sock
        with suppress(OSError, TypeError):
            socket.socket.shutdown(line, socket.SHUT_RDWR)


def _headers(staged: Staged) -> dict[str, str]:
    if not staged.have:
        return HEADERS
    only_if = {"If-Range": staged.tag} if staged.tag else {}
    return HEADERS | {"Range": f"bytes={staged.have}-"} | only_if


def _take(
    answer: http.client.HTTPResponse, staged: Staged, way: Way, *, asked_from: int, line: Line
) -> None:
    """Append what the answer brings, if it can be the file."""
    status, size = answer.status, staged.wanted.size_bytes
    if status == 416:
        staged.drop()
        raise Interrupted("the host has no such part of the file")
    if status in BUSY:
        raise Interrupted(f"the host answers {status}")
    if status not in (200, 206) or (status == 206 and not asked_from):
        raise Unavailable(f"the host answers {status} where the file should be")
    if answer.getheader("Content-Encoding", "identity").lower() != "identity":
        raise VerificationFailed("the host gives the file in another encoding than was asked for")
    start = asked_from if status == 206 else 0
    if status == 206 and _part(answer.getheader("Content-Range", "")) != (start, size - 1, size):
        raise VerificationFailed("the host gives another part of the file than was asked for")
    if answer.length is not None and answer.length != size - start:
        raise VerificationFailed(
            f"the host has {start + answer.length} bytes where {size} are pinned: nothing was taken"
        )
    tag = _tag(answer)
    if status == 206 and staged.tag and tag and tag != staged.tag:
        staged.drop()
        raise Interrupted("the host has another file now")
    if status == 200:
        staged.start(tag)
    _append(answer, staged, way, line)


def _append(answer: http.client.HTTPResponse, staged: Staged, way: Way, line: Line) -> None:
    size, have = staged.wanted.size_bytes, staged.have
    with staged.appending() as file, line.watched():
        while chunk := answer.read1(min(CHUNK_BYTES, size + 1 - have)):
            have += len(chunk)
            line.came_bytes += len(chunk)
            written(file, chunk)
            way.came(have)
    if have > size:
        staged.drop()
        raise VerificationFailed(f"the host gives more than the {size} bytes that are pinned")
    if have < size:
        raise Interrupted("it broke off")


def _part(text: str) -> tuple[int, int, int] | None:
    match = RANGE.fullmatch(text)
    return (int(match[1]), int(match[2]), int(match[3])) if match else None


def _tag(answer: http.client.HTTPResponse) -> str:
    """The name that tells this very content from any other; a weak one does not."""
    tag = answer.getheader("ETag", "")
    return tag if TAG.fullmatch(tag) else ""
