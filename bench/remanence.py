"""What stays of a thousand jobs: canaries searched for in memory, files and the raw disk.

    python -m bench.remanence [--quick] [--check] [--markdown]

Jobs of every way and every end, in an order of chance, in a process that lives on and on a disk of
its own where one may be mounted; after every 50th all places are searched until nothing is found,
for two seconds at most. Some are runs of the command itself. Then every leak is made on purpose.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.tables import Goal, Table, show
from safelight.proof.remanence.canary import Mark, picture
from safelight.proof.remanence.controls import trip_all
from safelight.proof.remanence.search import Found, search, search_file
from safelight.proof.remanence.watched import Ground, Subject
from safelight.worker.freeing import OVERWRITTEN
from tests.proof.disks import can_mount, disk
from tests.proof.trials import BAD, GOOD, UGLY, Course, Trial

JOBS, QUICK_JOBS, EACH = 1_000, 100, 50
GONE_S = 2.0
MOST_WRITTEN_BYTES = 16_384
DISK_BYTES = 512 << 20
COMMAND = [sys.executable, "-m", "safelight.cli"]
# Of fifty jobs so many end well, so many in an error that is quick to come by, one in a slow one,
# and so many are runs of the command.
WELL, BADLY, SLOWLY, COMMANDS = 30, 15, 1, 4


@dataclass
class Seen:
    """What the searches found, by detector; how long until nothing was; how much was looked at."""

    copies: Counter[str] = field(default_factory=Counter)
    searches: int = 0
    slowest_s: float = 0.0
    searched_bytes: int = 0
    by_command: int = 0
    on_disk: int | None = None


def tables(quick: bool) -> list[Table]:
    """The jobs, then the leaks."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        seen, course = _jobs(folder, QUICK_JOBS if quick else JOBS)
        tripped = trip_all(folder / "leaks")
    written = [one for name, all_ in course.written.items() if _counts(name) for one in all_]
    jobs = course.jobs + seen.by_command
    where = "memory, files" + ("" if seen.on_disk is None else ", raw disk")
    mean = sum(written) / len(written)
    goals = (
        Goal(f"canaries left after {jobs} jobs ({where})", _left(seen), 0, digits=0),
        Goal("seconds until no canary was left, at worst", seen.slowest_s, GONE_S, "s"),
        Goal("jobs between canary searches that ended otherwise", len(course.wrong), 0, digits=0),
        Goal("bytes written a job besides its output, canary jobs", mean, MOST_WRITTEN_BYTES,
             digits=0),
        Goal("canary leaks made on purpose and seen", sum(bool(one.seen) for one in tripped), 10,
             is_floor=True, digits=0),
        Goal("canary leaks that went by unseen", sum(one.is_blind for one in tripped), 0, digits=0),
    )  # fmt: skip
    rows = tuple(_row(trial, course) for trial in (*GOOD, *BAD, *UGLY))
    notes = (
        f"{seen.searches} searches, {seen.searched_bytes / 1e9:.1f} GB looked through; "
        f"{seen.by_command} jobs by the command; "
        f"written, at the most: {max(written)} bytes",
        "a spilled job writes its encrypted file besides",
        *course.wrong,
    )
    leaks = tuple(
        (one.leak.name, one.leak.sentence, "cannot be told" if one.seen is None else str(one.seen))
        for one in tripped
    )
    return [
        Table("What stays of a job", ("job", "times", "written"), rows, notes, goals),
        Table("Leaks made on purpose", ("leak", "what is done", "copies or bytes seen"), leaks),
    ]


def _jobs(folder: Path, jobs: int) -> tuple[Seen, Course]:
    mark, seen, draw = Mark(), Seen(), random.Random(5)
    with (
        _ground(folder) as (ground, raw),
        _inboxes(folder) as inboxes,
        Subject(ground, environment=OVERWRITTEN) as subject,
    ):
        course = Course(subject, mark, inboxes=inboxes)
        course.begin()
        while course.jobs + seen.by_command < jobs:
            for trial in _fifty(draw):
                course.run(trial)
            seen.by_command += _command_jobs(ground, folder, mark)
            _look(subject, mark, seen)
            subject.ground.empty()
            course.lay_out()
        if raw is not None:
            os.sync()
            seen.on_disk = sum(search_file(mark, raw, Found()).values())
    return seen, course


def _fifty(draw: random.Random) -> list[Trial]:
    """Each that ends well at least twice, each that does not once."""
    chosen = [GOOD[number % len(GOOD)] for number in range(WELL)]
    chosen += [BAD[number % len(BAD)] for number in range(BADLY)]
    chosen += draw.sample(UGLY, SLOWLY)
    draw.shuffle(chosen)
    return chosen


def _look(subject: Subject, mark: Mark, seen: Seen) -> None:
    found = subject.clean(mark, GONE_S)
    seen.slowest_s = max(seen.slowest_s, found.waited_s)
    seen.searches += 1
    seen.searched_bytes += found.bytes_searched
    for name in found.copies:
        seen.copies[name] += found.of(name)


def _left(seen: Seen) -> int:
    return sum(seen.copies.values()) + (seen.on_disk or 0)


def _command_jobs(ground: Ground, folder: Path, mark: Mark) -> int:
    """A stream through the command, and a batch of three."""
    inbox = folder / "inbox of the command"
    inbox.mkdir(exist_ok=True)
    for number in range(COMMANDS - 1):
        (inbox / f"{mark.name(number)}.png").write_bytes(picture(mark, number))
    into = f"{ground.part('out')}/"
    name = ("--name", "c{index}.{ext}", "--existing", "overwrite")
    _command(ground, ["resize", "-", "--width", "64", "-o", "-"], picture(mark, 9))
    _command(ground, ["resize", str(inbox), "--width", "64", "-o", into, *name], b"")
    left = search(mark, [], [ground.part("state"), ground.part("out")])
    if left.total:
        raise SystemExit(f"the command left {left.copies}")
    return COMMANDS


def _command(ground: Ground, words: list[str], given: bytes) -> None:
    with ground.log.open("ab") as log:
        done = subprocess.run(
            [*COMMAND, *words],
            input=given,
            stdout=subprocess.DEVNULL,
            stderr=log,
            env=ground.environment(),
            cwd=ground.part("tmp"),
            check=False,
        )
    if done.returncode:
        raise SystemExit(f"{words[0]} ended with {done.returncode}")


@contextmanager
def _ground(folder: Path) -> Iterator[tuple[Ground, Path | None]]:
    if not can_mount():
        yield Ground.made(folder / "ground"), None
        return
    with disk(folder, DISK_BYTES) as made:
        yield Ground.made(made.mounted / "ground"), made.raw


@contextmanager
def _inboxes(folder: Path) -> Iterator[Path]:
    """Where pictures come from, and what is worked on in place stays: on another disk."""
    place = folder / "inboxes"
    place.mkdir()
    if not can_mount():
        yield place
        return
    with disk(place) as made:
        yield made.mounted


def _counts(name: str) -> bool:
    """Whether this job wrote an output, and nothing to be held besides."""
    trial = next(one for one in (*GOOD, *BAD, *UGLY) if one.name == name)
    return trial.code == "done" and trial.engine != "spilling" and trial.name != "looked at"


def _row(trial: Trial, course: Course) -> tuple[str, str, str]:
    written = course.written.get(trial.name, [])
    mean = f"{sum(written) / len(written):.0f}" if written else "-"
    return (f"{trial.name}: {trial.code}", str(len(written)), mean)


if __name__ == "__main__":
    sys.exit(show(__doc__, tables))
