"""What goes into a worker and what comes back, as the host sees it. No number in here is untrusted
any more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Protocol, Self

from safelight.annotation import Annotation, Decision
from safelight.formats import Format
from safelight.image import Change, Finding, Measure
from safelight.limits import Limits
from safelight.models.facts import Runtime
from safelight.models.guard import Retry
from safelight.models.providers import CPU, Device
from safelight.worker.stop import Stop


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A verified model: its catalogue entry as JSON bytes and a sealed memfd with its file."""

    need: tuple[str, str, int]
    entry_json: bytes
    fd: int
    size_bytes: int


# The task of what goes along with a job and is no model: a further picture, by its SHA-256.
PICTURE = "picture"


def picture_file(digest: str, fd: int, size_bytes: int) -> ModelFile:
    """A further picture as a job takes it: in a sealed memfd."""
    return ModelFile((PICTURE, digest, 1), b"{}", fd, size_bytes)


# The task of a model that is to be examined, and nothing else done: what it is, what it takes.
EXAM = "exam"
LOOKED_AT, MEASURED = "nature", "memory"


def exam_file(what: str, entry_json: bytes, fd: int, size_bytes: int) -> ModelFile:
    """A model as the one of a job that examines it: for its nature, or for the memory that an
    answer takes.
    """
    return ModelFile((EXAM, what, 1), entry_json, fd, size_bytes)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a pool of workers must be warm for, and what each of its workers may use. runtimes open
    the models of its jobs, on the device; late are formats whose own libraries its jobs may need.
    """

    needs_pixels: bool
    runtimes: frozenset[Runtime]
    limits: Limits
    workers: int = 1
    threads: int = 1
    required_level: int = 2
    late: frozenset[Format] = frozenset()
    device: Device = CPU


class Crossing(IntEnum):
    """What of a job is plain pixels (codecs.crossing) in place of a container."""

    NOTHING = 0
    OUTPUT = 1
    SOURCE = 2


@dataclass(frozen=True, slots=True)
class Link:
    """By what a worker asks a device: its end of a line, and the mailbox of this job."""

    line: int
    mailbox: int


@dataclass(frozen=True, slots=True)
class Job:
    """One picture to work on. source_fd is a sealed memfd; the recipe is in its canonical form.

    models are those that the recipe needs, then the exact twins of some, then further pictures.
    threads is how many a model may use; 0 means as many as the plan allows. Where it has a device,
    that one answers for the models. Where the output is
    plain pixels, no step of the recipe is applied. stop can end it while it is under way.
    """

    source_fd: int
    source_bytes: int
    recipe: bytes
    models: tuple[ModelFile, ...] = ()
    wants_image: bool = True
    threads: int = 0
    crossing: Crossing = Crossing.NOTHING
    device: Link | None = None
    stop: Stop = field(default_factory=Stop, compare=False)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attack as it ended: name, mechanism group, the errno met (0 = it succeeded), and if that
    is right.
    """

    name: str
    group: str
    errno: int
    contained: bool


@dataclass(frozen=True, slots=True)
class CageReport:
    """What held this worker. level 0..3, the lower of: every attack contained, every layer seen by
    itself.

    layers maps a layer's name to whether it was seen working alone; not_covered lists plain
    sentences. kernel holds the kernel's own words read from outside (Seccomp, NoNewPrivs, CapEff,
    namespace inodes); cages is how many workers, one after the other, this speaks of.
    """

    level: int
    attempts: tuple[Attempt, ...]
    layers: dict[str, bool]
    filter_sha256: str
    kernel: dict[str, str]
    not_covered: tuple[str, ...]
    cages: int = 1

    @property
    def contained(self) -> int:
        return sum(attempt.contained for attempt in self.attempts)


@dataclass(frozen=True)
class Answer:
    """The checked answer of one worker.

    output is a read-only view of exactly output_bytes, valid until close; None when no image was
    asked for. changes lists metadata removed and kept; findings what an inspection listed; ran the
    places of the job's models that answered; retries what exact twins did again; confidence how
    sure the models were, 0..1; vector what embed made of the picture; measures what a comparison
    found; sights what models saw in the picture. Times in seconds.
    """

    output: memoryview | None
    format: Format | None
    width: int
    height: int
    input_format: Format
    input_width: int
    input_height: int
    is_reencoded: bool
    findings: tuple[Finding, ...]
    changes: tuple[Change, ...]
    cage: CageReport
    work_s: float
    close: Callable[[], None]
    confidence: float | None = None
    decided: Mapping[Decision, float] = field(default_factory=dict)
    vector: tuple[float, ...] = ()
    measures: Mapping[Measure, float] = field(default_factory=dict)
    sights: tuple[Annotation, ...] = ()
    ran: tuple[int, ...] = ()
    retries: tuple[Retry, ...] = ()


class Host(Protocol):
    """The wall as the engine sees it: jobs in, checked answers out; safe from many threads."""

    def run(
        self, job: Job, *, progress: Callable[[float], None] | None = None
    ) -> AbstractContextManager[Answer]:
        """One job in one fresh worker. Leaving the context overwrites and frees what the worker
        wrote.

        Raises the error that the worker named, WorkerDied, TimeExceeded, MemoryExceeded,
        WireBroken, LevelTooLow.
        """

    @property
    def is_ready(self) -> bool:
        """Whether a job would be begun at once."""

    def report(self) -> CageReport:
        """The report of one fresh worker that is given no job."""

    def cancel(self) -> None:
        """Kill every worker now; jobs under way raise Cancelled."""

    def close(self) -> None:
        """End the zygote and wait for it: ask, wait, force."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc: object) -> None: ...
