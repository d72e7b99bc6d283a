"""What the tests of the hosts share: bodies of jobs, plans, sources, and a look at processes."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from safelight.errors import SafelightError
from safelight.limits import Limits
from safelight.models.facts import Runtime
from safelight.worker.caged import CagedHost
from safelight.worker.job import Host, Job, Plan
from safelight.worker.memory import Sheet

BODIES = Path(__file__).parent / "bodies"
MISBEHAVING = "misbehaving"
PNG = b"\x89PNG\r\n\x1a\n"
if str(BODIES) not in sys.path:
    sys.path.append(str(BODIES))


def plan(
    *,
    pixels: bool = False,
    runtime: bool = False,
    workers: int = 1,
    threads: int = 1,
    level: int = 2,
    timeout_s: int = 20,
    memory_bytes: int = 300_000_000,
) -> Plan:
    limits = Limits(timeout_s=timeout_s, memory_bytes=memory_bytes)
    runtimes: frozenset[Runtime] = frozenset({"onnx"}) if runtime else frozenset()
    return Plan(pixels, runtimes, limits, workers, threads, level)


def host(
    given: Plan | None = None, *, body: str = MISBEHAVING, without: frozenset[str] = frozenset()
) -> CagedHost:
    return CagedHost(given or plan(), body=body, without=without)


@contextmanager
def source(data: bytes = b"picture") -> Iterator[Sheet]:
    sheet = Sheet.holding(data)
    try:
        yield sheet
    finally:
        sheet.close()


def job(sheet: Sheet, action: str, *, wants_image: bool = True) -> Job:
    return Job(sheet.fd, sheet.size_bytes, action.encode(), wants_image=wants_image)


def failure(given: Host, work: Job) -> SafelightError:
    """The error that the job ends in; the test fails if it ends well."""
    try:
        with given.run(work):
            pass
    except SafelightError as error:
        return error
    raise LookupError("the job ended well")


def descendants(pid: int) -> set[int]:
    """Process ids of all children of children that are alive."""
    parents = dict(_all())
    found: set[int] = set()
    while True:
        more = {child for child, parent in parents.items() if parent in found | {pid}} - found
        if not more:
            return found
        found |= more


def threads_of(pid: int) -> int:
    """How many threads the process has; 0 when it is gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return int(status.partition("Threads:")[2].split()[0])


def sleepers(pid: int) -> list[int]:
    """The descendants that are in the middle of the action "sleep"."""
    return [child for child in descendants(pid) if threads_of(child) == 2]


def is_alive(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def until(holds: Callable[[], bool], timeout_s: float = 120) -> bool:
    """Wait until it holds; False if it does not in time."""
    end = time.monotonic() + timeout_s
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def _all() -> Iterator[tuple[int, int]]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except OSError:
                continue
            yield int(entry.name), int(stat.rpartition(")")[2].split()[1])
