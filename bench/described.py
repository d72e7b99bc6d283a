"""Ask a server what its own description allows, and what it does not allow: no answer may be a
fault of the server, or one that the description does not tell.

    python -m bench.described --examples 200

Requests come from schemathesis. They go over the socket in the server's folder.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi import media_types
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from bench.serving import client, serving
from safelight.errors import ModelMissing
from safelight.server.description.problem import MEDIA_TYPE
from tests.codecs.making import in_format, picture

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
EVENTS = "text/event-stream"
SEED = 7


@dataclass
class Found:
    """How many requests there were, how they were answered, and what was wrong with answers."""

    asked: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    unasked: list[str] = field(default_factory=list)


def ask_all(
    asks: httpx.Client,
    *,
    examples: int,
    seconds: float = float("inf"),
    only: Callable[[str], bool] = lambda _path: True,
    told: dict[str, Any] | None = None,
) -> Found:
    """Ask every endpoint with so many requests that the description allows, and as many that it
    does not. seconds: begin nothing later than that; what was left out is told. told: what is taken
    for the description in place of the server's own.
    """
    found, ends = Found(), time.monotonic() + seconds
    _teach_pictures()
    for operation in _operations(told or asks.get("/api/v1/openapi.json").json()):
        if not only(operation.path):
            continue
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            if time.monotonic() > ends:
                found.unasked.append(f"{operation.label} {mode.value}")
            else:
                _ask(asks, operation, mode, examples=examples, found=found)
    return found


def _operations(told: dict[str, Any]) -> Iterator[Any]:
    for one in schemathesis.openapi.from_dict(told).get_all_operations():
        match one:
            case Ok():
                yield one.ok()
            case _:
                raise one.err()


def _teach_pictures() -> None:
    """What stands for the bytes of a picture: one that is whole, one that is cut off, and none."""
    whole = in_format(picture(12, 9), "png")
    some = st.sampled_from([whole, whole, whole, whole[:40], b"", bytes(64)])
    for kind in ("image/*", "application/octet-stream"):
        media_types.register_media_type(kind, some)


def _ask(
    asks: httpx.Client, operation: Any, mode: GenerationMode, *, examples: int, found: Found
) -> None:
    @seed(SEED)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def asked(case: Any) -> None:
        try:
            response = _send(asks, case)
        except (httpx.InvalidURL, httpx.LocalProtocolError):
            return  # no client can put it on the line
        _judge(case, response, found)

    try:
        asked()
    except Exception as error:  # noqa: BLE001 - what cannot be made is told, not hidden
        if _cannot_be_wrong(error):
            return
        found.faults.append(f"{operation.label}: {type(error).__name__}: {error}"[:2_000])


def _cannot_be_wrong(error: Exception) -> bool:
    """Whether there is no request to this endpoint that the description forbids."""
    return "Unsatisfiable" in type(error).__name__


def _send(asks: httpx.Client, case: Any) -> httpx.Response:
    given = case.as_transport_kwargs(base_url="http://localhost")
    known = {"method", "url", "headers", "files", "data", "params", "auth", "cookies", "json"}
    made = requests.Request(**{k: v for k, v in given.items() if k in known}).prepare()
    # Who asks is not what is tried here.
    known_as = {name: _text(text) for name, text in made.headers.items()}
    said = {name: text for name, text in known_as.items() if name.lower() != "authorization"}
    headers = {**asks.headers, **said}
    body = made.body.encode() if isinstance(made.body, str) else made.body
    content = body if isinstance(body, bytes) else b""
    request = httpx.Request(made.method or "GET", made.url or "", headers=headers, content=content)
    response = asks.send(request, stream=True)
    try:
        if not response.headers.get("content-type", "").startswith(EVENTS):
            response.read()
        else:
            response._content = b""  # a stream that does not end: its head is what is judged
        return response
    finally:
        response.close()


def _text(word: str | bytes) -> str:
    return word.decode("latin-1") if isinstance(word, bytes) else word


def _judge(case: Any, response: httpx.Response, found: Found) -> None:
    found.asked += 1
    found.statuses[response.status_code] += 1
    is_stream = response.headers.get("content-type", "").startswith(EVENTS)
    checks = [one for one in CHECKS if not (is_stream and one is response_schema_conformance)]
    if _is_told_absence(response):
        checks.remove(not_a_server_error)
    try:
        case.validate_response(response, checks=checks)
    except FailureGroup as group:
        for fault in group.exceptions:
            words = " ".join(f"{fault}".split())
            sent = f"{response.url.query!r} {response.request.content[:300]!r}"
            found.faults.append(
                f"{case.method} {case.path}: {response.status_code} {words[:500]}; {sent}"
            )


def _is_told_absence(response: httpx.Response) -> bool:
    """Whether the answer says that a model is not here, with the command that brings it: no fault
    of the server, for all that its status is one of those.
    """
    is_problem = response.headers.get("content-type") == MEDIA_TYPE
    return is_problem and bool(response.json()["code"] == ModelMissing.code)


def main(words: Iterable[str]) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--examples", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=float("inf"))
    parser.add_argument("--only", default="", help="paths that have this in them")
    asked = parser.parse_args(list(words))
    with (
        tempfile.TemporaryDirectory(prefix="described-") as name,
        serving(Path(name)) as served,
        client(served) as asks,
    ):
        found = ask_all(
            asks,
            examples=asked.examples,
            seconds=asked.seconds,
            only=lambda path: asked.only in path,
        )
    print(f"{found.asked} requests; answers by status: {dict(sorted(found.statuses.items()))}")
    for words_of in (*found.unasked, *found.faults):
        print(words_of)
    print(f"{len(found.faults)} faults, {len(found.unasked)} left out")
    return 1 if found.faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
