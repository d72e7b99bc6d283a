"""A watched side whose kernel does not let a filter ask."""

from __future__ import annotations

import errno
import socket


def main(words: list[str]) -> None:
    """Say so, and leave."""
    socket.socket(fileno=int(words[0])).send(str(errno.EPERM).encode())
