"""A house whose back end answers about identity alone, asked in this process."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import httpx

from safelight.engine.engine import Engine
from safelight.server.back.asking import Given
from safelight.server.back.asks.identity import answer
from safelight.server.blob import Blob
from safelight.server.front.app import App
from safelight.server.front.building import house_of
from safelight.server.front.routes import devices, pairing, session, tokens
from safelight.server.house import House
from safelight.server.identity.door import Door
from safelight.server.identity.preparing import LOCAL_FILE, prepare, register_of, server_folder
from safelight.server.identity.register import Register
from safelight.server.options import ServeOptions
from safelight.server.work import Order, Outcome, Progress
from safelight.settings import Settings

ENDPOINTS = (*session.endpoints, *pairing.endpoints, *tokens.endpoints, *devices.endpoints)


@dataclass
class Registrar:
    """Answers `identity` as the back end does, and nothing else."""

    settings: Settings
    options: ServeOptions

    async def work(self, order: Order, *, progress: Progress | None = None) -> Outcome:
        raise AssertionError("no picture is worked on here")

    async def ask(
        self, kind: str, facts: Mapping[str, Any] | None = None, files: tuple[Blob, ...] = ()
    ) -> dict[str, Any]:
        assert kind == "identity"
        assert not files
        engine = cast("Engine", SimpleNamespace(settings=self.settings))
        return answer(Given(engine, self.options, dict(facts or {})))


@dataclass
class Asked:
    """Who asks over http, and what stands behind it. local is the token of this user's programs."""

    http: httpx.AsyncClient
    house: House
    register: Register
    state_dir: Path
    local: str

    def as_local(self) -> dict[str, str]:
        return bearer(self.local)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@asynccontextmanager
async def asked(
    state_dir: Path, *, scheme: str = "http", options: ServeOptions | None = None, **told: Any
) -> AsyncIterator[Asked]:
    """told: what the supervisor tells the door besides."""
    options, settings = options or ServeOptions(), Settings(state_dir=state_dir)
    door = Door.of(options, prepare(state_dir, **told))
    house = house_of(settings, options, door, Registrar(settings, options))
    local = (server_folder(state_dir) / LOCAL_FILE).read_text().strip()
    transport = httpx.ASGITransport(App(house, ENDPOINTS), client=("192.168.7.7", 5))
    base = f"{scheme}://localhost:8443"
    async with httpx.AsyncClient(transport=transport, base_url=base) as http:
        yield Asked(http, house, register_of(state_dir), state_dir, local)
