"""A front end and a back end in this process, asked as ASGI: what handlers do is seen by who
measures coverage, and nothing is listened on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx

from safelight.engine.engine import Engine
from safelight.server.endpoint import Scope
from safelight.server.front.app import App
from safelight.server.front.building import house_of
from safelight.server.house import House
from safelight.server.identity.door import Door
from safelight.server.identity.hosts import Hosts
from safelight.server.identity.register import Register
from safelight.server.options import ServeOptions
from safelight.server.work import Back
from safelight.settings import load
from tests.server.near import near_back

HOST = "http://localhost"


@contextmanager
def engine_in(folder: Path) -> Iterator[Engine]:
    """The engine of a server whose state and models are in this folder alone."""
    settings = load({}, {"HOME": str(folder)}, folder)
    own = replace(settings, state_dir=folder / "state", data_dir=folder / "data")
    with Engine(own, jobs=1, door="server") as engine:
        yield engine


@dataclass
class Standing:
    """Ask it for one answer at a time; scopes are those of the token that is shown."""

    app: App
    register: Register
    _tokens: dict[tuple[Scope, ...], str] = field(default_factory=dict)

    def _token(self, scopes: tuple[Scope, ...]) -> str:
        """Made once: a register is a file, written anew with each."""
        if scopes not in self._tokens:
            fresh = self.register.add("token", "test", scopes, for_s=600)
            self._tokens[scopes] = fresh.secret
        return self._tokens[scopes]

    @property
    def house(self) -> House:
        return self.app.house

    def ask(
        self,
        method: str,
        path: str,
        *,
        scopes: tuple[Scope, ...] | None = ("admin",),
        client: str = "127.0.0.1",
        **more: Any,
    ) -> httpx.Response:
        """scopes None: nobody asks."""
        headers = dict(more.pop("headers", {}))
        if scopes is not None:
            headers["Authorization"] = f"Bearer {self._token(scopes)}"

        async def asked() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, client=(client, 1))
            async with httpx.AsyncClient(transport=transport, base_url=HOST) as asker:
                return await asker.request(method, path, headers=headers, **more)

        return asyncio.run(asked())

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.ask("GET", path, **more)

    def post(self, path: str, **more: Any) -> httpx.Response:
        return self.ask("POST", path, **more)


def standing_before(
    back: Back, engine: Engine, folder: Path, options: ServeOptions | None = None
) -> Standing:
    """A front end before this back end."""
    register = Register(folder / "identity")
    door = Door(register, Hosts())
    house = house_of(engine.settings, options or ServeOptions(), door, back)
    return Standing(App(house), register)


@contextmanager
def standing(
    engine: Engine, folder: Path, options: ServeOptions | None = None
) -> Iterator[Standing]:
    """A front end before a back end that has this engine."""
    with near_back(engine, options) as back:
        yield standing_before(back, engine, folder, options)
