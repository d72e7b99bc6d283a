"""Tuning: the precision and the threads that models run with here, by the self-test.

Timed is one built-in model, the smallest of TASK; what wins there holds for the others too.
"""

from __future__ import annotations

import dataclasses
import hashlib
import struct
import sys
import threading
import zlib
from functools import partial
from typing import Literal

from safelight.audit.environment import runtime_version
from safelight.engine import selftest
from safelight.engine.selftest import Choice, Machine, Trial
from safelight.engine.source import Source, open_source
from safelight.engine.stock import Stock
from safelight.errors import Cancelled, SafelightError
from safelight.models.entry import Entry
from safelight.models.store import Store
from safelight.operation import ModelNeed
from safelight.recipe import Recipe
from safelight.settings import Settings
from safelight.worker.host import open_host
from safelight.worker.job import Host, Job, Plan

SIDE = 512
TASK = "upscale"


class Tuning:
    """What the self-test found; it is run when somebody first asks. Safe from many threads."""

    def __init__(self, settings: Settings, store: Store, stock: Stock) -> None:
        self._settings, self._store, self._stock = settings, store, stock
        self._lock = threading.Lock()
        self._is_known = False
        self._choice: Choice | None = None
        self._host: Host | None = None

    @property
    def precision(self) -> str:
        """What an alias means where a model comes in more than one; empty: what it says."""
        choice = self.choice()
        return choice.best.precision if choice is not None else ""

    @property
    def threads(self) -> int:
        """How many a single picture's model runs with; 0: as many as there are."""
        choice = self.choice()
        return choice.best.threads if choice is not None else 0

    def choice(self, *, anew: bool = False) -> Choice | None:
        """As it is kept, else measured now and kept; None if nothing can be measured here.

        What keeps it from being measured keeps the work itself from being done, and is told there.
        Raises Cancelled.
        """
        with self._lock:
            if anew or not self._is_known:
                self._choice = self._found(anew=anew)
                self._is_known = True
            return self._choice

    def cancel(self) -> None:
        """Kill the workers of a self-test; whoever waits for it raises Cancelled."""
        host = self._host
        if host is not None:
            host.cancel()

    def _found(self, *, anew: bool) -> Choice | None:
        try:
            pair = self._pair()
            return None if pair is None else self._kept_or_measured(*pair, anew=anew)
        except Cancelled:
            raise
        except SafelightError:
            return None
        finally:
            self._host = None

    def _kept_or_measured(self, usual: Entry, exact: Entry, *, anew: bool) -> Choice:
        machine = Machine(
            processor=selftest.processor_name(),
            cores=selftest.usable_cores(),
            runtime=runtime_version(usual.runtime),
            models=(usual.sha256, exact.sha256),
        )
        folder = self._settings.state_dir
        choice = None if anew else selftest.kept(folder, machine)
        if choice is None:
            choice = self._measured(machine, usual, exact)
            selftest.keep(folder, choice)
        return choice

    def _measured(self, machine: Machine, usual: Entry, exact: Entry) -> Choice:
        entries = {entry.precision: entry for entry in (usual, exact)}
        limits = self._settings.limits()
        plan = Plan(
            needs_pixels=True,
            runtimes=frozenset({usual.runtime, exact.runtime}),
            limits=dataclasses.replace(
                limits, memory_bytes=limits.memory_bytes + usual.peak_bytes + exact.peak_bytes
            ),
            threads=machine.cores,
            required_level=self._settings.require_level,
        )
        picture = drawn(SIDE)
        with (
            open_source(picture, len(picture), hashlib.sha256()) as source,
            open_host(plan, portable=sys.platform != "linux") as host,
        ):
            self._host = host
            timings = selftest.measure(
                selftest.trials(machine.cores, tuple(entries)),
                partial(self._run, host, source, entries),
            )
        return Choice(
            machine=machine, measured=selftest.now(), usual=usual.precision, timings=timings
        )

    def _run(self, host: Host, source: Source, entries: dict[str, Entry], trial: Trial) -> float:
        entry = entries[trial.precision]
        scale = entry.output.scale
        recipe = Recipe.from_steps([{"op": TASK, "scale": scale, "model": entry.name}])
        models = self._stock.models((ModelNeed(TASK, entry.name, scale),)).files
        job = Job(source.fd, source.size_bytes, recipe.canonical, models, threads=trial.threads)
        with host.run(job) as answer:
            return answer.work_s * 1e9 / (answer.width * answer.height)

    def _pair(self) -> tuple[Entry, Entry] | None:
        """The smallest built-in model of the task that has an alias and an exact twin; the twin."""
        usual = [e for e in self._store.built_in() if e.task == TASK and e.aliases and e.exact]
        for entry in sorted(usual, key=lambda e: (e.output.scale, e.size_bytes)):
            twin = self._store.twin(entry)
            if twin is not None:
                return entry, twin
        return None


def drawn(side: int, *, colours: Literal[1, 3] = 1) -> bytes:
    """A PNG of side x side pixels with a pattern, grey or in colour, made without any image
    library.
    """
    across = range(side * colours)
    rows = b"".join(b"\0" + bytes((x * y + x) & 255 for x in across) for y in range(side))
    return png(rows, side, colours)


def png(rows: bytes, side: int, colours: Literal[1, 3]) -> bytes:
    """A PNG of these rows, each behind its byte of filtering."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", side, side, 8, colours - 1, 0, 0, 0)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts
