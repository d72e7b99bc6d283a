"""Memory over many pictures: it must not grow with their number.

    python -m bench.flat_memory [--quick] [--check] [--markdown]

The real command runs one recipe (repair, enlarge, cut out: whatever has a model) over 1,000 small
pictures in a batch. Eight times a second the proportional set sizes of the command and of all
processes that it started are added up, and the files that they hold in memory. A control runs
through the same measurement: a process that keeps 100 kB of each picture; it must be seen.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.drawing import photograph
from bench.tables import Goal, Table, show
from bench.watch import Sample, level_bytes, settled, slope_bytes, watched
from safelight.errors import ModelMissing
from safelight.models.store import Store
from safelight.operation import Operation
from safelight.recipe import operations

PICTURES, QUICK_PICTURES = 1_000, 240
WIDTH, HEIGHT = 96, 72
KINDS = 16
# One step each: the first of its kinds whose models are there. What auto finds nothing to do for
# would measure nothing.
STEPS: dict[str, tuple[dict[str, Any], ...]] = {
    "restore": ({"denoise": 30, "jpeg": 40}, {"denoise": 30, "jpeg": "off"}),
    "upscale": ({"scale": 2},),
    "cutout": ({},),
}
WARM_UP = 20
# What the slope may add up to over the whole run. Workers come and go, so a short run is noisier.
MOST_GROWN_BYTES, MOST_GROWTH = 10e6, 1.05
LEAK_BYTES = 100_000
LEAKY = """
import sys, time
from pathlib import Path
folder, count, leak = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
folder.mkdir()
kept = []
for number in range(count):
    kept.append(bytearray(b"x") * leak)
    (folder / f"{number}.png").write_bytes(b"")
    time.sleep(0.02)
"""


def usable_steps() -> dict[str, dict[str, Any]]:
    """Of the three operations those that exist and have their models, with their parameters."""
    found: dict[str, dict[str, Any]] = {}
    for name, kinds in STEPS.items():
        operation = operations().get(name)
        for parameters in kinds if operation is not None else ():
            if name not in found and operation is not None and has_models(operation(**parameters)):
                found[name] = parameters
    return found


def has_models(operation: Operation) -> bool:
    """Whether everything that it asks for is in the catalogue."""
    try:
        for need in operation.needs():
            Store().find(need)
    except ModelMissing:
        return False
    return True


def draw(folder: Path, count: int) -> None:
    """Small pictures, a few kinds over and over."""
    folder.mkdir()
    whole = photograph(WIDTH * KINDS, HEIGHT)
    for number in range(count):
        path = folder / f"{number:04}.png"
        if number < KINDS:
            whole.crop(WIDTH * number, 0, WIDTH, HEIGHT).write_to_file(str(path))
        else:
            shutil.copy(folder / f"{number % KINDS:04}.png", path)


def run_batch(home: Path, count: int, steps: dict[str, dict[str, Any]]) -> list[Sample]:
    draw(home / "in", count)
    recipe = home / "recipe.json"
    recipe.write_text(json.dumps({"steps": [{"op": op} | facts for op, facts in steps.items()]}))
    command = [sys.executable, "-m", "safelight.cli", "run", str(recipe), str(home / "in")]
    environment = {**os.environ, "SAFELIGHT_STATE_DIR": str(home / "state")}
    return watched([*command, "-o", f"{home / 'out'}/", "-q"], home / "out", environment)


def run_leak(home: Path, count: int) -> list[Sample]:
    command = [sys.executable, "-c", LEAKY, str(home / "leak"), str(count), str(LEAK_BYTES)]
    return watched(command, home / "leak", dict(os.environ))


def figures(samples: Sequence[Sample], total: int) -> tuple[float, float, float]:
    """MB held over the first and the last tenth, and bytes left by each picture."""
    steady, part = settled(samples, WARM_UP, total), total // 10
    first = level_bytes(steady, WARM_UP, WARM_UP + part)
    return first / 1e6, level_bytes(steady, total - part, total) / 1e6, slope_bytes(steady)


def is_leak(slope: float, total: int) -> bool:
    """Whether so many pictures would leave more than may be left."""
    return slope * total > MOST_GROWN_BYTES


def tables(quick: bool) -> list[Table]:
    """What is held at the first and last pictures, and the slope between them."""
    count, steps = QUICK_PICTURES if quick else PICTURES, usable_steps()
    with tempfile.TemporaryDirectory() as name:
        ours = figures(run_batch(Path(name), count, steps), count)
        control = figures(run_leak(Path(name), QUICK_PICTURES), QUICK_PICTURES)
    rows = [
        (what, f"{first:.0f}", f"{last:.0f}", f"{slope / 1e3:+.2f}")
        for what, (first, last, slope) in (
            (", ".join(steps), ours),
            ("control that leaks", control),
        )
    ]
    most_kb = MOST_GROWN_BYTES / count / 1e3
    absent = [step for step in STEPS if step not in steps]
    notes = [f"missing: {step} has no model yet" for step in absent]
    notes.append("control: seen" if is_leak(control[2], QUICK_PICTURES) else "control: NOT SEEN")
    return [
        Table(
            f"Memory over {count} pictures of {WIDTH}x{HEIGHT} in one batch",
            ("recipe", "MB, first tenth", "MB, last tenth", "kB per picture"),
            tuple(rows),
            tuple(notes),
            (
                Goal("slope", ours[2] / 1e3, most_kb, "kB per picture"),
                Goal("last tenth, times the first", ours[1] / ours[0], MOST_GROWTH, "x"),
                Goal("control", control[2] / 1e3, LEAK_BYTES / 2e3, "kB per picture", True),
            ),
        )
    ]


if __name__ == "__main__":
    sys.exit(show(__doc__, tables))
