"""One process that changes files and walks them, guided by what each change newly reaches.

python -m tests.fuzz.walkers SEED COUNT SLATE [SHARED]: prints one JSON line. What is being tried
lies in the file SLATE, so that it is there when the process is not any more.
"""

from __future__ import annotations

import gc
import json
import mmap
import random
import resource
import signal
import sys
import time
import traceback
import zlib
from collections import Counter
from pathlib import Path

from safelight.codecs import routing
from safelight.errors import InputRefused
from safelight.formats import FORMATS, Format
from tests.fuzz.mutation import MOST_BYTES, Mutator, smaller
from tests.fuzz.reach import Reach
from tests.fuzz.seeds import seeds
from tests.fuzz.targets import everything, wish

MEMORY_BYTES = 3 * 2**30
# Of the processor, for one file of at most MOST_BYTES; most take a thousandth of that.
MOST_CPU_S = 20.0
SLATE_BYTES = MOST_BYTES + 16
MOST_KEPT = 3_000
# Seeds are tried as they are, a part of them in each process.
PARTS = 2


class Hung(Exception):
    """A file took longer than any may."""


class Hunt:
    """The files of all formats, tried one after the other."""

    def __init__(self, seed: int, slate: Path, shared: Path | None) -> None:
        self._dice = random.Random(seed)
        self._part = seed % PARTS
        self._seeds = seeds(shared)
        self._new: dict[Format, list[bytes]] = {format: [] for format in self._seeds}
        self._mutators = {f: Mutator(files, self._dice) for f, files in self._seeds.items()}
        self._reach = Reach()
        self._found: dict[str, tuple[Format, bytes, str]] = {}
        self._ends: Counter[str] = Counter()
        self._slowest = (0.0, "")
        with slate.open("r+b") as file:
            self._slate = mmap.mmap(file.fileno(), SLATE_BYTES)

    def run(self, count: int) -> dict[str, object]:
        """So many tries; facts and figures for the report."""
        for format, files in self._seeds.items():
            for data in files[self._part :: PARTS]:
                self._try(format, data)
        base = held_bytes()
        for number in range(count):
            format = self._dice.choice(tuple(self._seeds))
            data = self._mutators[format].changed(self._start(format))
            new = self._try(format, data)
            if new and len(self._new[format]) < MOST_KEPT:
                self._new[format].append(data)
            if number == count // 4:
                base = held_bytes()
        kept = sum(len(data) for files in self._new.values() for data in files)
        return {
            "tries": count,
            "steps": len(self._reach.steps),
            "new": sum(map(len, self._new.values())),
            "ends": dict(self._ends),
            "slowest": self._slowest,
            "grown_bytes": max(0, held_bytes() - base - kept),
            "found": [
                (name, format, self._reduced(name, format, data).hex(), trace)
                for name, (format, data, trace) in self._found.items()
            ],
        }

    def _start(self, format: Format) -> bytes:
        new = self._new[format]
        return self._dice.choice(new if new and self._dice.random() < 0.6 else self._seeds[format])

    def _try(self, format: Format, data: bytes) -> bool:
        """Whether it reached something that no file before it did."""
        data = data[:MOST_BYTES]
        if routing.route(data[: routing.ROUTE_BYTES]) != format:
            self._ends["named otherwise by its first bytes"] += 1
            return False
        place = FORMATS.index(format)
        self._slate[:16] = len(data).to_bytes(8, "little") + place.to_bytes(8, "little")
        self._slate[16 : 16 + len(data)] = data
        before, started = len(self._reach.steps), time.process_time()
        with self._reach.watching():
            fault = fault_of(format, data)
        spent = time.process_time() - started
        self._slowest = max(self._slowest, (round(spent, 3), f"{format}, {len(data)} bytes"))
        self._ends["walked" if fault is None else fault[0]] += 1
        if fault is not None:
            self._found.setdefault(fault[0], (format, data, fault[1]))
        return len(self._reach.steps) > before

    def _reduced(self, name: str, format: Format, data: bytes) -> bytes:
        def fails(less: bytes) -> bool:
            fault = fault_of(format, less)
            return fault is not None and fault[0] == name

        return data if name.startswith("Hung") else smaller(data, fails)


def fault_of(format: Format, data: bytes) -> tuple[str, str] | None:
    """What is wrong with the way that this file ends: its name and where; None if all is well."""
    signal.setitimer(signal.ITIMER_VIRTUAL, MOST_CPU_S)
    try:
        everything(data, format, wish(random.Random(zlib.crc32(data))))
    except InputRefused as error:
        return f"InputRefused: {error.code} where none may be raised", traceback.format_exc()
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what is looked for
        last = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(last.filename).name}:{last.lineno}"
        return f"{type(error).__name__} at {where}: {str(error)[:80]}", traceback.format_exc()
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    return None


def hung(*_: object) -> None:
    raise Hung(f"more than {MOST_CPU_S:.0f} s of the processor")


def held_bytes() -> int:
    """What this process holds in memory, after a collection."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    signal.signal(signal.SIGVTALRM, hung)
    seed, count, slate, *shared = sys.argv[1:]
    hunt = Hunt(int(seed), Path(slate), Path(shared[0]) if shared else None)
    sys.stdout.write(json.dumps(hunt.run(int(count))) + "\n")


if __name__ == "__main__":
    main()
