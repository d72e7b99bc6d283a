"""Running: one picture from here to the server and back, as steps that end with a Result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safelight.client.asking import errand_for, errand_of
from safelight.client.call import Sink, Source, Steps
from safelight.client.landing import Landing
from safelight.client.steps import Progress, work
from safelight.engine.result import Result
from safelight.recipe import Recipe


@dataclass(frozen=True, slots=True)
class Running:
    """Where the result goes (one of both, or neither for bytes), and who is told how far it is,
    from 0 to 1.
    """

    output: Path | None = None
    into: Sink | None = None
    progress: Progress | None = None


def operated(
    name: str, source: Source, running: Running, parameters: Mapping[str, Any]
) -> Steps[Result]:
    """One operation."""
    with Landing(running.output, running.into) as landing:
        errand = errand_of(name, source, parameters, sink=landing.sink, progress=running.progress)
        return landing.finish((yield from work(errand)))


def ran(recipe: Recipe | str, source: Source, running: Running) -> Steps[Result]:
    """A recipe, or the one of this name that the server has."""
    with Landing(running.output, running.into) as landing:
        errand = errand_for(recipe, source, sink=landing.sink, progress=running.progress)
        return landing.finish((yield from work(errand)))
