"""The layers of the cage: put on one after the other, each seen by itself, and read from outside.

    namespaces   own network, processes, mounts and names; an empty root
    limits       no file bytes, no core, few descriptors, bounded memory; no user, no capability
    landlock     no file, no TCP, no signal to a stranger, whatever the name
    seccomp      only the system calls of the list

The level is the lower of two findings: every attack was contained in this very worker, and every
layer was seen. What this host does not have is no layer, and the report says what then is not
covered.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from safelight.worker import attacks, device_attacks, landlock, namespaces, seccomp, witnesses
from safelight.worker.job import Attempt, CageReport
from safelight.worker.reach import NOTHING, Reach
from safelight.worker.words import are_closed, are_separate

LAYERS = ("namespaces", "limits", "landlock", "seccomp")
# Not a layer: leave the filter on, but let it log instead of refuse. For tests, as everything in
# `without`.
REFUSAL = "refusal"
SEALED, CAGED, OPEN = 3, 2, 0


class Lockdown:
    """Locks this process and then its children. For one thread; nothing that it puts on comes off
    again.

    without names layers to leave out. Only tests can say so: no setting, flag or variable leads
    here.
    """

    def __init__(self, without: frozenset[str] = frozenset()) -> None:
        self._without = without
        self._is_apart = self._counts_tasks = False
        self._open_errnos: tuple[int, ...] = ()
        self._seen: dict[str, bool] = dict.fromkeys(LAYERS, False)
        attacks.load()
        device_attacks.load()

    @property
    def layers(self) -> int:
        """The layers that were seen by themselves, as bits in the order of LAYERS."""
        return sum(1 << place for place, name in enumerate(LAYERS) if self._seen[name])

    def enter_namespaces(self) -> bool:
        """Before the warm-up.

        False = refused or left out; True = fork now (namespaces.become_first).
        """
        self._open_errnos = witnesses.ask(witnesses.of_namespaces())
        self._is_apart = "namespaces" not in self._without and bool(namespaces.unshare_all())
        self._counts_tasks = self._is_apart and namespaces.counts_tasks_apart()
        return self._is_apart

    def close_zygote(self, *, max_files: int, max_tasks: int = 0) -> None:
        """After the warm-up: everything up to the outer filter.

        max_tasks holds only in a world of our own. Raises OSError where a step fails.
        """
        if self._is_apart:
            self._empty_root()
        namespaces.drop_capabilities()
        if "limits" not in self._without:
            self._seen["limits"] = witnesses.seen_around(
                witnesses.of_limits(), lambda: namespaces.set_rlimits(max_files=max_files)
            )
            self._limit_tasks(max_tasks)
        namespaces.undumpable()
        namespaces.die_with_parent()
        if "landlock" not in self._without:
            with witnesses.bystander() as pid:
                asked = witnesses.of_landlock(landlock.abi(), pid)
                self._seen["landlock"] = witnesses.seen_around(asked, landlock.restrict)
        if not self._without & {"seccomp", REFUSAL}:
            self._seen["seccomp"] = witnesses.seen_around(
                witnesses.of_zygote_filter(), lambda: seccomp.install(seccomp.zygote_filter())
            )

    def close_device(
        self,
        reach: Reach,
        *,
        parent: int,
        max_files: int,
        memory_bytes: int,
        max_tasks: int,
        wake: Callable[[], None],
    ) -> tuple[int, ...]:
        """All the locks of the worker of a device, one after the other, then every attack on it.

        wake has the device's own libraries and threads come up, behind every lock but the last,
        which then closes over all of them. parent is the process id of the parent. Returns as
        close_worker, in the order of device_attacks.load(). Raises OSError where a step fails.
        """
        if self._is_apart and not reach.is_wide:
            self._empty_root()
        namespaces.drop_capabilities()
        namespaces.undumpable()
        namespaces.die_with_parent(parent)
        if "limits" not in self._without:
            self._seen["limits"] = witnesses.seen_around(
                witnesses.of_limits(),
                lambda: namespaces.set_rlimits(max_files=max_files, memory_bytes=memory_bytes),
            )
            self._limit_tasks(max_tasks)
        if "landlock" not in self._without:
            with witnesses.bystander() as pid:
                asked = witnesses.of_landlock(landlock.abi(), pid)
                self._seen["landlock"] = witnesses.seen_around(
                    asked, lambda: landlock.restrict(reach=reach)
                )
        wake()
        if "seccomp" not in self._without:
            asked = [*witnesses.of_zygote_filter(), *witnesses.of_worker_filter()]
            self._seen["seccomp"] = witnesses.seen_around(
                asked, lambda: seccomp.install(seccomp.device_filter(reach))
            )
        return device_attacks.run_all(witnesses.target(b"/dev"))  # others' files lie in /tmp

    def close_worker(
        self, *, zygote: int, max_files: int, memory_bytes: int, cpu_s: int, max_tasks: int = 0
    ) -> tuple[int, ...]:
        """In the forked child, once its threads are born: the last locks, then every attack on
        itself.

        zygote is the process id of the parent. Returns the errno of each attack in the order of
        attacks.load(), 0 where it got through.
        """
        namespaces.die_with_parent(zygote)
        if "limits" not in self._without:
            namespaces.set_rlimits(max_files=max_files, memory_bytes=memory_bytes, cpu_s=cpu_s)
            self._limit_tasks(max_tasks)
        if "landlock" not in self._without:
            landlock.restrict()  # a domain of its own: no hold on its siblings, none on its zygote
        if REFUSAL in self._without:
            seccomp.install(seccomp.debug_filter())
        elif "seccomp" not in self._without:
            self._seen["seccomp"] &= witnesses.seen_around(
                witnesses.of_worker_filter(), lambda: seccomp.install(seccomp.worker_filter())
            )
        return attacks.run_all(witnesses.target())

    def _empty_root(self) -> None:
        namespaces.empty_root()
        apart = witnesses.of_namespaces()
        self._seen["namespaces"] = witnesses.is_seen(apart, self._open_errnos, witnesses.ask(apart))

    def _limit_tasks(self, max_tasks: int) -> None:
        if max_tasks and self._counts_tasks:
            namespaces.limit_tasks(max_tasks)


def report(
    errnos: Sequence[int],
    layers: int,
    filter_sha256: str,
    kernel: dict[str, str],
    *,
    reach: Reach | None = None,
) -> CageReport:
    """What held the worker: its attacks, its layers (bits of LAYERS), the kernel's words on it.
    reach: that of the device whose worker it is; None for a picture's.
    """
    seen = {name: bool(layers >> place & 1) for place, name in enumerate(LAYERS)}
    # What the worker says counts only as far as the kernel, asked from outside, says the same.
    seen["seccomp"] &= filter_sha256 == seccomp.sha256(seccomp.device_filter(reach or NOTHING))
    seen["seccomp"] &= are_closed(kernel)
    seen["namespaces"] &= are_separate(kernel)
    attempts = attacks.judged(
        errnos,
        frozenset(name for name in LAYERS if seen[name]),
        made=device_attacks.load() if reach is not None else (),
        opened=frozenset(reach.calls if reach is not None else ()),
    )
    level = level_of(attempts, seen)
    return CageReport(
        level=level,
        attempts=attempts,
        layers=seen,
        filter_sha256=filter_sha256,
        kernel=kernel,
        not_covered=(
            *not_covered(seen, level, is_root=kernel.get("Uid", "").startswith("0 ")),
            *(reach.sentences() if reach is not None else ()),
        ),
    )


def level_of(attempts: Sequence[Attempt], seen: dict[str, bool]) -> int:
    """3 sealed, 2 caged (no namespaces), 0 anything else: the lower of attacks and layers."""
    if not attempts or not all(attempt.contained for attempt in attempts):
        return OPEN
    if not (seen["limits"] and seen["landlock"] and seen["seccomp"]):
        return OPEN
    return SEALED if seen["namespaces"] else CAGED


def not_covered(seen: dict[str, bool], level: int, *, is_root: bool = False) -> tuple[str, ...]:
    """What this cage does not stop, in plain sentences. is_root: no other user id could be had."""
    said = [
        "a bug in the kernel or the processor: the worker shares both with everything else",
        "what a worker learns from how long things take beside it",
    ]
    if not seen["namespaces"]:
        said.append(
            "no namespaces here: UDP, netlink and the sizes of files rest on the filter alone"
        )
    if not seen["landlock"]:
        said.append("Landlock was not seen: files rest on the other layers alone")
    elif landlock.abi() < landlock.SCOPES_ABI:
        said.append("Landlock of this kernel is old: TCP or signals rest on the other layers alone")
    if not seen["seccomp"]:
        said.append("the system call filter was not seen: the kernel is open to the worker")
    if not seen["limits"]:
        said.append("the limits were not seen: a worker may write files and fill the memory")
    if is_root or not (seen["namespaces"] and seen["limits"] and namespaces.counts_tasks_apart()):
        said.append("a worker may make threads until the user's own limit")
    if is_root:
        said.append("no other user id could be had: the worker keeps root's, without powers")
    if level == OPEN:
        said.append("level 0: trust this worker with nothing that you would not run yourself")
    return tuple(said)
