"""Ears: somebody on the loopback who notes each connection, request and packet, and answers."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PAGE = b"<!doctype html><meta charset=utf-8><title>control</title><body><p>x"
WAIT_S = 2


class Ears:
    """What came to one port of the loopback, by TCP and by UDP."""

    def __init__(self) -> None:
        self.port = 0
        self.paths: list[str] = []
        self.connections = 0
        self.packets = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def heard(self) -> int:
        """Everything, however it came."""
        return self.connections + self.packets


class Answer(BaseHTTPRequestHandler):
    """Notes a request and answers it with an empty page, or with an empty script."""

    timeout = WAIT_S
    noted: Ears

    def setup(self) -> None:
        self.noted.connections += 1
        super().setup()

    def do_GET(self) -> None:
        self.noted.paths.append(self.path.partition("?")[0])
        self.send_response(200)
        kind = "text/html" if "." not in self.path else "text/javascript"
        self.send_header("Content-Type", kind)
        self.send_header("Access-Control-Allow-Origin", "*")
        self.end_headers()
        self.wfile.write(PAGE)

    do_POST = do_GET

    def log_message(self, *words: object) -> None: ...


class Packet(socketserver.BaseRequestHandler):
    """Notes a packet and answers nothing."""

    noted: Ears

    def handle(self) -> None:
        self.noted.packets += 1


class Listening(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, *words: object) -> None:
        """A browser that hangs up is no fault of this side."""


@contextmanager
def listening() -> Iterator[Ears]:
    """Ears at a port of their own, until the block ends."""
    noted = Ears()
    answer, packet = (type("Noting", (kind,), {"noted": noted}) for kind in (Answer, Packet))
    with Listening(("127.0.0.1", 0), answer) as tcp:
        noted.port = tcp.server_address[1]
        with (
            socketserver.UDPServer(("127.0.0.1", noted.port), packet) as udp,
            serving_both(tcp, udp),
        ):
            yield noted


@contextmanager
def serving_both(*servers: socketserver.BaseServer) -> Iterator[None]:
    """Each in a thread of its own, until the block ends."""
    threads = [threading.Thread(target=server.serve_forever, args=(0.05,)) for server in servers]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for server, thread in zip(servers, threads, strict=True):
            server.shutdown()
            thread.join()
