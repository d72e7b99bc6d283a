"""A server in this process, over a real socket in the file system: the front end's application,
and behind it the back end's loop, each in a thread.
"""

from __future__ import annotations

import asyncio
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
from safelight.settings import Settings
from tests.server.near import near_back

PATIENCE_S = 20


@dataclass(frozen=True)
class Near:
    """Where it listens, the token of this machine, and what it consists of."""

    socket: Path
    token: str
    house: House

    @property
    def url(self) -> str:
        return f"unix:{self.socket}"


@contextmanager
def served(engine: Engine, options: ServeOptions, folder: Path) -> Iterator[Near]:
    """folder is for the socket; the state is the engine's."""
    settings = engine.settings
    door = Door.of(options, prepare(settings.state_dir))
    with near_back(engine, options) as back:
        house = house_of(settings, options, door, back)
        near = Near(folder / "socket", _token(settings), house)
        config = uvicorn.Config(
            App(house), uds=str(near.socket), log_config=None, lifespan="off", access_log=False
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=lambda: asyncio.run(server.serve()), daemon=True)
        thread.start()
        try:
            while not server.started:
                thread.join(0.01)
            yield near
        finally:
            server.should_exit = True
            thread.join(PATIENCE_S)


def _token(settings: Settings) -> str:
    return (settings.state_dir / "server" / "token").read_text().strip()
