"""The canary job: pictures that carry canaries go every way through an engine in a process of its
own; then every place is searched where something could have stayed.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safelight.engine.engine import Engine
from safelight.errors import SomethingMissing
from safelight.proof.remanence.canary import Mark, picture
from safelight.proof.remanence.controls import Tripped, trip_all
from safelight.proof.remanence.family import PROC
from safelight.proof.remanence.search import Found
from safelight.proof.remanence.storage import BLOCK_BYTES, is_counted
from safelight.proof.remanence.watched import Ground, Subject
from safelight.worker.freeing import OVERWRITTEN

# After a job, so long at most something of it may be there.
GONE_S = 2.0
# Receipt, journal and checkpoint of one job, besides the output itself; the picture, if it was
# written, would add 64 KiB.
MOST_WRITTEN_BYTES = 16_384
STEPS: tuple[Mapping[str, Any], ...] = ({"op": "resize", "width": 64}, {"op": "scrub"})
# The first makes keys, the second the hidden folder beside pictures that are worked on in place.
FIRST = ("file", "in-place")
WAYS = ("file", "bytes", "stream", "into", "held", "in-place")
# What our own code writes it writes every time; a file system at times adds blocks of its own, so
# a way that seems to write too much is gone again.
ROUNDS, MORE_ROUNDS = 3, 9
SWAPS = Path("/proc/swaps")
INBOX = "inbox"
PREFIX = ".canary-"
# Younger ones may be about to be locked.
SETTLED_S = 60


@dataclass(frozen=True, slots=True)
class CanaryReport:
    """What was found of so many jobs while their process lives on; what the way that writes most
    wrote a job besides outputs, None where that cannot be told; what the controls saw.
    """

    jobs: int
    failed: int
    found: Found
    written_bytes: int | None
    swap: str
    controls: tuple[Tripped, ...]

    @property
    def ok(self) -> bool:
        """Every job ended well, nothing was found, little was written, no detector is blind."""
        return (
            not self.failed
            and self.found.total == 0
            and (self.written_bytes or 0) <= MOST_WRITTEN_BYTES
            and not any(control.is_blind for control in self.controls)
        )

    @property
    def tripped(self) -> int:
        """How many controls were seen."""
        return sum(bool(control.seen) for control in self.controls)

    def lines(self) -> tuple[str, ...]:
        """Plain text for a screen."""
        found, closed = self.found, ""
        if found.closed:
            closed = f", {found.closed} are closed even to this user"
        blind = ", ".join(one.leak.name for one in self.controls if one.is_blind)
        unseen = sum(one.seen is None for one in self.controls)
        return (
            f"remanence    {found.total} canaries left {found.waited_s:.1f} s after {self.jobs}"
            f" jobs ({found.bytes_searched // 1_000_000} MB of memory and files searched)",
            f"             {found.read} processes read{closed}; {self.swap}",
            f"             {self.tripped} of {len(self.controls)} leaks made on purpose were seen"
            + (f"; {unseen} cannot be looked for here" if unseen else "")
            + (f"; NOT SEEN: {blind}" if blind else ""),
            f"written      {self._written}",
            *(f"  FOUND      {count} in {name}" for name, count in _counts(found)),
            *([f"  FAILED     {self.failed} of the jobs"] if self.failed else []),
        )

    @property
    def _written(self) -> str:
        if self.written_bytes is None:
            return "cannot be told: the kernel does not count it apart on this file system"
        most = f"(at most {MOST_WRITTEN_BYTES})"
        return f"{self.written_bytes} bytes a job besides its output {most}"

    def document(self) -> dict[str, object]:
        """JSON values."""
        return {
            "jobs": self.jobs,
            "failed": self.failed,
            "canaries": self.found.total,
            "found": dict(_counts(self.found)),
            "waited_s": round(self.found.waited_s, 2),
            "processes": self.found.read,
            "processes_closed": self.found.closed,
            "bytes_searched": self.found.bytes_searched,
            "bytes_written_per_job": self.written_bytes,
            "swap": self.swap,
            "controls": [control.document() for control in self.controls],
        }


def _counts(found: Found) -> Iterator[tuple[str, int]]:
    for name in found.copies:
        if found.of(name):
            yield name, found.of(name)


def canary_job(engine: Engine) -> CanaryReport:
    """Work as this engine is set to, on canaries, in a process and folders of its own.

    Takes a few seconds. Raises SomethingMissing where no process can be looked into, SafelightError
    when it could not be done, OSError.
    """
    if not PROC.is_dir():
        raise SomethingMissing("no process can be looked into: this system has no /proc")
    settings = engine.settings
    told = {
        "require_level": settings.require_level,
        "max_bytes": settings.max_bytes,
        "max_pixels": settings.max_pixels,
        "timeout_s": settings.timeout_s,
    }
    with own_folder(settings.state_dir) as folder:
        report = search_jobs(folder, told)
    return report


def search_jobs(folder: Path, settings: Mapping[str, Any]) -> CanaryReport:
    """The jobs of every way, then the controls. Raises as canary_job."""
    mark, ground = Mark(), Ground.made(folder / "ground")
    with Subject(ground, environment=OVERWRITTEN) as subject:
        subject.tell({"settings": ground.settings(**settings)})
        is_told = is_counted(subject)
        done = [one_job(subject, mark, way, number) for number, way in enumerate(FIRST + WAYS)]
        least = {one.way: one.written_bytes for one in done[len(FIRST) :]}
        while ways := _again(least if is_told else {}, len(done)):
            for way in ways:
                done.append(one_job(subject, mark, way, len(done)))
                least[way] = min(least[way], done[-1].written_bytes)
        shutil.rmtree(folder / INBOX)
        found = subject.clean(mark, GONE_S)
        swap = _swap(subject)
    return CanaryReport(
        jobs=len(done),
        failed=sum(one.code != "done" for one in done),
        found=found,
        written_bytes=max(least.values()) if is_told else None,
        swap=swap,
        controls=trip_all(folder),
    )


def _again(least: Mapping[str, int], jobs: int) -> Sequence[str]:
    """The ways to be gone once more: all of them at first, then those that seem to write much."""
    rounds = (jobs - len(FIRST)) / len(WAYS)
    if rounds < ROUNDS:
        return WAYS
    much = [way for way, written in least.items() if written > MOST_WRITTEN_BYTES]
    return much if rounds < ROUNDS + MORE_ROUNDS else ()


@dataclass(frozen=True, slots=True)
class Done:
    """How a job ended, and what it wrote besides its output."""

    way: str
    code: str
    written_bytes: int


def one_job(subject: Subject, mark: Mark, way: str, number: int) -> Done:
    """Lay a picture with canaries out and have it worked on."""
    ground = subject.ground
    inbox, output = ground.folder.parent / INBOX, ground.part("out") / f"{number}.png"
    inbox.mkdir(exist_ok=True)
    source = inbox / f"{mark.name(number)}.png"
    source.write_bytes(picture(mark, number))
    before = subject.written_bytes()
    code = subject.run(way, STEPS, inbox, output)
    written = subject.written_bytes() - before
    made = source if way == "in-place" else output
    size = made.stat().st_size if made.exists() else 0
    source.unlink()
    return Done(way, code, written - -(-size // BLOCK_BYTES) * BLOCK_BYTES)


def _swap(subject: Subject) -> str:
    try:
        is_on = len(SWAPS.read_text().splitlines()) > 1
    except OSError:
        return "swap unknown"
    return f"swap on, {subject.swapped_bytes()} bytes of these in it" if is_on else "swap off"


@contextmanager
def own_folder(state_dir: Path) -> Iterator[Path]:
    """On the file system of the state folder, which is a disk where anything is. One that a killed
    run left there goes.
    """
    state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    for left in state_dir.glob(f"{PREFIX}*"):
        with suppress(OSError), _held(left):
            if time.time() - left.stat().st_mtime > SETTLED_S:
                shutil.rmtree(left)
    with tempfile.TemporaryDirectory(prefix=PREFIX, dir=state_dir) as name, _held(Path(name)):
        yield Path(name)


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Locked for as long as it is worked in. Raises OSError where somebody else works in it."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(fd)
