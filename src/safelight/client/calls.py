"""Calls: every request that is one alone."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel

from safelight.audit.canonical import canonical
from safelight.client.call import API, JSON, Call, Part, Reply, Sink, Source
from safelight.client.documents import Items, Job, Jobs, Upload, checked
from safelight.errors import ParameterInvalid, WireBroken
from safelight.recipe import Recipe

Model = TypeVar("Model", bound=BaseModel)
NAME = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")


def named(name: str) -> str:
    """A name as it may stand in a path. Raises ParameterInvalid."""
    if not name or not set(name) <= NAME or set(name) <= {"."}:
        raise ParameterInvalid(f"{name!r} is no name that a server gives")
    return name


def asked(model: type[Model], path: str, **params: str) -> Call[Model]:
    """What a GET of this path gives."""
    return Call(
        "GET", API + path, lambda reply: checked(model, reply.json()), params=params, is_safe=True
    )


def plain(path: str, **params: str) -> Call[dict[str, Any]]:
    """The same, as it came."""
    return Call("GET", API + path, Reply.document, params=params, is_safe=True)


def nothing(_reply: Reply) -> None:
    return None


def job(name: str) -> Call[Job]:
    return asked(Job, f"/jobs/{named(name)}")


def jobs(state: str = "", cursor: str = "") -> Call[Jobs]:
    return asked(Jobs, "/jobs", **_given(state=state, cursor=cursor))


def items(name: str, state: str = "", cursor: str = "") -> Call[Items]:
    path = f"/jobs/{named(name)}/items"
    return asked(Items, path, **_given(state=state, cursor=cursor))


def submit(document: Mapping[str, Any]) -> Call[Job]:
    """A job, of uploads. Its key lets it be asked for once more without a second job."""
    return Call(
        "POST",
        f"{API}/jobs",
        lambda reply: checked(Job, reply.json()),
        headers={"Content-Type": JSON, "Idempotency-Key": secrets.token_hex(16)},
        body=canonical(dict(document)),
        is_safe=True,
    )


def job_document(
    inputs: Iterable[str], recipe: Recipe | str, pictures: Iterable[str] = ()
) -> dict[str, Any]:
    """What begins a job: ids of uploads, and a recipe or the name of one that the server has."""
    named_inputs = {"inputs": [named(name) for name in inputs]}
    if isinstance(recipe, str):
        return {**named_inputs, "recipe": named(recipe)}
    further = {"pictures": [named(name) for name in pictures]}
    return {**named_inputs, **further, "steps": recipe_document(recipe)["steps"]}


def recipe_document(recipe: Recipe) -> dict[str, Any]:
    """A recipe as a server takes it, every parameter resolved."""
    steps = [{"op": step.name, **step.model_dump(mode="json")} for step in recipe.steps]
    return {"name": recipe.name, "steps": steps}


def models(name: str = "") -> Call[dict[str, Any]]:
    return plain(f"/models/{named(name)}" if name else "/models")


def retry(name: str) -> Call[Job]:
    return Call("POST", f"{API}/jobs/{named(name)}/retry", lambda reply: checked(Job, reply.json()))


def drop_job(name: str) -> Call[None]:
    """Cancel it, and have its results overwritten."""
    return Call("DELETE", f"{API}/jobs/{named(name)}", nothing, is_safe=True)


def upload(source: Source) -> Call[Upload]:
    return Call("POST", f"{API}/uploads", lambda reply: checked(Upload, reply.json()), body=source)


def drop(kind: str, name: str) -> Call[None]:
    """An upload or a result is wanted no more: it is overwritten."""
    return Call("DELETE", f"{API}/{kind}/{named(name)}", nothing, is_safe=True)


def result(name: str, sink: Sink) -> Call[None]:
    return fetch(f"{API}/results/{named(name)}", sink)


def fetch(untrusted_path: str, sink: Sink) -> Call[None]:
    """The bytes behind a link that the server gave. Raises WireBroken for a link elsewhere."""
    prefix = f"{API}/results/"
    name = untrusted_path.removeprefix(prefix)
    if not untrusted_path.startswith(prefix) or not name or not set(name) <= NAME:
        raise WireBroken("the server's answer links to something that is no result")
    return Call("GET", untrusted_path, nothing, headers={"Accept": "*/*"}, sink=sink, is_safe=True)


def receipt(name: str) -> Call[bytes]:
    """The envelope as it stands in a file."""
    return Call(
        "GET",
        f"{API}/receipts/{named(name)}",
        lambda reply: canonical(reply.document()),
        is_safe=True,
    )


def verify(envelope: bytes, source: Source | None) -> Call[dict[str, Any]]:
    """What the server says of a receipt, and of the file that it is to speak of."""
    parts = [Part("receipt", envelope, JSON)]
    if source is not None:
        parts.append(Part("file", source))
    return Call("POST", f"{API}/receipts/verify", Reply.document, body=tuple(parts), is_safe=True)


def pairing(code: str, name: str) -> Call[dict[str, Any]]:
    """What a code is worth: a token, told once."""
    return Call(
        "POST",
        f"{API}/pairing",
        Reply.document,
        headers={"Content-Type": JSON},
        body=canonical({"code": code, **({"name": name} if name else {})}),
    )


def _given(**params: str) -> dict[str, str]:
    return {name: value for name, value in params.items() if value}
