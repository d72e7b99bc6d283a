"""A host of models on this machine, as bad as one likes, and a proxy that leads every name to it.

Nothing in the product knows of it: the tests set HTTPS_PROXY and SSL_CERT_FILE as anybody may.
"""

from __future__ import annotations

import datetime
import os
import re
import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

HOST = "models.example"
ELSEWHERE = "elsewhere.example"


@dataclass(frozen=True)
class Play:
    """How the host answers one request.

    cut: it closes after so many bytes of the body; stall: it says no more after so many. flip: the
    byte at this place of the file is another. length: what it says that the length is, empty for
    nothing. whole: it gives the whole file where a part was asked for. trickle: seconds after each
    single byte; late: seconds after each letter of the head. raw: what it says in place of HTTP;
    endless: what it says behind that, again and again.
    """

    status: int = 200
    location: str = ""
    cut: int | None = None
    stall: int | None = None
    flip: int | None = None
    length: str | None = None
    span: str | None = None
    extra: bytes = b""
    tag: str = '"one"'
    whole: bool = False
    trickle: float = 0.0
    late: float = 0.0
    chunked: bool = False
    raw: bytes = b""
    endless: bytes = b""
    headers: Sequence[str] = ()


@dataclass
class Asked:
    """One request as it came in."""

    host: str
    path: str
    headers: dict[str, str]


@dataclass
class Host:
    """What is hosted, how each request is answered in turn (then well), and what was asked."""

    files: dict[str, bytes] = field(default_factory=dict)
    plays: list[Play] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    connected: list[str] = field(default_factory=list)
    signs: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    proxy: str = ""
    authority: Path = Path()

    @property
    def ranges(self) -> list[str]:
        return [one.headers.get("range", "") for one in self.asked]

    def answer(self, asked: Asked) -> Iterator[bytes | None]:
        """The raw bytes of the answer; None is a stall."""
        play = self.plays.pop(0) if self.plays else Play()
        data = self.files.get(asked.path)
        if play.raw:
            yield play.raw
            while play.endless and not self.over.wait(0.01):
                yield play.endless
            return
        if play.status != 200 or data is None:
            yield _head(404 if data is None and play.status == 200 else play.status, play, 0)
            return
        if play.flip is not None:
            data = data[: play.flip] + bytes([data[play.flip] ^ 1]) + data[play.flip + 1 :]
        start = self._start(asked, play)
        body = data[start:] + play.extra
        spans = [f"Content-Range: bytes {start}-{len(data) - 1}/{len(data)}"] if start else []
        if play.span is not None:
            spans = [f"Content-Range: {play.span}"]
        status = 206 if spans else 200
        if play.chunked:
            body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
            spans = [*spans, "Transfer-Encoding: chunked"]
        head = _head(status, play, len(body), spans)
        for letter in head if play.late else ():
            yield bytes([letter])
            self.over.wait(play.late)
        yield b"" if play.late else head
        if play.trickle:
            for place in range(len(body)):
                yield body[place : place + 1]
                self.over.wait(play.trickle)
        body = body[: play.cut]
        yield body[: play.stall]
        if play.stall is not None:
            yield None

    def _start(self, asked: Asked, play: Play) -> int:
        found = re.fullmatch(r"bytes=(\d+)-", asked.headers.get("range", ""))
        same = asked.headers.get("if-range", play.tag) == play.tag
        return int(found[1]) if found and same and not play.whole else 0


def _head(status: int, play: Play, length: int, more: Sequence[str] = ()) -> bytes:
    lines = [f"HTTP/1.1 {status} whatever", *more, *play.headers, "Connection: close"]
    lines += [f"Location: {play.location}"] if play.location else []
    lines += [f"ETag: {play.tag}"] if play.tag else []
    said = str(length) if play.length is None else play.length
    lines += [f"Content-Length: {said}"] if said else []
    return "\r\n".join([*lines, "", ""]).encode()


@contextmanager
def hosted(folder: Path, names: Sequence[str] = (HOST, ELSEWHERE)) -> Iterator[Host]:
    """A host that goes by these names, and its proxy; both end with the context."""
    folder.mkdir(parents=True, exist_ok=True)
    host = Host()
    context = _certified(folder, names)
    host.authority = folder / "authority.pem"

    class Serving(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with suppress(OSError), context.wrap_socket(self.request, server_side=True) as line:
                asked = _read_request(line)
                host.asked.append(asked)
                for piece in host.answer(asked):
                    if piece is None:
                        host.over.wait(30)
                    else:
                        line.sendall(piece)

    with _listening(Serving) as port:

        class Leading(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                head = _until_blank(self.request)
                host.connected.append(head.split()[1].decode().rsplit(":", 1)[0])
                found = re.search(rb"Proxy-Authorization: (.*)\r\n", head)
                host.signs.append(found[1].decode() if found else "")
                with suppress(OSError), socket.create_connection(("127.0.0.1", port)) as far:
                    self.request.sendall(b"HTTP/1.1 200 ok\r\n\r\n")
                    _joined(self.request, far)

        with _listening(Leading) as proxy_port:
            host.proxy = f"http://127.0.0.1:{proxy_port}"
            try:
                yield host
            finally:
                host.over.set()


@contextmanager
def _listening(handler: type[socketserver.BaseRequestHandler]) -> Iterator[int]:
    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = False

        def handle_error(self, request: object, client_address: object) -> None:
            """A peer that leaves is what many tests are about."""

    with Server(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


def _until_blank(line: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data and (chunk := line.recv(4_096)):
        data += chunk
    return data


def _read_request(line: socket.socket) -> Asked:
    first, *rest = _until_blank(line).decode().split("\r\n")
    headers = dict(text.split(": ", 1) for text in rest if ": " in text)
    headers = {name.lower(): value for name, value in headers.items()}
    return Asked(headers.get("host", ""), first.split()[1], headers)


def _joined(one: socket.socket, other: socket.socket) -> None:
    def carry(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                target.sendall(data)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    back = threading.Thread(target=carry, args=(other, one))
    back.start()
    carry(one, other)
    back.join()


def _certified(folder: Path, names: Sequence[str]) -> ssl.SSLContext:
    """A context with a certificate for the names, signed by an authority made for this test."""
    authority, signer = _certificate("test authority", (), None, None)
    (folder / "authority.pem").write_bytes(authority.public_bytes(Encoding.PEM))
    certificate, key = _certificate(names[0], names, authority, signer)
    chain = folder / "host.pem"
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    chain.write_bytes(certificate.public_bytes(Encoding.PEM) + secret)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    return context


def _certificate(
    name: str,
    names: Sequence[str],
    issuer: x509.Certificate | None,
    signer: ec.EllipticCurvePrivateKey | None,
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    is_authority = issuer is None
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if issuer is None else issuer.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(is_authority, None), critical=True)
    )
    if names:
        told = x509.SubjectAlternativeName([x509.DNSName(one) for one in names])
        built = built.add_extension(told, critical=False)
    return built.sign(signer or key, hashes.SHA256()), key


def surroundings(host: Host) -> dict[str, str]:
    """The variables by which a person behind this proxy would tell of it."""
    cleared = [name for name in os.environ if name.lower().endswith("_proxy")]
    return dict.fromkeys(cleared, "") | {
        "HTTPS_PROXY": host.proxy,
        "SSL_CERT_FILE": str(host.authority),
    }
