"""What the front end asks of the back end for one picture, and what it gets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from safelight.recipe import Recipe
from safelight.server.blob import Blob

Progress = Callable[[float], None]


@dataclass(frozen=True)
class Order:
    """One picture and one recipe. further are the pictures that the recipe names, by SHA-256.

    timeout_s bounds the work. is_alone: nothing else waits, so its models may use every core.
    """

    recipe: Recipe
    source: Blob
    timeout_s: float
    further: Mapping[str, Blob] = field(default_factory=dict)
    is_alone: bool = False


@dataclass(frozen=True)
class Outcome:
    """document is that of a result on the command line (batch.events.result_document) without
    paths; output is the encoded picture and media_type its kind, both nothing after an analysis;
    receipt is the signed envelope, empty after an analysis. The taker closes output.
    """

    document: dict[str, Any]
    output: Blob | None = None
    media_type: str = ""
    receipt: bytes = b""
    receipt_id: str = ""


class Back(Protocol):
    """The back end as the front end sees it. Every method may be called at once from many tasks of
    one loop. Where the back end dies, work and ask are asked again of its successor.
    """

    async def work(self, order: Order, *, progress: Progress | None = None) -> Outcome:
        """Raises the SafelightError that the run ended with. Cancelling the task ends the worker;
        then source and further may be closed.
        """

    async def ask(
        self, kind: str, facts: Mapping[str, Any] | None = None, files: tuple[Blob, ...] = ()
    ) -> dict[str, Any]:
        """Something that is no picture's work: one file of back/asks/ answers each kind. Raises the
        SafelightError that it ended with.
        """
