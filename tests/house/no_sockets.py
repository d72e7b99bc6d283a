"""No test opens an internet socket: an audit hook refuses it, and swallowing that does not help.

A test that needs one says why: `@pytest.mark.opens_sockets("the control reaches its listener")`.
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from typing import Any

import pytest

INTERNET = (socket.AF_INET, socket.AF_INET6)


class SocketOpened(Exception):
    """A test tried to reach a network."""


class Guard:
    """Refuses while is_closed; remembers what it refused."""

    def __init__(self) -> None:
        self.is_closed = False
        self.refused: list[str] = []
        sys.addaudithook(self)

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self.is_closed:
            return
        if event == "socket.getaddrinfo" or (
            event == "socket.__new__" and arguments[1] in INTERNET
        ):
            self.refused.append(event)
            raise SocketOpened(event)


GUARD = Guard()


@pytest.fixture(autouse=True)
def no_sockets(request: pytest.FixtureRequest) -> Iterator[None]:
    """Close the internet to this test, unless its marker gives a reason."""
    marker = request.node.get_closest_marker("opens_sockets")
    if marker is not None and not (marker.args and isinstance(marker.args[0], str)):
        pytest.fail("opens_sockets needs a reason")
    GUARD.refused.clear()
    GUARD.is_closed = marker is None
    yield
    GUARD.is_closed = False
    if GUARD.refused:
        pytest.fail(f"this test tried to reach a network: {', '.join(GUARD.refused)}")
