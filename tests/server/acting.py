"""A back end that acts: what it does with a picture stands in the picture's own bytes.

"slow 0.2" takes so long, "hold" until it is told to go on, "fail" is refused, "die" breaks its
worker, "break" raises what nobody expects; anything else comes back doubled.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from functools import wraps
from typing import Any

from safelight.errors import ContainerBroken, WorkerDied
from safelight.recipe import Recipe
from safelight.server.blob import Blob, Intake, Memory
from safelight.server.endpoint import Scope, Who
from safelight.server.front.jobs.desk import Desk
from safelight.server.front.jobs.holding import Source
from safelight.server.front.shelf import Shelf, new_epoch
from safelight.server.options import ServeOptions
from safelight.server.work import Order, Outcome, Progress

RECIPE = Recipe.from_steps([{"op": "resize", "width": 24}])
TOOLS: frozenset[Scope] = frozenset({"tools"})
PATIENCE_S = 120


Test = Callable[..., Coroutine[Any, Any, None]]


def looped(test: Test) -> Callable[..., None]:
    """Runs in an event loop of its own; what is waited for in vain fails."""

    @wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        asyncio.run(asyncio.wait_for(test(*args, **kwargs), PATIENCE_S))

    return run


def blob(data: bytes, memory: Memory | None = None) -> Blob:
    intake = Intake(1 << 24)
    intake.write(data)
    return intake.finish(memory.claim(len(data)) if memory else None)


def source(text: str = "plain", memory: Memory | None = None) -> Source:
    return Source(blob(text.encode(), memory))


def who(key: str = "anna", *scopes: Scope) -> Who:
    return Who(key, frozenset(scopes) or TOOLS, "token")


class Acting:
    """orders are those that came, in order; most is how many were worked on at a time; were_open
    tells of each that was cancelled whether its pictures were still there when its work ended.
    """

    def __init__(self) -> None:
        self.orders: list[Order] = []
        self.texts: list[str] = []
        self.most = self.now = 0
        self.cancelled = 0
        self.were_open: list[bool] = []
        self.go_on = asyncio.Event()

    async def work(self, order: Order, *, progress: Progress | None = None) -> Outcome:
        with order.source.view() as view:
            text = bytes(view).decode()
        self.orders.append(order)
        self.texts.append(text)
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            return await self._act(text, progress)
        except asyncio.CancelledError:
            await asyncio.sleep(0)  # a worker does not end at once
            self.cancelled += 1
            held = (order.source, *order.further.values())
            self.were_open.append(all(one.fd >= 0 for one in held))
            raise
        finally:
            self.now -= 1

    async def _act(self, text: str, progress: Progress | None) -> Outcome:
        if progress is not None:
            progress(0.5)
        match text.split():
            case ["slow", seconds]:
                await asyncio.sleep(float(seconds))
            case ["hold", *_]:
                await self.go_on.wait()
            case ["fail", *_]:
                raise ContainerBroken
            case ["die", *_]:
                raise WorkerDied
            case ["break", *_]:
                raise RuntimeError(text)
            case _:
                await asyncio.sleep(0)
        document = {"format": "png", "bytes": 2 * len(text), "lost": ["depth"] * ("lossy" in text)}
        return Outcome(document, blob(text.encode() * 2), "image/png", b"{}", "receipt-1")

    async def ask(
        self, kind: str, facts: Mapping[str, Any] | None = None, files: tuple[Blob, ...] = ()
    ) -> dict[str, Any]:
        return {}


class Scene:
    """A desk with its parts, for one event loop."""

    def __init__(self, *, held_bytes: int = 100_000, **options: Any) -> None:
        self.back, self.memory = Acting(), Memory(held_bytes)
        self.options = ServeOptions(**{"queue": 64, **options})
        self.results = Shelf(new_epoch(), self.options.keep_s)
        self.uploads = Shelf(self.results.epoch, self.options.keep_s)
        self.desk = Desk(self.back, self.memory, self.results, self.options)

    async def __aenter__(self) -> Scene:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.desk.close()
        self.results.clear()
        self.uploads.clear()
        assert self.memory.left_bytes == self.memory.most_bytes

    def source(self, text: str = "plain") -> Source:
        return source(text, self.memory)
