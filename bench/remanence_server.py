"""What stays in a server of a thousand jobs: canaries in memory, in files, on the raw disk.

    python -m bench.remanence_server [--quick] [--check] [--markdown]

Pictures go through every way in and to every end, in an order of chance, by the socket and by the
loopback; clients hang up, workers are killed, and now and then the front end or the back end is.
After every 50th all processes of the server and all places it may write to are searched until
nothing is found, for two seconds at most. Then a careless server leaks in every way, on purpose.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.serving import serving
from bench.tables import Goal, Table, show
from safelight.proof.remanence.canary import Mark
from safelight.proof.remanence.search import Found, search_file
from safelight.proof.remanence.storage import is_counted
from safelight.proof.remanence.watched import Ground, Subject
from safelight.proof.serving.course import Course
from safelight.proof.serving.refusals import BROKEN_OFF, REFUSED
from safelight.proof.serving.served import Served
from safelight.proof.serving.talk import Talk
from safelight.proof.serving.ways import WAYS, Shot
from tests.proof.disks import can_mount, disk
from tests.proof.served import (
    BACK,
    DOORS,
    FRONT,
    MORE_WAYS,
    NAMED,
    RECIPE,
    answers,
    begun,
    leaked,
    of_module,
    with_its_worker_killed,
)
from tests.proof.trials import until
from tests.server import careless, starter

JOBS, QUICK_JOBS, EACH = 1_000, 100, 50
# Of fifty requests so many end well, and so many are broken off; the rest is refused.
WELL, OFF = 30, 6
# Parts are killed in every so many rounds.
KILLED_EACH = 4
GONE_S = 2.0
MOST_WRITTEN_BYTES = 16_384
DISK_BYTES = 512 << 20
SPOOLED_SIDE = 800


@dataclass
class Seen:
    """What the searches found, by detector; how long until nothing was; how much was looked at."""

    copies: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    written: list[float] = field(default_factory=list)
    jobs: int = 0
    searches: int = 0
    slowest_s: float = 0.0
    searched_bytes: int = 0
    killed: Counter[str] = field(default_factory=Counter)
    on_disk: int | None = None
    late: list[str] = field(default_factory=list)


def tables(quick: bool) -> list[Table]:
    """The jobs, then the leaks."""
    with tempfile.TemporaryDirectory(prefix="left-") as name:
        folder = Path(name)
        seen = _jobs(folder, QUICK_JOBS if quick else JOBS)
        tripped = _leaks(folder)
    where = "memory, files" + ("" if seen.on_disk is None else ", raw disk")
    left = sum(seen.copies.values()) + (seen.on_disk or 0)
    goals = (
        Goal(f"canaries left in a server after {seen.jobs} jobs ({where})", left, 0, digits=0),
        Goal("seconds until no canary was left, at worst", seen.slowest_s, GONE_S, "s"),
        Goal("requests that ended otherwise than they must", len(seen.wrong), 0, digits=0),
        Goal("bytes written a job, canary jobs of a server", min(seen.written, default=0),
             MOST_WRITTEN_BYTES, digits=0),
        Goal("leaks of a careless server that were seen", sum(map(bool, tripped.values())),
             len(tripped), is_floor=True, digits=0),
    )  # fmt: skip
    notes = (
        f"{seen.searches} searches, {seen.searched_bytes / 1e9:.1f} GB looked through",
        *(f"{count} times killed: {name}" for name, count in sorted(seen.killed.items())),
        *seen.wrong[:20],
        *seen.late,
    )
    rows = tuple((name, str(count)) for name, count in tripped.items())
    return [
        Table("What stays in a server", ("",), (), notes, goals),
        Table("A careless server", ("leak", "copies or bytes seen"), rows),
    ]


def _jobs(folder: Path, jobs: int) -> Seen:
    seen, draw = Seen(), random.Random(5)
    recipe = folder / "small.json"
    recipe.write_text(RECIPE)
    words = ("--recipe", f"{NAMED}={recipe}", *DOORS)
    with _ground(folder) as (place, raw), serving(place, *words) as served:
        courses = [Course(Talk(one, served.token), Mark())
                   for one in (served.socket, served.ready.url)]  # fmt: skip
        with Subject(served.ground) as subject:
            is_told = is_counted(subject)
        while seen.jobs < jobs:
            course = courses[seen.searches % len(courses)]
            before = served.written_bytes()
            _fifty(course, draw)
            if is_told:
                seen.written.append((served.written_bytes() - before) / EACH)
            seen.jobs += EACH
            if not seen.searches % KILLED_EACH:
                _kill(served, course, seen)
            _look(served, course.mark, seen)
        seen.wrong += [one for course in courses for one in course.wrong]
        if raw is not None:
            os.sync()
            seen.on_disk = sum(
                sum(search_file(course.mark, raw, Found()).values()) for course in courses
            )
    return seen


def _fifty(course: Course, draw: random.Random) -> None:
    well = (*WAYS, *MORE_WAYS)
    chosen = [well[number % len(well)] for number in range(WELL)]
    chosen += [BROKEN_OFF[number % len(BROKEN_OFF)] for number in range(OFF)]
    chosen += [REFUSED[number % len(REFUSED)] for number in range(EACH - WELL - OFF)]
    draw.shuffle(chosen)
    for way in chosen:
        course.run(way)


def _kill(served: Served, course: Course, seen: Seen) -> None:
    """A worker, then each of the two parts, all in the middle of a picture."""
    course.jobs += 1
    shot = Shot(course.mark, course.jobs)
    code, killed = with_its_worker_killed(served, course.talk, shot)
    seen.killed["worker"] += killed
    if code != "done":
        seen.wrong.append(f"its worker killed: {code}")
    for module in (FRONT, BACK):
        path, pid = begun(course.talk, shot), of_module(served, module)
        os.kill(pid, signal.SIGKILL)
        seen.killed[module.split(".")[-2]] += 1
        if not until(lambda: answers(course.talk)):
            seen.wrong.append(f"{module} killed: no answer afterwards")
        course.talk.ask("DELETE", path)


def _look(served: Served, mark: Mark, seen: Seen) -> None:
    first = served.search(mark)
    found = served.clean(mark, GONE_S) if first.total else first
    if first.total:
        seen.late.append(f"{dict(first.copies)} at first, gone {found.waited_s:.1f} s after")
    seen.slowest_s = max(seen.slowest_s, found.waited_s)
    seen.searches += 1
    seen.searched_bytes += found.bytes_searched
    for name in found.copies:
        seen.copies[name] += found.of(name)


def _leaks(folder: Path) -> dict[str, int]:
    """How much was seen of each."""
    ground = Ground.made(folder / "loose")
    environment = starter.environment(leaves_files_in=ground.part("tmp"))
    with serving(ground.folder, command=starter.COMMAND, environment=environment) as served:
        seen = {leak: leaked(served, leak) for leak in careless.LEAKS if leak != careless.SPOOLED}
        found = {leak: one.total for leak, (one, _) in seen.items()}
        _, quiet = leaked(served, "", side=SPOOLED_SIDE)
        _, written = leaked(served, careless.SPOOLED, side=SPOOLED_SIDE)
        found[careless.SPOOLED] = max(0, written - quiet)
    ground = Ground.made(folder / "freed")
    environment = starter.environment(leaves_files_in=ground.part("tmp"), overwrites=False)
    with serving(ground.folder, command=starter.COMMAND, environment=environment) as served:
        found["freed memory is not overwritten"] = leaked(served, "")[0].total
    return found


@contextmanager
def _ground(folder: Path) -> Iterator[tuple[Path, Path | None]]:
    if not can_mount():
        yield folder / "ground", None
        return
    with disk(folder, DISK_BYTES) as made:
        yield made.mounted / "ground", made.raw


if __name__ == "__main__":
    sys.exit(show(__doc__, tables))
