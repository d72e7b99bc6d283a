"""Health: whether the server is there, and whether it takes work."""

from __future__ import annotations

import asyncio
from typing import Literal

from pydantic import BaseModel
from starlette.responses import JSONResponse, Response

from safelight.errors import Unavailable, VaultLocked
from safelight.server.endpoint import Call, Endpoint
from safelight.server.house import House

# How long the back end may take to say that it is there.
PATIENCE_S = 5.0


class Live(BaseModel):
    """The front end answers."""

    status: Literal["live"] = "live"


class Ready(BaseModel):
    """The back end answers, too, and pictures are taken."""

    status: Literal["ready"] = "ready"


async def live(_call: Call) -> Response:
    return JSONResponse(Live().model_dump())


async def ready(call: Call) -> Response:
    if call.house.is_draining:
        raise Unavailable("the server is about to end", hint="ask another, or later")
    try:
        await asyncio.shield(_look(call.house))
    except TimeoutError as error:
        told = "the part of the server that works does not answer"
        hint = "one that has ended is made anew by itself: ask again; else restart the server"
        raise Unavailable(told, hint=hint) from error
    return JSONResponse(Ready().model_dump())


def _look(house: House) -> asyncio.Future[None]:
    """Anybody may ask, and a worker has to be there to answer: one look is for all who wait."""
    if house.looking is None or house.looking.done():
        house.looking = asyncio.ensure_future(_answers(house))
        house.looking.add_done_callback(_heard)
    return house.looking


async def _answers(house: House) -> None:
    await asyncio.wait_for(house.back.ask("ready", {"keys": True}), PATIENCE_S)


def _heard(look: asyncio.Future[None]) -> None:
    """Also where all who wanted to know have left."""
    if not look.cancelled():
        look.exception()


endpoints = (
    Endpoint(
        "GET", "/health/live", live, "Whether the server is there",
        scope=None, tag="server", answer=Live,
    ),
    Endpoint(
        "GET", "/health/ready", ready, "Whether it takes pictures now",
        scope=None, tag="server", answer=Ready, errors=(Unavailable, VaultLocked),
    ),
)  # fmt: skip
