"""The goals of reliability and security, measured in one run, beside what others publish.

    python -m bench.goals [--quick] [--check] [--markdown]

Attacks contained, calls within reach, the tax of the cage, what stays of a job, claims with tests
and controls, the time of `prove`, encrypted files, pinned packages, and that nothing works on in a
cage that lost a layer. What only a server can show is measured with the server.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench import remanence, stream, tax
from bench.command import photograph
from bench.tables import Goal, Table, show
from safelight.errors import LevelTooLow
from safelight.limits import Limits
from safelight.ops.resize import Resize
from safelight.proof.claims import load
from safelight.proof.comparison import rows
from safelight.proof.components.installed import packages
from safelight.proof.control import run_uncaged
from safelight.proof.dependencies import check_imports
from safelight.recipe import Recipe
from safelight.worker import seccomp, syscalls
from safelight.worker.caged import CagedHost
from safelight.worker.job import CageReport, Plan
from safelight.worker.layers import LAYERS

ROOT = Path(__file__).resolve().parents[1]
PLAN = Plan(True, frozenset(), Limits(), required_level=0)
NOBODY = "none found"
PIN = re.compile(r"^[a-z0-9._-]+==\S+ \\\n(?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+", re.M)


@dataclass(frozen=True)
class Measured:
    """One line: the goal by its number, what was found, and what others publish of it."""

    number: int
    goal: Goal
    shown: str
    others: str


def tables(quick: bool) -> list[Table]:
    """The goals in their order, then the tables that some of them rest on."""
    parts = [*tax.tables(quick), *remanence.tables(quick), *stream.tables(quick)]
    found = [*attacks(), *of_tables(parts), *claims(), proving(), *packaged(), closed()]
    found.sort(key=lambda one: one.number)
    lines = tuple((f"{one.number}", one.goal.what, one.shown, one.others) for one in found)
    head = ("", "goal", "measured", "published by others")
    title = "Goals of reliability and security"
    return [Table(title, head, lines, goals=tuple(one.goal for one in found)), *parts]


def attacks() -> Iterator[Measured]:
    """1 and 2: what the cage contains at both levels, with live controls; what it leaves open."""
    control = run_uncaged()
    for without, level in ((frozenset[str](), 3), (frozenset({"namespaces"}), 2)):
        report = reported(without)
        total, held = len(report.attempts), report.contained
        live = sum(row.control for row in rows(report.attempts, control))
        share = held / total if report.level == level and total >= 60 else 0.0
        what = f"attacks contained at level {level}, of at least 60"
        shown = f"{held} of {total}, {live} get through without a cage"
        others = "rustbox-escape-tests: 156 of 156, its own container" if level == 3 else NOBODY
        yield Measured(1, Goal(what, 100 * share, 100, "%", is_floor=True, digits=0), shown, others)
    count = len(seccomp.reachable(syscalls.architecture()))
    goal = Goal("system calls within a worker's reach", count, 45, digits=0)
    yield Measured(2, goal, str(count), "glycin: about 100")


def reported(without: frozenset[str]) -> CageReport:
    with CagedHost(PLAN, without=without) as host:
        return host.report()


def of_tables(parts: list[Table]) -> Iterator[Measured]:
    """3, 4 and a part of 10: the goals that those measurements set themselves."""
    numbers = {3: "what the cage costs", 4: "canar", 10: "one core"}
    for part in parts:
        for goal in part.goals:
            number = next((n for n, words in numbers.items() if words in goal.what), 4)
            shown = f"{goal.measured:.{goal.digits}f} {goal.unit}".strip()
            yield Measured(number, goal, shown, NOBODY)


def claims() -> Iterator[Measured]:
    """8: claims whose tests pass and whose controls trip, by running them; a part of 10 with it."""
    every = load().claim
    nodes = sorted({node for one in every for node in (*one.tests, *one.controls)})
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run.json"
        command = [sys.executable, "-m", "pytest", "-q", "-n2", "-p", "no:cacheprovider"]
        subprocess.run(
            [*command, "--claims", str(run), *nodes], cwd=ROOT, stdout=subprocess.DEVNULL
        )
        passed = set(json.loads(run.read_text())["passed"])
    shown = [one for one in every if {*one.tests, *one.controls} <= passed]
    goal = Goal(
        "claims with a passing test and a tripped control",
        100 * len(shown) / len(every), 100, "%", is_floor=True, digits=0,
    )  # fmt: skip
    yield Measured(8, goal, f"{len(shown)} of {len(every)}", NOBODY)
    rest = [one for one in every if one.id in ("at-rest", "deleted")]
    held = 100.0 if rest and all(one in shown for one in rest) else 0.0
    goal = Goal("changed encrypted files and databases refused", held, 100, "%", is_floor=True)
    yield Measured(10, goal, f"{len(rest)} claims", NOBODY)


def proving() -> Measured:
    """9: one command, all of it."""
    started = time.monotonic()
    command = [sys.executable, "-m", "safelight.cli", "prove"]
    ran = subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, check=False)
    took_s = time.monotonic() - started if ran.returncode == 0 else float("inf")
    goal = Goal("a user's check of everything, in one command", took_s, 30, "s", digits=1)
    return Measured(9, goal, f"{took_s:.1f} s", NOBODY)


def packaged() -> Iterator[Measured]:
    """11: pins in the locks, components known, and what imports ask the kernel for."""
    bare = 0
    total = 0
    for path in sorted((ROOT / "requirements").glob("*.txt")):
        text = path.read_text()
        names = len(re.findall(r"^[a-z0-9._-]+==", text, re.M))
        total += names
        bare += names - len(PIN.findall(text))
    goal = Goal("packages in the locks without a hash", bare, 0, digits=0)
    shown = f"{bare} of {total}; {len(packages())} are in the list of components"
    yield Measured(11, goal, shown, "usual for a lock")
    found = check_imports()
    asked = len(found.seen.sockets) + len(found.seen.files) if found.is_live else float("inf")
    goal = Goal("sockets and files that imports ask for", asked, 0, digits=0)
    yield Measured(11, goal, found.sentence, NOBODY)


def closed() -> Measured:
    """12: with each layer taken away in turn, nothing is done at the level that needs it."""
    refused, recipe = 0, Recipe((Resize(width=8),))
    picture = photograph(64, 48, 90, seed=1)
    for layer in LAYERS:
        level = 3 if layer == "namespaces" else 2
        plan = Plan(True, frozenset(), Limits(), required_level=level)
        try:
            with CagedHost(plan, without=frozenset({layer})) as host:
                tax.run_caged(host, picture, recipe)
        except LevelTooLow:
            refused += 1
    goal = Goal("layers whose loss is refused", refused, len(LAYERS), is_floor=True, digits=0)
    others = "glycin: works on without a sandbox, with a line on the error stream"
    return Measured(12, goal, f"{refused} of {len(LAYERS)}", others)


if __name__ == "__main__":
    sys.exit(show(__doc__, tables))
