"""Memory does not grow with the picture: peaks of the same work on 12 and on 100 megapixels.

    python -m bench.constant_memory [--quick] [--check] [--markdown]

Each job runs as in a worker, in a fresh process whose proportional set size is sampled at 50 Hz; it
holds the interpreter, libvips, the encoded input and the encoded result. What the two files take
more at 100 megapixels is taken off before the two are compared. Formats whose encoders want the
whole picture (WebP, AVIF, interlaced PNG) are shown, without a goal.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.drawing import jpeg
from bench.tables import Goal, Table, show
from bench.watch import set_size

SMALL, LARGE = (4_000, 3_000), (11_600, 8_700)
STEPS: dict[str, list[dict[str, Any]]] = {
    "resize to 2048": [{"op": "resize", "fit": "2048x2048"}],
    "crop to a square": [{"op": "crop", "aspect": "1:1"}],
    "convert to JPEG": [{"op": "convert", "to": "jpeg", "quality": 80}],
    "convert to PNG": [{"op": "convert", "to": "png", "effort": 1}],
    "scrub": [{"op": "scrub"}],
}
WHOLE: dict[str, list[dict[str, Any]]] = {
    "convert to WebP": [{"op": "convert", "to": "webp", "effort": 0}],
}
MOST_GROWTH_MB = 64.0
SAMPLES_PER_S = 50


def work(recipe: str, path: Path) -> None:
    """The job itself, in the process that is watched."""
    from safelight.limits import Limits
    from safelight.recipe import Recipe
    from safelight.worker.child import perform

    data = path.read_bytes()
    steps = Recipe.parse(recipe, is_json=True).canonical
    done = perform(memoryview(data), steps, (), Limits(), progress=lambda _: None, wants_image=True)
    print(sum(map(len, done.pieces)), flush=True)


def peak(steps: list[dict[str, Any]], path: Path) -> tuple[float, float]:
    """The highest set size of a fresh process, and its input and result, in MB."""
    highest = 0
    recipe = json.dumps({"steps": steps})
    command = [sys.executable, "-m", "bench.constant_memory", "--work", recipe, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        while child.poll() is None:
            highest = max(highest, set_size(child.pid))
            time.sleep(1 / SAMPLES_PER_S)
        made = child.stdout.read() if child.stdout else ""
    if child.returncode:
        raise SystemExit(f"{recipe} failed")
    return highest / 1e6, (path.stat().st_size + int(made)) / 1e6


def tables(quick: bool) -> list[Table]:
    """Peaks of both sizes, and what lies between them."""
    rows, goals = [], []
    chosen = dict(list(STEPS.items())[:2]) if quick else STEPS | WHOLE
    with tempfile.TemporaryDirectory() as name:
        paths = []
        for size in (SMALL, LARGE):
            paths.append(Path(name) / f"{size[0]}.jpg")
            paths[-1].write_bytes(jpeg(*size))
        for words, steps in chosen.items():
            (small, small_files), (large, large_files) = (peak(steps, path) for path in paths)
            growth = large - small - (large_files - small_files)
            rows.append((words, f"{small:.0f}", f"{large:.0f}", f"{growth:+.0f}"))
            if words in STEPS:
                goals.append(Goal(f"{words}: more at 100 MP", growth, MOST_GROWTH_MB, "MB"))
    head = ("JPEG in", "MB at 12 MP", "MB at 100 MP", "more, files apart")
    return [Table("Peak memory", head, tuple(rows), goals=tuple(goals))]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--work", nargs=2)
    known, _ = parser.parse_known_args()
    if known.work:
        work(known.work[0], Path(known.work[1]))
    else:
        sys.exit(show(__doc__, tables))
