"""Capabilities: what this server can do, for programs that adapt themselves."""

from __future__ import annotations

import inspect
from functools import cache
from typing import Any

from pydantic import BaseModel, Field
from starlette.responses import JSONResponse, Response

from safelight import __version__
from safelight.formats import FORMATS, TABLE
from safelight.operation import Operation
from safelight.recipe import operations
from safelight.server.description.schemas import inline
from safelight.server.endpoint import Call, Endpoint
from safelight.settings import Settings, rules


class OperationTold(BaseModel):
    """One operation: what it does, what it gives, and its parameters as a JSON Schema."""

    name: str
    version: int
    summary: str
    gives: str = Field(description="picture, findings, sights, vector or measures")
    touches_pixels: bool
    parameters: dict[str, Any]


class FormatTold(BaseModel):
    """One format: whether its pixels are read and written, and its metadata removed without
    decoding.
    """

    name: str
    title: str
    endings: list[str]
    reads: bool
    writes: bool
    scrubs: bool


class ModelTold(BaseModel):
    """A model that is here."""

    name: str
    task: str
    aliases: list[str]
    precision: str
    licence: str


class LimitsTold(BaseModel):
    """What one picture and the server may use: bytes, pixels, seconds, pictures that wait."""

    input_bytes: int
    input_pixels: int
    timeout_s: int
    waiting: int
    held_bytes: int
    result_s: int = Field(description="how long a result waits for its first download")


class CageTold(BaseModel):
    """What holds the processes that open pictures, as attacks on a fresh one have shown: level 0
    to 3, attacks tried and contained, and what no level covers.
    """

    level: int
    attempted: int
    contained: int
    not_covered: list[str]


class LockedTold(BaseModel):
    """A setting that the policy of this computer locks: nobody who asks can change it."""

    key: str
    value: str | None = Field(description="null where it may name a place of the machine")


class Capabilities(BaseModel):
    """What this server can do."""

    safelight: str
    cage: CageTold
    locks: list[str] = Field(
        description="the layers that hold the process that answers: sieve, landlock, network"
    )
    operations: list[OperationTold]
    recipes: list[str]
    recipes_only: bool
    formats: list[FormatTold]
    models: list[ModelTold]
    limits: LimitsTold
    locked: list[LockedTold]
    compat: list[str]


async def capabilities(call: Call) -> Response:
    options = call.house.options
    found = await call.house.back.ask("capabilities")
    told = Capabilities(
        safelight=__version__,
        cage=CageTold.model_validate(found["cage"]),
        locks=list(call.house.locks),
        operations=[] if options.recipes_only else _operations(),
        recipes=sorted(options.recipes),
        recipes_only=options.recipes_only,
        formats=_formats(),
        models=[ModelTold.model_validate(model) for model in found["models"]],
        limits=LimitsTold(
            input_bytes=options.max_bytes,
            input_pixels=options.max_pixels,
            timeout_s=options.timeout_s,
            waiting=options.queue,
            held_bytes=options.held_bytes,
            result_s=options.keep_s,
        ),
        locked=_locked(call.house.settings),
        compat=sorted(options.compat),
    )
    return JSONResponse(told.model_dump(mode="json"))


def gives(operation: type[Operation]) -> str:
    """What comes of it, in one word."""
    kinds = {
        "picture": operation.gives_image,
        "sights": operation.gives_sights,
        "vector": operation.gives_vector,
        "measures": operation.gives_measures,
    }
    return next((kind for kind, is_given in kinds.items() if is_given), "findings")


def _locked(settings: Settings) -> list[LockedTold]:
    """What a project may tighten is a rule for pictures; the rest may be a path of this machine."""
    return [
        LockedTold(key=key, value=settings.shown(key) if rule.is_tighter else None)
        for key, rule in rules().items()
        if key in settings.origins and settings.origins[key].is_locked
    ]


@cache
def _operations() -> list[OperationTold]:
    return [
        OperationTold(
            name=name,
            version=operation.version,
            summary=inspect.cleandoc(operation.__doc__ or "").splitlines()[0],
            gives=gives(operation),
            touches_pixels=operation.touches_pixels,
            parameters=inline(operation),
        )
        for name, operation in operations().items()
    ]


@cache
def _formats() -> list[FormatTold]:
    return [
        FormatTold(
            name=name,
            title=TABLE[name].title,
            endings=list(TABLE[name].endings),
            reads=TABLE[name].reads,
            writes=TABLE[name].writes,
            scrubs=TABLE[name].scrubs,
        )
        for name in FORMATS
    ]


endpoints = (
    Endpoint(
        "GET", "/capabilities", capabilities, "What this server can do",
        tag="server", answer=Capabilities,
    ),
)  # fmt: skip
