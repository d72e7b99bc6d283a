"""Runs: what a batch asks an engine for: that of this machine, or a server in its place."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO, Protocol, Self

from safelight.engine.clock import Progress
from safelight.engine.holding import Sink
from safelight.engine.result import Result, Skipped
from safelight.errors import SafelightError
from safelight.formats import Format
from safelight.recipe import Recipe


class Runs(Protocol):
    """See Engine, whose methods these are; many threads call them."""

    def run(
        self,
        source: Path | bytes | BinaryIO,
        recipe: Recipe,
        *,
        output: Path | None = None,
        existing: str = "verify",
        in_place: bool = False,
        into: Sink | None = None,
        progress: Progress | None = None,
    ) -> Result | Skipped: ...

    def prepare(self, recipe: Recipe, format: Format) -> None: ...

    def note(self, recipe: Recipe, error: SafelightError) -> None: ...

    def cancel(self) -> None: ...

    def sweep(self, folder: Path) -> int: ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc: object) -> None: ...
