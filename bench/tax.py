"""What the cage costs: the same work in a fresh caged worker and in a process without a cage.

    python -m bench.tax [--check] [--rounds N]

A 12-megapixel JPEG, resized to 2048 pixels; reading and hashing are counted apart. Caged and bare
runs take turns, one thread each. --check exits 1 when a goal is missed.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import statistics
import sys
import time
from collections.abc import Callable

from bench.command import LARGE, photograph
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


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--rounds", type=int, default=15)
    chosen = parser.parse_args()
    data = photograph(*LARGE, seed=1)
    is_met = True
    for step in (Resize(fit="2048x2048"), Scrub()):
        is_met &= compare(data, step, chosen.rounds)
    return 1 if chosen.check and not is_met else 0


def compare(data: bytes, step: Operation, rounds: int) -> bool:
    """One operation: medians, the tax, and whether it is within the goal."""
    recipe = Recipe((step,))
    plan = Plan(recipe.touches_pixels, runtimes=frozenset(), limits=Limits())
    caged: list[float] = []
    bare: list[float] = []
    hashed: list[float] = []
    ready: list[float] = []
    with open_host(plan) as host:
        for number in range(rounds + 1):
            times = (wall_ms(lambda: run_bare(data, recipe)), *run_caged(host, data, recipe))
            waited_ms = wall_ms(lambda: host.report())
            if number:
                for row, value in zip((bare, caged, hashed), times, strict=True):
                    row.append(value)
                ready.append(waited_ms)
    tax_ms = statistics.median(a - b for a, b in zip(caged, bare, strict=True))
    middle = statistics.median(bare)
    goal_ms = max(MOST_MS, MOST_SHARE * middle)
    is_met = bool(tax_ms <= goal_ms)
    print(
        f"{step.name:8} bare {middle:7.1f} ms   caged {statistics.median(caged):7.1f} ms   "
        f"tax {tax_ms:6.1f} ms ({tax_ms / middle:+.1%})   goal {goal_ms:.1f} ms   "
        f"{'met' if is_met else 'MISSED'}"
    )
    print(
        f"{'':8} reading and hashing {len(data) / 1e6:.1f} MB {statistics.median(hashed):.1f} ms, "
        f"a worker that was not kept ready {statistics.median(ready):.1f} ms"
    )
    return is_met


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
    os.environ["VIPS_CONCURRENCY"] = "1"
    sys.exit(main())
