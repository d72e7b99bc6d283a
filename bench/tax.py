"""What the cage costs: the same work in a fresh caged worker and in a process without a cage.

    python -m bench.tax [--quick] [--check] [--markdown]

A 12-megapixel JPEG, resized to 2048 pixels; reading and hashing are counted apart. Caged and bare
runs take turns, one thread each. --check exits 1 when a goal is missed.
"""

from __future__ import annotations

import hashlib
import os
import statistics
import sys
import time
from collections.abc import Callable

from bench.command import LARGE, photograph
from bench.tables import Goal, Table, show
from safelight.engine.source import open_source
from safelight.limits import Limits
from safelight.operation import Operation
from safelight.ops.resize import Resize
from safelight.ops.scrub import Scrub
from safelight.recipe import Recipe
from safelight.worker.child import perform
from safelight.worker.host import open_host
from safelight.worker.job import Host, Job, Plan

MOST_MS, MOST_SHARE = 15.0, 0.10
ROUNDS, QUICK_ROUNDS = 15, 4


def tables(quick: bool) -> list[Table]:
    """One row an operation: bare, caged, the difference; the goal is 15 ms or a tenth."""
    os.environ["VIPS_CONCURRENCY"] = "1"
    data = photograph(*LARGE, seed=1)
    rounds = QUICK_ROUNDS if quick else ROUNDS
    found = [compare(data, step, rounds) for step in (Resize(fit="2048x2048"), Scrub())]
    return [
        Table(
            "A 12-megapixel JPEG in a fresh caged worker and without a cage, medians in ms",
            ("", "bare", "caged", "tax", "reading and hashing", "a worker not kept ready"),
            rows=tuple(row for row, _ in found),
            goals=tuple(goal for _, goal in found),
        )
    ]


def compare(data: bytes, step: Operation, rounds: int) -> tuple[tuple[str, ...], Goal]:
    """One operation: medians of runs that take turns, and the tax against its goal."""
    recipe = Recipe((step,))
    plan = Plan(recipe.touches_pixels, runtimes=frozenset(), limits=Limits())
    columns: list[list[float]] = [[], [], [], []]
    with open_host(plan) as host:
        for number in range(rounds + 1):
            times = (
                wall_ms(lambda: run_bare(data, recipe)),
                *run_caged(host, data, recipe),
                wall_ms(lambda: host.report()),
            )
            if number:
                for column, value in zip(columns, times, strict=True):
                    column.append(value)
    bare, caged, hashed, ready = (statistics.median(column) for column in columns)
    tax_ms = statistics.median(a - b for b, a in zip(*columns[:2], strict=True))
    figures = (bare, caged, tax_ms, hashed, ready)
    wanted = max(MOST_MS, MOST_SHARE * bare)
    goal = Goal(f"what the cage costs {step.name} of 12 MP", tax_ms, wanted, "ms", digits=1)
    return (step.name, *(f"{one:.1f}" for one in figures)), goal


def run_bare(data: bytes, recipe: Recipe) -> None:
    perform(
        memoryview(data), recipe.canonical, (), Limits(), progress=lambda _: None, wants_image=True
    )


def run_caged(host: Host, data: bytes, recipe: Recipe) -> tuple[float, float]:
    """Milliseconds of the job in its worker, and of reading and hashing its input."""
    started = time.perf_counter()
    with open_source(data, len(data), hashlib.sha256()) as source:
        read_ms = (time.perf_counter() - started) * 1e3
        job = Job(source.fd, source.size_bytes, recipe.canonical)

        def work() -> None:
            with host.run(job) as answer:
                if answer.output is None:
                    raise SystemExit("the worker made no picture")

        return wall_ms(work), read_ms


def wall_ms(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1e3


if __name__ == "__main__":
    sys.exit(show(__doc__, tables))
