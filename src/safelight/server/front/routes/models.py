"""Models: which are here, what they are, whether they are what was pinned; a bundle brings more."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from safelight.errors import (
    InputRefused,
    LimitExceeded,
    ModelMissing,
    ModelUnknown,
    NotAllowed,
    PolicyRefused,
    Unavailable,
    UsageError,
    VerificationFailed,
)
from safelight.server.endpoint import Call, Endpoint
from safelight.server.front.body.reading import Expected, read_body, read_json
from safelight.server.front.jobs.asking import checked

NAME_LETTERS = 200
HERE_ALONE = "the server opens no connection; on its machine: safelight models pull"


class Asking(BaseModel):
    """What is asked for in a query or a body."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ModelsAsked(Asking):
    available: bool = Field(False, description="those that could be pulled, too")
    task: str | None = Field(None, max_length=64, description="only those for this task")


class Model(BaseModel):
    """Every fact of a model, and how it stands here."""

    model_config = ConfigDict(extra="allow")

    name: str
    task: str
    sha256: str
    licence: str
    total_bytes: int
    state: str = Field(description="built-in, pulled, own, trial, available or excluded")


class Models(BaseModel):
    """Models in the order of their tasks, first those that are used where none is named."""

    models: list[Model]


class ModelShown(BaseModel):
    """One model; card is the page that goes along with it, if there is one."""

    model: Model
    card: str | None = None


class ToVerify(Asking):
    """Models to compare with their pins; none means all that are here."""

    names: list[str] = Field(default=[], max_length=100)


class Compared(BaseModel):
    """The file of one model."""

    name: str
    sha256: str
    state: Literal["ok", "altered", "unreadable"]


class Verified(BaseModel):
    """ok: every file is the one that was pinned."""

    ok: bool
    models: list[Compared]


class Import(Asking):
    key: str | None = Field(
        None, pattern="^[0-9a-fA-F]{64}$", description="trust what this key has signed"
    )
    accept_licence: str | None = Field(
        None, max_length=2_000, description="models whose terms you have read and accept"
    )


class Imported(BaseModel):
    """What of a bundle is in use now; tried: whether it has worked over a drawn picture."""

    class One(BaseModel):
        """A model that came."""

        name: str
        sha256: str
        tried: bool

    models: list[One]


class Pull(Asking):
    """What would be pulled."""

    names: list[str] = Field(default=[], max_length=100)


async def listed(call: Call) -> Response:
    asked = checked(ModelsAsked, dict(call.request.query_params))
    return JSONResponse(await call.house.back.ask("models", asked.model_dump()))


async def shown(call: Call) -> Response:
    name = call.request.path_params["name"]
    if len(name) > NAME_LETTERS:
        raise ModelUnknown
    return JSONResponse(await _asked(call, "model", {"name": name}))


async def _asked(call: Call, kind: str, facts: dict[str, Any]) -> dict[str, Any]:
    """Raises ModelUnknown for a name that is no model's here."""
    try:
        return await call.house.back.ask(kind, facts)
    except ModelMissing as error:
        raise ModelUnknown(error.message, hint=error.hint) from error


async def verify(call: Call) -> Response:
    asked = checked(ToVerify, await read_json(call.request))
    found = await _asked(call, "models_verify", {"names": asked.names})
    is_ok = all(one["state"] == "ok" for one in found["models"])
    return JSONResponse({"ok": is_ok, **found})


async def take_in(call: Call) -> Response:
    _require_local(call)
    asked = checked(Import, dict(call.request.query_params))
    facts: dict[str, Any] = {"key": asked.key or "", "accepted": _words(asked.accept_licence)}
    house, expected = call.house, Expected({"file": 1})
    with await read_body(call.request, house.memory, house.options.max_bytes, expected) as body:
        (bundle,) = body.blobs.get("file") or _no_bundle()
        return JSONResponse(await house.back.ask("models_import", facts, (bundle,)))


async def pull(call: Call) -> Response:
    asked = checked(Pull, await read_json(call.request))
    names = " ".join(name for name in asked.names if name.isprintable())
    raise PolicyRefused(HERE_ALONE, hint=f"safelight models pull {names}".rstrip()[:300])


def _require_local(call: Call) -> None:
    if not call.who.is_local:
        raise NotAllowed(
            "models are taken in from this machine alone", hint="safelight models import FILE"
        )


def _words(text: str | None) -> list[str]:
    return [word.strip() for word in (text or "").split(",") if word.strip()]


def _no_bundle() -> list[Any]:
    raise UsageError("the request carries no bundle", hint="safelight models export writes one")


endpoints = (
    Endpoint(
        "GET", "/models", listed, "The models that are here",
        tag="models", options=ModelsAsked, answer=Models,
    ),
    Endpoint(
        "GET", "/models/{name}", shown, "Every fact of one model",
        tag="models", answer=ModelShown, errors=(ModelUnknown, VerificationFailed),
    ),
    Endpoint(
        "POST", "/models/verify", verify, "Compare files of models with their pins",
        tag="models", body=ToVerify, answer=Verified, errors=(ModelUnknown,),
        examples={"all": {"names": []}},
    ),
    Endpoint(
        "POST", "/models/import", take_in, "Take models in from a bundle; from this machine alone",
        scope="models.admin", tag="models", options=Import, body="bytes", answer=Imported,
        errors=(InputRefused, LimitExceeded, ModelMissing, PolicyRefused, Unavailable),
    ),
    Endpoint(
        "POST", "/models/pull", pull, "Always refused: the server fetches nothing",
        scope="models.admin", tag="models", body=Pull, status=403, errors=(PolicyRefused,),
        examples={"one": {"names": ["u2netp"]}},
    ),
)  # fmt: skip
