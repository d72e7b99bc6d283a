"""Hosts: the workers that an engine keeps ready, one pool for each thing to be warm for.

A pool stays for the recipes to come. Of those that nobody uses only a few are kept: each has a
process of its own, and a server is asked for recipes without end.
"""

from __future__ import annotations

import dataclasses
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace

from safelight.engine.devices import Devices
from safelight.engine.selftest import usable_cores
from safelight.engine.stock import Stock
from safelight.formats import TABLE, Format
from safelight.limits import Limits
from safelight.models.facts import Runtime
from safelight.models.providers import CPU, Device
from safelight.recipe import Recipe
from safelight.settings import Settings
from safelight.worker.host import open_host
from safelight.worker.job import Answer, Host, Job, ModelFile, Plan

MOST_IDLE = 8
HostKey = tuple[
    bool, frozenset[Runtime], int, frozenset[Format], tuple[ModelFile, ...], Device, int
]


@dataclass(eq=False)
class Held:
    """One host, and how many jobs use it now."""

    host: Host
    users: int = 0


@dataclass(frozen=True, slots=True)
class Wanted:
    """What workers have to be warm for. further are the formats of further pictures; is_alone:
    nothing else waits, so one worker may use every core.
    """

    recipe: Recipe
    format: Format
    further: frozenset[Format] = frozenset()
    is_alone: bool = False


class Hosts:
    """Gives hosts. Safe to use from many threads."""

    def __init__(
        self, settings: Settings, limits: Limits, jobs: int, *, stock: Stock, devices: Devices
    ) -> None:
        self._settings, self._limits, self._jobs = settings, limits, jobs
        self._stock, self._devices = stock, devices
        self._lock = threading.Lock()
        self._held: dict[HostKey, Held] = {}

    def get(self, wanted: Wanted, *, stays: bool = False) -> Host:
        """The host for that, made ready now if there is none; it is let go for others unless it is
        to stay.
        """
        held, spare = self._taken(wanted, users=int(stays))
        _close(spare)
        return held.host

    def runner(self, wanted: Wanted) -> Runner:
        """What runs jobs for that; while one is under way, its host is not let go."""
        return Runner(lambda: self.using(wanted))

    @contextmanager
    def using(self, wanted: Wanted) -> Iterator[Host]:
        """The host for that, which stays until this is left."""
        held, spare = self._taken(wanted, users=1)
        try:
            _close(spare)
            yield held.host
        finally:
            with self._lock:
                held.users -= 1

    @property
    def ready(self) -> int:
        """How many pools there are."""
        return len(self._held)

    def cancel(self) -> None:
        """Kill every worker; jobs under way raise Cancelled."""
        for held in list(self._held.values()):
            held.host.cancel()

    def close(self) -> None:
        """End all workers and wait for them."""
        with self._lock:
            every, self._held = list(self._held.values()), {}
        _close(every)

    def _taken(self, wanted: Wanted, *, users: int) -> tuple[Held, list[Held]]:
        """The host, used by so many more, and those that are to be ended for it.

        Where it is not warm yet and another one is that differs by its threads alone, that one.
        """
        key, other = self._key(wanted), self._key(replace(wanted, is_alone=not wanted.is_alone))
        with self._lock:
            held = self._held.pop(key, None) or Held(self._opened(key))
            self._held[key] = held  # the last one asked for is the last one of all
            if other in self._held and not held.host.is_ready:
                stand_in = self._held[other]
                held = stand_in if stand_in.host.is_ready else held
            held.users += users
            idle = [one for one, other in self._held.items() if not other.users and one != key]
            spare = [self._held.pop(one) for one in idle[: max(0, len(idle) - MOST_IDLE + 1)]]
        return held, spare

    def _key(self, wanted: Wanted) -> HostKey:
        recipe, format = wanted.recipe, wanted.format
        rewrites = recipe.wished_format in (None, format) and TABLE[format].scrubs
        needs_pixels = recipe.touches_pixels or (recipe.gives_image and not rewrites)
        peak_bytes = self._stock.peak_bytes(recipe.needs)
        runtimes = self._stock.runtimes(recipe.needs)
        device = self._devices.of(runtimes)
        formats = {format, recipe.target_of(format), *wanted.further}
        late = frozenset(one for one in formats if TABLE[one].libraries)
        threads = max(1, usable_cores() // (1 if wanted.is_alone else self._jobs))
        if device.is_asked:
            return (needs_pixels, frozenset(), peak_bytes, late, (), CPU, threads)
        inherited = self._stock.inherited(recipe.needs, threads)
        return (needs_pixels, runtimes, peak_bytes, late, inherited, device, threads)

    def _opened(self, key: HostKey) -> Host:
        needs_pixels, runtimes, peak_bytes, late, inherited, device, threads = key
        memory_bytes = self._limits.memory_bytes + peak_bytes
        plan = Plan(
            needs_pixels,
            runtimes,
            dataclasses.replace(self._limits, memory_bytes=memory_bytes),
            workers=self._jobs,
            threads=threads,
            required_level=self._settings.require_level,
            late=late,
            device=device,
        )
        return open_host(plan, portable=sys.platform != "linux", held=inherited)


@dataclass(frozen=True)
class Runner:
    """Runs each job at the host that is there for it then."""

    using: Callable[[], AbstractContextManager[Host]]

    @contextmanager
    def run(self, job: Job, *, progress: Callable[[float], None] | None = None) -> Iterator[Answer]:
        """As Host.run."""
        with self.using() as host, host.run(job, progress=progress) as answer:
            yield answer


def _close(hosts: list[Held]) -> None:
    for held in hosts:
        held.host.close()
