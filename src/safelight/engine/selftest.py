"""Self-test: about a second, once: which precision and how many threads are fastest here.

It runs where models run: whole jobs on a drawn picture, in caged workers. What was measured is
kept in the state folder beside the facts that it depends on; where those change, or the file is
damaged, it is measured anew. Work never waits for more than this, and never fails for want of it.
"""

from __future__ import annotations

import os
import platform
import re
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from safelight.errors import SafelightError
from safelight.models.facts import Digest, Word
from safelight.vault.private import read_private, write_private

FILE = "self-test.json"
MAX_FILE_BYTES = 64_000
BUDGET_S = 1.0
# The full precision is taken if it needs less than this share of the time: so noise decides
# nothing, and the same recipe gives the same bytes tomorrow.
CLEARLY_FASTER = 0.8
MAX_THREADS = 256
MODEL_NAME = re.compile(r"^model name\s*:\s*(.+)$", re.MULTILINE)


class Trial(NamedTuple):
    """One way to run a model."""

    precision: str
    threads: int


class Kept(BaseModel):
    """Base of what is kept: frozen, strict, no field that is not declared."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Machine(Kept):
    """What the result depends on: the processor, its cores, the runtime, the models' SHA-256."""

    processor: Annotated[str, Field(max_length=200)]
    cores: Annotated[int, Field(ge=1, le=MAX_THREADS)]
    runtime: Annotated[str, Field(max_length=100)]
    models: tuple[Digest, ...]


class Timing(Kept):
    """What one trial took, decode to encode, in milliseconds per megapixel of the result."""

    precision: Word
    threads: Annotated[int, Field(ge=1, le=MAX_THREADS)]
    ms_per_megapixel: Annotated[float, Field(gt=0, le=1e9)]


class Choice(Kept):
    """What the self-test found, when (UTC), and on what; never more threads than cores."""

    version: Literal[1] = 1
    machine: Machine
    measured: Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")]
    usual: Word
    timings: Annotated[tuple[Timing, ...], Field(min_length=1, max_length=64)]

    @model_validator(mode="after")
    def _was_possible(self) -> Self:
        if any(one.threads > self.machine.cores for one in self.timings):
            raise ValueError("more threads than cores were never tried")
        return self

    @property
    def best(self) -> Timing:
        """The fastest; of the usual precision, unless another is clearly faster."""
        others = [self.fastest(one.precision) for one in self.timings]
        usual = self.fastest(self.usual)
        return min(
            (one for one in others if _is_clearly_faster(one, usual)),
            key=lambda one: one.ms_per_megapixel,
            default=usual or others[0],
        )

    def fastest(self, precision: str) -> Timing:
        """The best of one precision; of all, where there is none of it."""
        fitting = [one for one in self.timings if one.precision == precision]
        return min(fitting or self.timings, key=lambda one: one.ms_per_megapixel)

    def sentence(self) -> str:
        """For people: what was chosen, what it costs, and what the other precision costs."""
        best = self.best
        threads = f"{best.threads} thread{'' if best.threads == 1 else 's'}"
        words = f"{best.precision}, {threads}: {best.ms_per_megapixel:.0f} ms per megapixel"
        others = sorted({one.precision for one in self.timings} - {best.precision})
        slower = [f"{name} {self.fastest(name).ms_per_megapixel:.0f} ms" for name in others]
        return f"{words} ({', '.join(slower)})" if slower else words


def trials(cores: int, precisions: Sequence[str]) -> list[Trial]:
    """All cores first, then half as many, down to one; every precision with each."""
    threads = [cores]
    while threads[-1] > 1:
        threads.append(threads[-1] // 2)
    return [Trial(precision, count) for count in threads for precision in precisions]


def measure(
    planned: Sequence[Trial],
    run: Callable[[Trial], float],
    *,
    budget_s: float = BUDGET_S,
    clock: Callable[[], float] = time.monotonic,
) -> tuple[Timing, ...]:
    """The best time of each trial within the budget; the first count of threads always.

    run gives milliseconds per megapixel. Its first answer is thrown away: it pays for the start.
    """
    until = clock() + budget_s
    run(planned[0])
    found: dict[Trial, float] = {}
    always = [trial for trial in planned if trial.threads == planned[0].threads]
    while True:
        for trial in planned:
            if clock() >= until and not (trial in always and trial not in found):
                break
            found[trial] = min(run(trial), found.get(trial, float("inf")))
        if clock() >= until:
            break
    return tuple(
        Timing(precision=trial.precision, threads=trial.threads, ms_per_megapixel=round(ms, 2))
        for trial, ms in found.items()
    )


def kept(folder: Path, machine: Machine) -> Choice | None:
    """What was kept for this machine; None if there is nothing, or nothing whole."""
    try:
        data = read_private(folder / FILE, MAX_FILE_BYTES)
        choice = Choice.model_validate_json(data) if data else None
    except (OSError, SafelightError, ValidationError):
        return None
    return choice if choice is not None and choice.machine == machine else None


def keep(folder: Path, choice: Choice) -> None:
    """Keep it, in one piece; a folder that cannot be written costs the next start a second."""
    with suppress(OSError, SafelightError):
        folder.mkdir(parents=True, exist_ok=True)
        write_private(folder / FILE, choice.model_dump_json(indent=1).encode())


def now() -> str:
    """The time in UTC, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def usable_cores() -> int:
    """How many cores this process may use."""
    count = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count()
    return min(count or 1, MAX_THREADS)


def processor_name(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """What the system calls its processor."""
    with suppress(OSError):
        found = MODEL_NAME.search(cpuinfo.read_text(errors="replace"))
        if found is not None:
            return found[1].strip()[:200]
    return (platform.processor() or platform.machine())[:200]


def _is_clearly_faster(one: Timing, usual: Timing) -> bool:
    return one.ms_per_megapixel < CLEARLY_FASTER * usual.ms_per_megapixel
