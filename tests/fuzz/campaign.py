"""A number of changed files, walked in processes of their own and decoded in the real cage."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from safelight.formats import EXTENSIONS, FORMATS, Format
from tests.fuzz.caged import changed_files, through_the_cage
from tests.fuzz.walkers import SLATE_BYTES

PROCESSES = 2
# A process starts anew after so many, with another seed; what it reached is drawn again by chance.
LONGEST_HUNT = 25_000
MOST_GROWN_BYTES = 48 << 20


@dataclass(frozen=True)
class Found:
    """A file that ended as none may: what happened, and the trace where there is one."""

    what: str
    format: Format
    data: bytes
    trace: str = ""

    def keep(self, folder: Path) -> Path:
        """Written under a name that its bytes give."""
        folder.mkdir(parents=True, exist_ok=True)
        digest = hashlib.sha256(self.data).hexdigest()[:12]
        path = folder / f"{digest}.{EXTENSIONS[self.format]}"
        path.write_bytes(self.data)
        return path


@dataclass
class Outcome:
    """Figures of a campaign. steps are the most that one process reached."""

    walked: int = 0
    steps: int = 0
    new: int = 0
    slowest_s: float = 0.0
    walkers_grown_bytes: int = 0
    walker_ends: Counter[str] = field(default_factory=Counter)
    caged: Counter[str] = field(default_factory=Counter)
    zygotes_lost: int = 0
    service_grown_bytes: int = 0
    found: list[Found] = field(default_factory=list)

    @property
    def faults(self) -> list[str]:
        """What breaks a promise; empty if none does."""
        faults = [f"{one.format}: {one.what}" for one in self.found]
        if self.zygotes_lost:
            faults.append(f"{self.zygotes_lost} zygotes died")
        for what, grown in (
            ("a walker", self.walkers_grown_bytes),
            ("the service", self.service_grown_bytes),
        ):
            if grown > MOST_GROWN_BYTES:
                faults.append(f"{what} holds {grown >> 20} MiB more than at its start")
        return faults


def campaign(walked: int, caged: int, seed: int, shared: Path | None) -> Outcome:
    """So many files for the walkers and for the cage."""
    outcome = Outcome()
    parts = max(PROCESSES, -(-walked // LONGEST_HUNT))
    counts = [walked // parts + (part < walked % parts) for part in range(parts)]
    with ThreadPoolExecutor(PROCESSES) as pool:
        seeds = range(seed, seed + parts)
        for told in pool.map(partial(hunt_in_process, shared), seeds, counts):
            add(outcome, told)
    if caged:
        tally = through_the_cage(changed_files(seed, caged, shared))
        outcome.caged = tally.ends
        outcome.zygotes_lost = tally.zygotes_lost
        outcome.service_grown_bytes = tally.grown_bytes
        outcome.found += [Found(*file) for file in tally.found]
    return outcome


def hunt_in_process(shared: Path | None, seed: int, count: int) -> dict[str, Any]:
    """What the process tells; if it died, the file that it died of."""
    with tempfile.NamedTemporaryFile() as slate:
        slate.truncate(SLATE_BYTES)
        line = [sys.executable, "-m", "tests.fuzz.walkers", str(seed), str(count), slate.name]
        line += [str(shared)] if shared is not None else []
        ran = subprocess.run(line, capture_output=True, check=False)
        if ran.returncode == 0:
            told: dict[str, Any] = json.loads(ran.stdout)
            return told
        lying = Path(slate.name).read_bytes()
    size, place = (int.from_bytes(lying[at : at + 8], "little") for at in (0, 8))
    what = f"the process ended with {ran.returncode}"
    data = lying[16 : 16 + size].hex()
    return {"tries": 0, "found": [(what, FORMATS[place], data, ran.stderr.decode()[-2_000:])]}


def add(outcome: Outcome, told: dict[str, Any]) -> None:
    """One process's figures to those of all."""
    outcome.walked += told["tries"]
    outcome.steps = max(outcome.steps, told.get("steps", 0))
    outcome.new += told.get("new", 0)
    outcome.slowest_s = max(outcome.slowest_s, told.get("slowest", (0.0, ""))[0])
    outcome.walkers_grown_bytes = max(outcome.walkers_grown_bytes, told.get("grown_bytes", 0))
    outcome.walker_ends.update(told.get("ends", {}))
    known = {one.what for one in outcome.found}
    for what, format, data, trace in told["found"]:
        if what not in known:
            outcome.found.append(Found(what, format, bytes.fromhex(data), trace))
