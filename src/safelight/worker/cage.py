"""The order of the lock-down. What each step does lies in its own module; why it stands here,
beside it.

zygote   namespaces          needs one thread, so before any library; the fork makes process 1
         (warm imports, one thread)   the last use of the file system
         empty root          after it nothing can be opened or imported
         user, capabilities  after the mounts, which need them
         rlimits, no dumps   after the user, which would undo the second
         die with parent     after the user, whose change clears it
         Landlock            before seccomp, which forbids it
         outer filter        fork and its like stay allowed, open, socket, exec do not
worker   die with parent, rlimits, Landlock once more (so that it has no hold on its siblings),
         seccomp, self-attack
"""

from __future__ import annotations

import os
import resource
from pathlib import Path

from safelight.worker import landlock, namespaces, seccomp
from safelight.worker.job import Plan
from safelight.worker.wire import Ready

WORKER_FILES = 32
ZYGOTE_FILES = 64
FILES_PER_WORKER = 4
PAGE_BYTES = resource.getpagesize()


def leave_namespaces() -> frozenset[str]:
    """Leave them and go on as process 1 of a new world; the process that the host started waits as
    the stub.
    """
    left = namespaces.unshare_all()
    namespaces.become_first()
    return left


def lock_zygote(plan: Plan, left: frozenset[str]) -> int:
    """Everything up to the outer filter. Raises OSError where the kernel refuses a step."""
    if left:
        namespaces.empty_root()
    namespaces.drop_capabilities()
    namespaces.set_rlimits(max_files=ZYGOTE_FILES + FILES_PER_WORKER * plan.workers)
    namespaces.undumpable()
    namespaces.die_with_parent()
    landlock.restrict()
    seccomp.install(seccomp.zygote_filter())
    return 0


def lock_worker(plan: Plan, zygote: int, base_bytes: int) -> Ready:
    """From fork to the last lock, then the attack on itself. zygote is the process id of the
    parent.
    """
    namespaces.die_with_parent(zygote)
    namespaces.set_rlimits(
        max_files=WORKER_FILES, memory_bytes=base_bytes + plan.limits.memory_bytes
    )
    processor_s = plan.limits.timeout_s * plan.threads
    resource.setrlimit(resource.RLIMIT_CPU, (processor_s, processor_s + 1))
    landlock.restrict()
    program = seccomp.worker_filter()
    seccomp.install(program)
    return Ready((), 0, seccomp.sha256(program))


def address_space() -> int:
    """What this process has mapped, in bytes: the zygote's libraries do not count as the work of a
    job.
    """
    return int(Path("/proc/self/statm").read_text().split()[0]) * PAGE_BYTES


def close_all_but(*kept: int) -> None:
    """Close every descriptor from 3 on, but these."""
    end = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    start = 3
    for fd in (*sorted(kept), end):
        os.closerange(start, fd)
        start = fd + 1
