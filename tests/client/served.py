"""A server in this process, over a real socket in the file system: the front end's application,
and behind it the back end's loop, each in a thread.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from safelight.engine.engine import Engine
from safelight.server.front.app import App
from safelight.server.front.building import house_of
from safelight.server.house import House
from safelight.server.identity.door import Door
from safelight.server.identity.preparing import prepare
from safelight.server.options import ServeOptions
from safelight.server.tls.context import server_context
from safelight.server.tls.credentials import Credentials
from safelight.settings import Settings
from tests.server.near import near_back

PATIENCE_S = 120


@dataclass(frozen=True)
class Near:
    """Where it listens, the token of this machine, and what it consists of. port is on loopback, 0
    for none; fingerprint is that of its authority, where it speaks TLS.
    """

    socket: Path
    token: str
    house: House
    port: int = 0
    fingerprint: str = ""

    @property
    def url(self) -> str:
        return f"unix:{self.socket}"


@contextmanager
def served(
    engine: Engine,
    options: ServeOptions,
    folder: Path,
    *,
    has_port: bool = False,
    credentials: Credentials | None = None,
) -> Iterator[Near]:
    """folder is for the socket; the state is the engine's. With credentials it speaks TLS."""
    settings = engine.settings
    proof = (credentials.authority, credentials.fingerprint) if credentials else ("", "")
    door = Door.of(options, prepare(settings.state_dir, authority=proof[0], fingerprint=proof[1]))
    with near_back(engine, options) as back:
        house = house_of(settings, options, door, back)
        listeners = [_listening(socket.AF_UNIX, str(folder / "socket"))]
        if has_port:
            listeners.append(_listening(socket.AF_INET, ("127.0.0.1", 0)))
        port = int(listeners[-1].getsockname()[1]) if has_port else 0
        near = Near(folder / "socket", _token(settings), house, port, proof[1])
        config = uvicorn.Config(App(house), log_config=None, lifespan="off", access_log=False)
        config.load()
        if credentials is not None:
            config.ssl = server_context(credentials.leaf_fd)
        server = uvicorn.Server(config)
        thread = threading.Thread(
            target=lambda: asyncio.run(server.serve(sockets=listeners)), daemon=True
        )
        thread.start()
        try:
            while not server.started:
                thread.join(0.01)
            yield near
        finally:
            server.should_exit = True
            thread.join(PATIENCE_S)


def _listening(family: int, place: object) -> socket.socket:
    listener = socket.socket(family)
    listener.bind(place)  # type: ignore[arg-type]  # of the family, a path or a pair
    listener.listen()
    return listener


def _token(settings: Settings) -> str:
    return (settings.state_dir / "server" / "token").read_text().strip()
