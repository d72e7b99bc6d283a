"""A server that speaks TLS over a socket file, and OpenSSL's own client that asks it."""

from __future__ import annotations

import os
import socket
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
LIMIT_S = 60
MODULE = "tests.server.openssl"


@dataclass(frozen=True)
class Spoken:
    """What came of one handshake."""

    is_connected: bool
    suite: str
    said: str


def ask(place: Path, *words: str) -> Spoken:
    """One handshake at security level 0, so that it is not the client that refuses."""
    command = ["openssl", "s_client", "-unix", str(place), "-cipher", "ALL:@SECLEVEL=0", *words]
    ran = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        timeout=LIMIT_S, env={"PATH": os.environ["PATH"], "OPENSSL_CONF": "/dev/null"},
    )  # fmt: skip
    agreed = [line for line in ran.stdout.splitlines() if line.startswith("New, ")]
    suite = agreed[-1].rpartition("Cipher is ")[2] if agreed else ""
    return Spoken(suite not in ("", "(NONE)"), suite, ran.stdout + ran.stderr)


@contextmanager
def speaking(
    pem: bytes, *, kind: str, environment: Mapping[str, str] | None = None
) -> Iterator[Path]:
    """A process that answers handshakes: `ours` with our context, `control` with one that takes
    whatever OpenSSL still knows. Gives the path of its socket.
    """
    with tempfile.TemporaryDirectory(prefix="tls-") as name:
        leaf, place = Path(name) / "leaf.pem", Path(name) / "s"
        leaf.write_bytes(pem)
        process = subprocess.Popen(
            [sys.executable, "-m", MODULE, kind, str(leaf), str(place)], cwd=ROOT,
            env={"PATH": os.environ["PATH"], **(environment or {})}, stdout=subprocess.PIPE,
        )  # fmt: skip
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            yield place
        finally:
            process.kill()
            process.communicate()


def _context(kind: str, leaf: Path) -> ssl.SSLContext:
    if kind == "control":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.load_cert_chain(leaf)
        return context
    from safelight.server.tls.context import server_context

    with leaf.open("rb") as file:
        return server_context(file.fileno())


def _serve(kind: str, leaf: Path, place: Path) -> None:
    context = _context(kind, leaf)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(place))
        listener.listen()
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while True:
            connection, _ = listener.accept()
            try:
                context.wrap_socket(connection, server_side=True).close()
            except OSError:  # what was asked is not spoken here
                connection.close()


if __name__ == "__main__":
    _serve(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
