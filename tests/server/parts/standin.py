"""A child of the supervisor that serves nobody, in place of the front end and the back end.

What it does besides is what its identity says; the other end is told nothing and just answers.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from contextlib import suppress

from safelight.errors import VaultLocked
from safelight.server import control
from safelight.server.control import Kind, Note
from safelight.server.logline import Line
from safelight.server.starting import begin

GREETING = b"hello"


def main(words: list[str]) -> None:
    start, line = begin(words)
    act = str(start.identity.get("act", ""))
    if act == "dies":
        sys.stderr.write("a word of its own\n")
        sys.exit(3)
    if act == "fails":
        control.send(line, Note(Kind.FAILED, VaultLocked.number))
        sys.exit(7)
    control.send(line, Note(Kind.READY, 5))
    if act == "babbles":
        line.send(b"no message that anybody knows")
    if act == "is deaf":
        time.sleep(600)
    peer: socket.socket | None = None
    while (heard := control.hear(line)) is not None:
        note, fd = heard
        if note.kind is Kind.PEER:
            peer = _met(fd, act, is_front=bool(start.identity))
        elif note.kind is Kind.LEAF:
            sys.stderr.write(f"{Line(1.0, os.fstat(fd).st_size, 201)}\n")
            os.close(fd)
        elif note.kind in (Kind.DRAIN, Kind.LEAVE):
            break
    if peer is not None:
        peer.close()


def _met(fd: int, act: str, *, is_front: bool) -> socket.socket:
    """The front end greets, the back end answers; then a line of the log tells of it."""
    peer = socket.socket(fileno=fd)
    if not is_front:
        with suppress(OSError):  # the other may have left
            peer.send(peer.recv(64))
        return peer
    peer.send(GREETING)
    if peer.recv(64) == GREETING:
        sys.stderr.write(f"secret.jpg\n{Line(12.34, 5, 200)}\n")
        sys.stderr.flush()
        if act == "asks to stop":
            os.kill(os.getppid(), signal.SIGTERM)
    return peer
