"""100 product pictures cut out by the real command, beside a u2netp-shaped net.

    python -m bench.cutout_speed [--quick] [--check] [--markdown]

The pictures are drawn (1200x1200, JPEG). Ours is the command as a user runs it: cages, receipts,
edges, PNG. The other side has the shape of u2netp with random weights, so its time counts and its
masks mean nothing: two processes of one thread each, plain decode, net, mask and PNG, without cage
or receipt. Both take turns. The 222 seconds are the article's, for the same number of pictures on
its author's laptop with another tool, and were not measured here.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np

from bench.graphs import opened, u2netp
from bench.products import product, save_all
from bench.tables import Goal, Spread, Table, missing, show
from bench.u2netp_side import tensor_of
from safelight.errors import ModelMissing
from safelight.models.runtimes import open_session
from safelight.models.store import Store
from safelight.operation import ModelNeed
from safelight.recipe import operations

PICTURES, QUICK_PICTURES = 100, 20
CORES = 2
GOAL_S, ARTICLE_S = 22.0, 222.0
NET_GOAL_MS, MODEL_GOAL_MB = 25.0, 5.0
NET_ROUNDS = 9


@dataclass(frozen=True)
class Spent:
    """Seconds on the wall, and of all processors together."""

    wall_s: float
    processor_s: float

    @classmethod
    def by(cls, work: Callable[[], None]) -> Spent:
        """Of child processes that have ended when work returns."""
        start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        work()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return cls(time.perf_counter() - start, spent)

    def shown(self) -> tuple[str, str, str]:
        """With what the processors' seconds would take on two cores that do nothing else."""
        least_s = self.processor_s / CORES
        return f"{self.wall_s:.1f}", f"{self.processor_s:.1f}", f"{least_s:.1f}"


def need() -> ModelNeed | None:
    """The model that the operation asks for when nothing is said; None without either."""
    kind = operations().get("cutout")
    try:
        wanted = kind().needs()[0] if kind is not None else None
        if wanted is not None:
            Store().find(wanted)
    except ModelMissing:
        return None
    return wanted


def ours(source: Path, home: Path, *, cores: int = CORES) -> None:
    shutil.rmtree(home / "ours", ignore_errors=True)
    command = [sys.executable, "-m", "safelight.cli", "cutout", str(source)]
    command += ["-o", f"{home / 'ours'}/", "-q", "-j", str(cores)]
    environment = {**os.environ, "SAFELIGHT_STATE_DIR": str(home / "state")}
    subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)


def theirs(source: Path, home: Path) -> None:
    target = home / "theirs"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    command = [sys.executable, "-m", "bench.u2netp_side", str(source), str(target)]
    root = Path(__file__).resolve().parents[1]
    started = [
        subprocess.Popen([*command, str(place), str(CORES)], cwd=root) for place in range(CORES)
    ]
    if any(child.wait() for child in started):
        raise SystemExit("the other side failed")


def whole(quick: bool) -> Table:
    count = QUICK_PICTURES if quick else PICTURES
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        save_all(home / "in", count)
        save_all(home / "first", 1)
        # What happens once on a machine: keys, and the choice of threads.
        ours(home / "first", home)
        rounds = [
            (Spent.by(lambda: ours(home / "in", home)), Spent.by(lambda: theirs(home / "in", home)))
            for _ in range(1 if quick else 2)
        ]
    best, other = (min(some, key=lambda one: one.wall_s) for some in zip(*rounds, strict=True))
    ratio = median(b.processor_s / a.processor_s for a, b in rounds)
    goal_s = GOAL_S * count / PICTURES
    return Table(
        f"{count} product pictures cut out, best of {len(rounds)} turns, seconds",
        ("", "wall", "all processors", "on two idle cores at least"),
        (
            ("safelight cutout", *best.shown()),
            ("u2netp shape, random weights, plain code", *other.shown()),
            (
                "the article's laptop, not measured here",
                f"{ARTICLE_S * count / PICTURES:.0f}",
                "",
                "",
            ),
        ),
        (f"Processor time of the plain code around the u2netp shape: {ratio:.2f} times ours.",),
        (Goal(f"wall for {count} pictures", best.wall_s, goal_s, "s", digits=1),),
    )


def nets(wanted: ModelNeed) -> Table:
    """The two nets alone, one thread, in turn."""
    with Store().load(wanted) as model:
        entry, session = model.entry, open_session(model.entry, model.view(), threads=1)
    facts = entry.input
    side = facts.side or facts.tile
    shape = (1, facts.channels, side, side)
    value = np.random.default_rng(1).random(shape, np.float32)
    if facts.layout == "NHWC":
        value = np.moveaxis(value, 1, 3)
    rival, tensor = opened(u2netp()[0]), tensor_of(product(0))
    rows: dict[str, list[float]] = {"ours": [], "theirs": []}
    for _ in range(NET_ROUNDS + 1):
        rows["ours"].append(thread_ms(lambda: session.run(value)))
        rows["theirs"].append(thread_ms(lambda: rival.run(None, {"x": tensor})))
    mine, other = (Spread.of(row[1:]) for row in rows.values())
    return Table(
        "The nets alone, ms a picture on one thread, median (middle half)",
        ("", "ms"),
        (
            (f"{entry.name}, {side}x{side}, {entry.size_bytes / 1e6:.2f} MB", mine.shown()),
            ("u2netp shape, 320x320", other.shown()),
        ),
        goals=(
            Goal("net", mine.middle, NET_GOAL_MS, "ms", digits=1),
            Goal("model file", entry.size_bytes / 1e6, MODEL_GOAL_MB, "MB"),
        ),
    )


def thread_ms(work: Callable[[], object]) -> float:
    start = time.thread_time()
    work()
    return (time.thread_time() - start) * 1e3


def tables(quick: bool) -> list[Table]:
    """The command over a folder, and the nets alone; missing without a model."""
    wanted = need()
    if wanted is None:
        return [missing("Product pictures cut out", "there is no model for cutout yet")]
    return [whole(quick), nets(wanted)]


if __name__ == "__main__":
    sys.exit(show(__doc__, tables))
