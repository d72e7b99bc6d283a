"""A folder of 500 photographs through `safelight run`: two cores beside one.

    python -m bench.folder [--quick] [--check] [--markdown]

The recipe makes WebPs of 1280 pixels. Both runs use the whole command, keys, receipts and flushes
included, and take turns; the least of the rounds counts. One core means one picture at a time and
one thread in its worker.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.command import photograph
from bench.tables import Goal, Table, show

PHOTOS, QUICK_PHOTOS, KINDS = 500, 60, 10
SIZE = (1_600, 1_200, 85)
ROUNDS, QUICK_ROUNDS = 2, 1
LEAST_GAIN = 1.8
RECIPE = {"steps": [{"op": "resize", "fit": "1280x1280"}, {"op": "convert", "to": "webp"}]}


def draw(folder: Path, count: int) -> None:
    """A few photographs over and over; each file is worked on anew."""
    folder.mkdir()
    for number in range(count):
        path = folder / f"{number:04}.jpg"
        if number < KINDS:
            path.write_bytes(photograph(*SIZE, seed=number))
        else:
            shutil.copy(folder / f"{number % KINDS:04}.jpg", path)


def run_s(home: Path, jobs: int, cores: set[int]) -> float:
    """Seconds of wall clock for the folder, on these cores alone."""
    out = home / "out"
    shutil.rmtree(out, ignore_errors=True)
    command = [sys.executable, "-m", "safelight.cli", "run", str(home / "recipe.json")]
    command += [str(home / "in"), "-o", f"{out}/", "-q", "--jobs", str(jobs)]
    environment = {**os.environ, "SAFELIGHT_STATE_DIR": str(home / "state")}
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        started = time.perf_counter()
        subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
        return time.perf_counter() - started
    finally:
        os.sched_setaffinity(0, before)


def tables(quick: bool) -> list[Table]:
    """Seconds and pictures a second, and how many times faster two cores are."""
    count, rounds = (QUICK_PHOTOS, QUICK_ROUNDS) if quick else (PHOTOS, ROUNDS)
    first, second = sorted(os.sched_getaffinity(0))[:2]
    ways = {"one core": (1, {first}), "two cores": (2, {first, second})}
    taken: dict[str, list[float]] = {name: [] for name in ways}
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        draw(home / "in", count)
        (home / "recipe.json").write_text(json.dumps(RECIPE))
        for _ in range(rounds):
            for way, (jobs, cores) in ways.items():
                taken[way].append(run_s(home, jobs, cores))
    rows = [
        (way, f"{min(row):.1f}", f"{count / min(row):.1f}", f"{min(row) / count * 1e3:.0f}")
        for way, row in taken.items()
    ]
    gain = min(taken["one core"]) / min(taken["two cores"])
    goal = Goal("two cores, times one", gain, LEAST_GAIN, "x", is_floor=True)
    title = f"{count} photographs of 2 megapixels to WebP, the whole command"
    return [Table(title, ("", "s", "pictures a second", "ms each"), tuple(rows), goals=(goal,))]


if __name__ == "__main__":
    sys.exit(show(__doc__, tables))
