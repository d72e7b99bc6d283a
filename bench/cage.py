"""What the cage costs: start of a zygote, of a worker, of a job that does nothing, step by step.

    python bench/cage.py [--rounds N]

Milliseconds: median, fastest and slowest. A ready worker waits before each job, as in the product.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

from safelight.limits import Limits
from safelight.models.facts import Runtime
from safelight.worker.caged import CagedHost
from safelight.worker.job import Job, Plan
from safelight.worker.memory import Sheet
from safelight.worker.talk import Line

BODIES = Path(__file__).resolve().parents[1] / "tests" / "worker" / "bodies"
PAUSE_S = 0.05
KINDS: dict[str, tuple[bool, tuple[Runtime, ...]]] = {
    "no pixels": (False, ()),
    "pixels": (True, ()),
    "pixels and models": (True, ("onnx",)),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=30)
    rounds = parser.parse_args().rounds
    sys.path.append(str(BODIES))
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    print(f"{'':20} {'':34} {'median':>8} {'fastest':>8} {'slowest':>8}")
    for kind, (pixels, runtimes) in KINDS.items():
        plan = Plan(pixels, frozenset(runtimes), Limits(), required_level=2)
        show(kind, "zygote: start to first report", [started(plan) for _ in range(5)])
        with CagedHost(plan) as host:
            show(kind, "worker: locked and rehearsed", [spawned(host) for _ in range(rounds)])
        with CagedHost(plan, body="misbehaving") as host:
            show(kind, "worker: locked and attacked", [spawned(host) for _ in range(rounds)])
            show(kind, "job: empty, round trip", [job_ms(host, 100) for _ in range(rounds)])
            show(kind, "job: 4 MB in, 4 MB out", [job_ms(host, 4 << 20) for _ in range(rounds)])
    return 0


def started(plan: Plan) -> float:
    """A zygote from nothing to the report of its first worker."""

    def work() -> None:
        with CagedHost(plan) as host:
            host.report()

    return timed(work)


def spawned(host: CagedHost) -> float:
    """A worker from the asking to the report of its attack on itself; no other is made
    meanwhile.
    """
    host.report()
    time.sleep(PAUSE_S)
    keeper = host.keeper
    start = time.perf_counter()
    worker = keeper.spawn()
    Line(worker.channel).hear(time.monotonic() + 10)
    ms = (time.perf_counter() - start) * 1e3
    worker.kill()
    worker.close()
    return ms


def job_ms(host: CagedHost, size_bytes: int) -> float:
    """A job whose worker answers with what it got: sheets, order, answer, death, overwriting."""
    sheet = Sheet.holding(bytes(size_bytes))
    time.sleep(PAUSE_S)

    def work() -> None:
        with host.run(Job(sheet.fd, size_bytes, b"answer")):
            pass

    try:
        return timed(work)
    finally:
        sheet.close()


def timed(work: Callable[[], None]) -> float:
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1e3


def show(kind: str, what: str, values: list[float]) -> None:
    figures = (statistics.median(values), min(values), max(values))
    print(f"{kind:20} {what:34}" + "".join(f" {figure:8.1f}" for figure in figures))


if __name__ == "__main__":
    sys.exit(main())
