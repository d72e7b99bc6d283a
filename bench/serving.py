"""A server of ours in folders of its own, for tests and measurements.

with serving(folder) as served, client(served) as asks:
    asks.post("/api/v1/resize?width=64", content=picture)
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

from safelight.proof.remanence.watched import Ground
from safelight.proof.serving.served import Served

COMMAND = (sys.executable, "-m", "safelight.cli")
TIMEOUT_S = 120


@contextmanager
def serving(
    folder: Path,
    *words: str,
    command: Sequence[str] = COMMAND,
    environment: Mapping[str, str] | None = None,
    through: Sequence[str] = (),
) -> Iterator[Served]:
    """`serve` with these words more, ready; everything that it writes is below the folder. It ends
    with the block. The folder's path must be short: a socket lies in it.
    """
    ground = Ground.made(folder)
    with Served(command, ground, *words, environment=environment, through=through) as served:
        yield served


def client(served: Served, *, token: str | None = None) -> httpx.Client:
    """Over the socket in its folder, so no internet socket is opened. token: whose instead of the
    one that a user of this machine finds; empty for none.
    """
    return httpx.Client(
        transport=httpx.HTTPTransport(uds=served.socket),
        base_url="http://localhost",
        headers=_known(served, token),
        timeout=TIMEOUT_S,
    )


def over_network(served: Served, *, token: str | None = None) -> httpx.Client:
    """The same over the loopback, as a browser comes. A test says so by opens_sockets."""
    return httpx.Client(base_url=served.ready.url, headers=_known(served, token), timeout=TIMEOUT_S)


def _known(served: Served, token: str | None) -> dict[str, str]:
    shown = served.token if token is None else token
    return {"Authorization": f"Bearer {shown}"} if shown else {}
