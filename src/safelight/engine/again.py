"""Again: a job whose worker somebody else ended is asked of another one.

A worker that crashed is never asked again: what it worked on may be made for that. Nor one that the
kernel ended for want of memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from safelight.engine.devices import Runner
from safelight.errors import WorkerDied
from safelight.worker.job import Answer, Job

COUNTS = Path("/proc/vmstat")
OUT_OF_MEMORY = "oom_kill "


@dataclass(frozen=True)
class Again:
    """Runs a job as its runner does, and so often once more at most."""

    runner: Runner
    most: int

    @contextmanager
    def run(self, job: Job, *, progress: Callable[[float], None] | None = None) -> Iterator[Answer]:
        """As Host.run."""
        with ExitStack() as stack:
            for left in range(self.most, -1, -1):
                before = killed_for_memory()
                try:
                    answer = stack.enter_context(self.runner.run(job, progress=progress))
                except WorkerDied as error:
                    if not left or not error.was_killed or killed_for_memory() != before:
                        raise
                else:
                    break
            yield answer


def killed_for_memory() -> str:
    """How many processes of this machine the kernel has ended for want of memory, as it says."""
    try:
        lines = COUNTS.read_text().splitlines()
    except OSError:
        return ""
    return next((line for line in lines if line.startswith(OUT_OF_MEMORY)), "")
