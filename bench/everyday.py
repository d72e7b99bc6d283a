"""Everyday work on a 12-megapixel photograph, beside bare pyvips, Pillow, OpenCV and sharp.

    python -m bench.everyday [--quick] [--check] [--markdown]

A thumbnail of 256 pixels, and 2048 pixels as WebP, JPEG, AVIF and PNG, with the same quality and
effort wherever a tool has that knob. All are warm and work from bytes to bytes; they take turns,
and the best of the rounds counts. Ours runs in a fresh caged worker each time; reading and hashing
lie outside. The goal: no slower than the best of them, and the cage.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

from bench.command import LARGE, photograph
from bench.everyday_side import SIDES, TOOLS
from bench.tables import Goal, Table, show
from safelight.engine.engine import Engine
from safelight.engine.selftest import usable_cores
from safelight.ops.convert import Convert
from safelight.ops.resize import Resize
from safelight.recipe import Recipe
from safelight.worker.job import Job
from safelight.worker.memory import Sheet

ROOT = Path(__file__).resolve().parents[1]
SHARP, SHARP_HOME = ROOT / "bench" / "sharp", ROOT / "build" / "sharp"
CAGE_MS, CAGE_SHARE = 15.0, 0.10
ROUNDS, QUICK_ROUNDS = 9, 3
# Until the next worker stands ready, as it does in the pauses of ordinary work.
PAUSE_S = 0.08
OURS = "safelight"
WISHES: dict[str, dict[str, Any]] = {
    "thumbnail": {"to": "jpeg", "quality": 80},
    "webp": {"to": "webp", "quality": 80},
    "jpeg": {"to": "jpeg", "quality": 85},
    "avif": {"to": "avif", "quality": 60},
    "png": {"to": "png"},
}
Timer = Callable[[str], tuple[float, int]]


@contextmanager
def side(command: list[str], threads: int) -> Iterator[Timer]:
    """Another tool in its process: milliseconds and bytes of a task."""
    pipe = subprocess.PIPE
    environment = {**os.environ, "VIPS_CONCURRENCY": str(threads)}
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=environment) as child:

        def timed(task: str) -> tuple[float, int]:
            if child.stdin is None or child.stdout is None:
                raise SystemExit("a side without pipes")
            child.stdin.write(f"{task} {threads}\n")
            child.stdin.flush()
            taken_ms, size = child.stdout.readline().split()
            return float(taken_ms), int(size)

        yield timed
        child.communicate()


@contextmanager
def ours(data: bytes, threads: int) -> Iterator[Timer]:
    """The engine's own host, one job at a time; cores are shared out among the jobs it may have."""
    jobs = max(1, usable_cores() // threads)
    with closing(Engine(jobs=jobs)) as engine, closing(Sheet.holding(data)) as sheet:

        def timed(task: str) -> tuple[float, int]:
            side_px = SIDES[task]
            recipe = Recipe((Resize(fit=f"{side_px}x{side_px}"), Convert(**WISHES[task])))
            host = engine.host(recipe, "jpeg")
            time.sleep(PAUSE_S)
            started = time.perf_counter()
            with host.run(Job(sheet.fd, sheet.size_bytes, recipe.canonical)) as answer:
                taken_ms = (time.perf_counter() - started) * 1e3
                return taken_ms, len(answer.output or b"")

        yield timed


def sharp_command(photo: Path) -> list[str] | None:
    """What starts sharp; it is installed by its lock when npm is here. None if it cannot be."""
    if shutil.which("node") is None:
        return None
    if not (SHARP_HOME / "node_modules" / "sharp").is_dir():
        if shutil.which("npm") is None:
            return None
        shutil.copytree(SHARP, SHARP_HOME, dirs_exist_ok=True)
        line = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        if subprocess.run(line, cwd=SHARP_HOME, capture_output=True, check=False).returncode:
            return None
    shutil.copy(SHARP / "side.mjs", SHARP_HOME)
    return ["node", str(SHARP_HOME / "side.mjs"), str(photo)]


def measured(data: bytes, photo: Path, threads: int, rounds: int) -> dict[str, dict[str, Any]]:
    """For each tool and task the best milliseconds and the bytes made, with so many threads."""
    best: dict[str, dict[str, Any]] = {}
    with ExitStack() as stack:
        timers: dict[str, Timer] = {OURS: stack.enter_context(ours(data, threads))}
        for name in TOOLS:
            command = [sys.executable, "-m", "bench.everyday_side", name, str(photo)]
            timers[name] = stack.enter_context(side(command, threads))
        sharp = sharp_command(photo)
        if sharp is not None:
            timers["sharp"] = stack.enter_context(side(sharp, threads))
        for _ in range(rounds + 1):
            for task in SIDES:
                for name, timed in timers.items():
                    known = best.setdefault(name, {}).get(task, (float("inf"), 0))
                    best[name][task] = min(known, timed(task))
    return best


def table(words: str, best: dict[str, dict[str, Any]]) -> Table:
    """Milliseconds; the goals say by how much ours is behind the best of the others."""
    others = [*TOOLS, "sharp"]
    rows, goals = [], []
    for task in SIDES:
        taken = {name: best[name][task][0] for name in best}
        mine, fastest = taken[OURS], min(taken[name] for name in taken if name != OURS)
        cells = [f"{taken[name]:.0f}" if name in taken else "missing" for name in others]
        rows.append((task, f"{mine:.0f}", *cells, f"{mine / fastest:.2f}"))
        allowed = max(CAGE_MS, CAGE_SHARE * fastest)
        goals.append(Goal(f"{task}, {words}: above the best", mine - fastest, allowed, "ms"))
    made = [
        f"{name} {', '.join(f'{best[name][task][1] / 1e3:.0f}' for task in SIDES)}" for name in best
    ]
    title = f"Everyday work on 12 megapixels, {words}: milliseconds, and ours over the best"
    head = ("task", f"{OURS}, caged", *others, "ratio")
    return Table(
        title, head, tuple(rows), (f"kB made, in this order: {'; '.join(made)}",), (*goals,)
    )


def tables(quick: bool) -> list[Table]:
    """With one thread, and with as many as there are cores."""
    rounds, cores = QUICK_ROUNDS if quick else ROUNDS, usable_cores()
    data = photograph(*LARGE, seed=1)
    with tempfile.TemporaryDirectory() as name:
        os.environ |= {"SAFELIGHT_STATE_DIR": f"{name}/state", "ORT_DISABLE_TELEMETRY": "1"}
        photo = Path(name) / "photo.jpg"
        photo.write_bytes(data)
        return [
            table("one thread", measured(data, photo, 1, rounds)),
            table(f"{cores} threads", measured(data, photo, cores, rounds)),
        ]


if __name__ == "__main__":
    sys.exit(show(__doc__, tables))
