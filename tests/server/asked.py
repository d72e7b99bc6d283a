"""The front end's application, asked without a socket, before a back end that acts."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import httpx
from starlette.requests import Request

from safelight.server.endpoint import Scope, Who
from safelight.server.front.app import App
from safelight.server.house import House
from safelight.server.identity.door import Door
from safelight.settings import Settings
from tests.server.acting import Scene, who

STEPS = [{"op": "resize", "width": 24}]


class Named:
    """A door that believes what a header says; who knows whom is tried where the door is."""

    def check_host(self, request: Request) -> None: ...

    def check_origin(self, request: Request, *, takes_shares: bool = False) -> None: ...

    async def who(self, request: Request) -> Who:
        return who(request.headers.get("x-name", "anna"))

    def require(self, who: Who, scope: Scope | None) -> None: ...


class Asked:
    """Calls, by anna unless somebody else is named."""

    def __init__(self, scene: Scene, house: House, client: httpx.AsyncClient) -> None:
        self.scene, self.house, self.client = scene, house, client

    async def call(
        self, method: str, path: str, *, by: str = "anna", **more: Any
    ) -> httpx.Response:
        headers = {"X-Name": by, **more.pop("headers", {})}
        return await self.client.request(method, f"/api/v1{path}", headers=headers, **more)

    async def upload(self, text: str = "plain", *, by: str = "anna") -> str:
        sent = await self.call("POST", "/uploads", by=by, content=text.encode())
        assert sent.status_code == 201, sent.text
        return str(sent.json()["id"])

    async def job(self, *texts: str, by: str = "anna", **more: Any) -> dict[str, Any]:
        """A job of these pictures, as it was answered."""
        inputs = [await self.upload(text, by=by) for text in texts or ("plain",)]
        wish = {"inputs": inputs, "steps": STEPS, **more}
        taken = await self.call("POST", "/jobs", by=by, json=wish)
        assert taken.status_code == 202, taken.text
        return cast(dict[str, Any], taken.json())

    async def end(self, job: dict[str, Any]) -> None:
        assert await self.scene.desk.records.get("anna", job["id"]).wait(60)


@asynccontextmanager
async def asked(**options: Any) -> AsyncIterator[Asked]:
    async with Scene(**options) as scene:
        house = House(
            options=scene.options,
            back=scene.back,
            memory=scene.memory,
            desk=scene.desk,
            uploads=scene.uploads,
            results=scene.results,
            door=cast(Door, Named()),
            epoch=scene.results.epoch,
            settings=Settings(),
        )
        transport = httpx.ASGITransport(App(house), raise_app_exceptions=True)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            yield Asked(scene, house, client)


def told(stream: bytes) -> list[tuple[str, str, dict[str, Any]]]:
    """The events of a stream: id, type and document of each."""
    found = []
    for block in stream.decode().split("\n\n"):
        lines = dict(line.partition(": ")[::2] for line in block.splitlines())
        if "data" in lines:
            found.append((lines["id"], lines["event"], json.loads(lines["data"])))
    return found
