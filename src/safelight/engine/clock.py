"""What one run was asked for, when it began, and how its Result is put together."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from safelight.audit.receipt import Receipt
from safelight.engine.holding import Sink
from safelight.engine.result import Result
from safelight.engine.source import Sealed
from safelight.engine.stating import Work
from safelight.recipe import Recipe
from safelight.worker.stop import Stop

Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Run:
    """What was asked for, of Engine.run's arguments."""

    recipe: Recipe
    output: Path | None
    existing: str
    in_place: bool
    into: Sink | None
    progress: Progress | None
    stop: Stop = field(default_factory=Stop)
    further: Mapping[str, Sealed] = field(default_factory=dict)
    is_alone: bool = False


@dataclass(frozen=True, slots=True)
class Clock:
    """When a run began (time.monotonic) and how long its input took to read, in seconds."""

    started: float
    read_s: float

    def result(
        self,
        work: Work,
        *,
        path: Path | None = None,
        data: bytes | None = None,
        receipt: Receipt | None = None,
        receipt_path: Path | None = None,
    ) -> Result:
        """The Result of a run that ends now."""
        answer = work.answer
        return Result(
            path=path,
            data=data,
            format=answer.format,
            width=answer.width,
            height=answer.height,
            output_bytes=len(answer.output) if answer.output is not None else 0,
            input_format=answer.input_format,
            input_width=answer.input_width,
            input_height=answer.input_height,
            input_bytes=work.source.size_bytes,
            is_reencoded=answer.is_reencoded,
            findings=answer.findings,
            changes=answer.changes,
            models=tuple(work.models.entry(place).name for place in answer.ran),
            cage=answer.cage,
            receipt=receipt.to_bytes() if receipt else b"",
            receipt_id=receipt.id if receipt else "",
            receipt_path=receipt_path,
            read_s=self.read_s,
            work_s=answer.work_s,
            total_s=time.monotonic() - self.started,
            retries=answer.retries,
            confidence=answer.confidence,
            decided=answer.decided,
            vector=answer.vector,
            measures=answer.measures,
            annotations=answer.sights,
            has_looked=any(step.gives_sights for step in work.recipe.steps),
        )
