"""Clients of a server under load: what each asks for, in which manner, and what came back."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import random
import subprocess
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bench.command import photograph
from bench.loading import Answer, Caller, Refused
from bench.serving import COMMAND
from safelight.proof.serving.served import Served

API = "/api/v1"
# Of a hundred requests so many are made in each manner; the rest ask and wait.
LATER, UPLOADED, SLOWLY, HALF = 15, 5, 5, 2
SLOW_BYTES_PER_S = 150_000
POLL_S, MOST_POLLS = 0.5, 400
MOST_PATIENCE_S = 5.0


@dataclass(frozen=True)
class Work:
    """What is asked for, the words of the command line for it, and the digest of its result."""

    name: str
    path: str
    words: tuple[str, ...]
    picture: bytes
    sha256: str = ""


def works() -> list[Work]:
    """Small, usual and large pictures, work that copies, decodes, and runs a model."""
    small = photograph(640, 480, 85, seed=1)
    usual = photograph(2000, 1500, 88, seed=2)
    large = photograph(4000, 3000, 88, seed=3)
    return [
        Work("scrub 3 MP", "scrub", (), usual),
        Work("scrub 12 MP", "scrub", (), large),
        Work("resize 0.3 MP", "resize?width=320", ("--width", "320"), small),
        Work("resize 3 MP", "resize?width=1000", ("--width", "1000"), usual),
        Work("resize 12 MP", "resize?width=2000", ("--width", "2000"), large),
        Work("convert 3 MP", "convert?to=webp", ("--to", "webp"), usual),
        Work("crop 12 MP", "crop?width=500&height=400", ("--width", "500", "--height", "400"),
             large),
        Work("upscale 0.08 MP", "upscale?scale=2", ("-x", "2"), photograph(320, 240, 85, seed=4)),
    ]  # fmt: skip


def expected(work: Work, folder: Path) -> Work:
    """With the digest of what the command line makes of it."""
    source, made = folder / "in.jpg", folder / "made"
    source.write_bytes(work.picture)
    verb = work.path.partition("?")[0]
    with made.open("wb") as sink:
        subprocess.run(
            [*COMMAND, verb, str(source), *work.words, "-o", "-"],
            check=True, stdout=sink, stderr=subprocess.DEVNULL,
            env={**os.environ, "SAFELIGHT_STATE_DIR": str(folder / "state")},
        )  # fmt: skip
    digest = hashlib.sha256(made.read_bytes()).hexdigest()
    return Work(work.name, work.path, work.words, work.picture, digest)


@dataclass
class Seen:
    """What came back to all clients together."""

    right: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    broken: Counter[str] = field(default_factory=Counter)
    waited: int = 0
    killed: int = 0
    hung_up_after_s: list[float] = field(default_factory=list)
    held_bytes: list[int] = field(default_factory=list)
    idle_bytes: list[int] = field(default_factory=list)

    def take(self, work: Work, answer: Answer) -> None:
        """A result that came."""
        if answer.status == 200 and answer.sha256 == work.sha256:
            self.right[work.name] += 1
        elif answer.status == 200:
            self.wrong.append(f"{work.name}: another result")
        else:
            self.broken[f"{work.name}: {answer.status} {_code(answer)}"] += 1


def _code(answer: Answer) -> str:
    head, _, rest = answer.body.partition(b'"code":')
    return rest.split(b'"')[1].decode() if head and rest.count(b'"') > 1 else ""


def _facts(answer: Answer) -> Any:
    return json.loads(answer.body)


class Client:
    """Asks for one thing after the other until it is told to stop."""

    def __init__(self, caller: Caller, chosen: list[Work], seen: Seen, draw: random.Random) -> None:
        self._caller, self._works, self._seen, self._draw = caller, chosen, seen, draw

    async def run(self, until: float) -> None:
        while time.monotonic() < until:
            work, number = self._draw.choice(self._works), self._draw.randrange(100)
            try:
                if number < HALF:
                    await self._half(work, until)
                elif number < HALF + SLOWLY:
                    await self._asked(work, most_bytes_per_s=SLOW_BYTES_PER_S)
                elif number < HALF + SLOWLY + LATER:
                    await self._later(work)
                elif number < HALF + SLOWLY + LATER + UPLOADED:
                    await self._uploaded(work)
                else:
                    await self._asked(work)
            except Refused as error:
                self._seen.broken[f"connection: {error}"] += 1
        self._caller.close()

    async def _asked(self, work: Work, *, most_bytes_per_s: float | None = None) -> None:
        kinds = {"Content-Type": "image/jpeg", "Accept": "image/*", "Prefer": "wait=600"}
        answer = await self._caller.ask(
            "POST", f"{API}/{work.path}", work.picture, kinds, most_bytes_per_s=most_bytes_per_s
        )
        if not await self._must_wait(answer):
            self._seen.take(work, answer)

    async def _must_wait(self, answer: Answer) -> bool:
        """Whether the queue was full; then after a while."""
        if answer.status != 429:
            return False
        self._seen.waited += 1
        told_s = float(answer.headers.get("retry-after", 1))
        await asyncio.sleep(min(told_s, MOST_PATIENCE_S) * self._draw.uniform(0.5, 1.5))
        return True

    async def _later(self, work: Work) -> None:
        kinds = {"Content-Type": "image/jpeg", "Prefer": "respond-async"}
        begun = await self._caller.ask("POST", f"{API}/{work.path}", work.picture, kinds)
        await self._awaited(work, begun)

    async def _uploaded(self, work: Work) -> None:
        kinds = {"Content-Type": "image/jpeg"}
        sent = await self._caller.ask("POST", f"{API}/uploads", work.picture, kinds)
        if sent.status not in (200, 201):
            await self._must_wait(sent)
            return
        verb, _, query = work.path.partition("?")
        step: dict[str, object] = {"op": verb}
        for pair in filter(None, query.split("&")):
            parameter, _, value = pair.partition("=")
            step[parameter] = int(value) if value.isdigit() else value
        name = _facts(sent)["id"]
        order = {"steps": [step], "inputs": [name]}
        begun = await self._caller.ask(
            "POST", f"{API}/jobs", json.dumps(order).encode(), {"Content-Type": "application/json"}
        )
        await self._awaited(work, begun)
        await self._caller.ask("DELETE", f"{API}/uploads/{name}")

    async def _awaited(self, work: Work, begun: Answer) -> None:
        """What was acknowledged must come to its end, and its result be there."""
        if begun.status != 202:
            if not await self._must_wait(begun):
                self._seen.take(work, begun)
            return
        path = begun.headers["location"]
        for _ in range(MOST_POLLS):
            told = await self._caller.ask("GET", f"{path}/items")
            if told.status != 200:
                self._seen.lost.append(f"{work.name}: {told.status} {_code(told)}")
                return
            (item,) = _facts(told)["items"]
            if item["state"] not in ("queued", "running"):
                break
            await asyncio.sleep(POLL_S)
        if item["state"] != "done":
            problem = item.get("problem", {}).get("code", item["state"])
            self._seen.lost.append(f"{work.name}: {problem}")
            return
        self._seen.take(work, await self._caller.ask("GET", item["asset"]))

    async def _half(self, work: Work, until: float) -> None:
        waiting = self._caller.half_ask(f"{API}/{work.path}")
        try:
            left_s = max(0.1, until - time.monotonic())
            self._seen.hung_up_after_s.append(await asyncio.wait_for(waiting, left_s))
        except TimeoutError:
            self._caller.close()


@dataclass(frozen=True)
class Size:
    """How many clients, how long each part lasts, how often something short is repeated."""

    clients: int = 200
    warm_s: float = 60
    load_s: float = 300
    saturation_s: float = 40
    steady_s: float = 120
    rounds: int = 12
    at_once: int = 8


QUICK = Size(clients=40, warm_s=15, load_s=30, saturation_s=8, steady_s=15, rounds=5)


def caller(served: Served) -> Caller:
    """One of the clients."""
    place = urlsplit(served.ready.url)
    return Caller(place.hostname or "localhost", place.port or 80, served.token)
