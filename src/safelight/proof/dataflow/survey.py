"""Survey: walk what was named, have every picture inspected in the cage, then look at the system.

The host parses no picture: it routes by the first bytes, and copies sidecars and blocks that their
marks show into pictures of one pixel (carriers), which the cage reads.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from safelight.codecs.routing import route
from safelight.engine.engine import Engine
from safelight.engine.result import Result
from safelight.engine.source import first_bytes, unreadable
from safelight.errors import InputMissing, SafelightError
from safelight.image import Finding
from safelight.proof.dataflow.carriers import MOST_SEARCHED, MOST_XMP, carrier, carriers_in
from safelight.proof.dataflow.gathering import Gathering
from safelight.proof.dataflow.machine import Machine
from safelight.proof.dataflow.parts import Map
from safelight.proof.dataflow.told import Subject, sights_of, steps_of
from safelight.recipe import Recipe

SIDECAR = ".xmp"
ENCRYPTED = ".enc"
NO_MARKS = "no format that is read, and no block of EXIF or XMP shows in it"
LIMITS = (
    "metadata is a claim: anyone can write it, and who took it out left no trace here",
    "pixels are not looked at: a plate, a face or a watermark may name someone",
    "what a program did before and kept elsewhere (uploads, backups) leaves nothing here to see",
)
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Walk:
    """What was named, and whether folders below it are looked into."""

    named: Sequence[Path]
    recursive: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """One file after it was looked at: its findings, or why it was not read."""

    subject: Subject
    findings: tuple[Finding, ...] = ()
    was_searched: bool = False
    why: str = ""


def survey(
    engine: Engine,
    walk: Walk,
    *,
    machine: Machine,
    shows_values: bool = False,
    progress: Progress | None = None,
) -> Map:
    """The map of these folders: what their files say, and what the machine shows about them.

    Raises InputMissing for a path that is not there. A file that cannot be read is listed as
    unread; it never ends the survey.
    """
    gathering = Gathering([str(path) for path in walk.named], shows_values=shows_values)
    gathering.limits.extend(LIMITS)
    files = [(at, file) for at, path in enumerate(walk.named) for file in files_of(path, walk)]
    reader = Reader(engine)
    with ThreadPoolExecutor(max(1, engine.jobs)) as pool:
        for done, seen in enumerate(pool.map(reader.look, files), 1):
            _take(gathering, seen)
            if progress is not None:
                progress(done, len(files))
    for at, path in enumerate(walk.named):
        gathering.add(machine.sights(at, path, [file for root, file in files if root == at]))
    gathering.limits.extend(machine.limits())
    return gathering.map()


def files_of(path: Path, walk: Walk) -> Iterator[Path]:
    """Every regular file, hidden ones left out, in a stable order; links out of it not followed.

    Raises InputMissing.
    """
    if path.is_file():
        yield path
        return
    if not path.is_dir():
        raise InputMissing(f"there is no {path}", hint="give a folder, or pictures")
    inside = path.resolve()
    for folder, folders, names in os.walk(path, onerror=_refuse):
        folders[:] = sorted(n for n in folders if not n.startswith(".")) if walk.recursive else []
        for name in sorted(names):
            file = Path(folder, name)
            if name.startswith(".") or not file.is_file():
                continue
            if not file.is_symlink() or file.resolve().is_relative_to(inside):
                yield file


def _refuse(error: OSError) -> None:
    raise unreadable(error) from error


class Reader:
    """Has files looked at in the cage, from many threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._recipe = Recipe.from_steps([{"op": "inspect"}])

    def look(self, item: tuple[int, Path]) -> Seen:
        """Never raises for what lies in a file."""
        at, path = item
        subject = Subject(at, str(path))
        try:
            if path.suffix.lower() == SIDECAR:
                with path.open("rb") as file:
                    packet = file.read(MOST_XMP)
                return Seen(subject, self._inspect(carrier(xmp=packet)), was_searched=True)
            is_read = path.suffix.lower() == ENCRYPTED or route(first_bytes(path)) is not None
            return Seen(subject, self._inspect(path)) if is_read else self._searched(subject, path)
        except SafelightError as error:
            return Seen(subject, why=error.message)
        except OSError as error:
            return Seen(subject, why=unreadable(error).message)

    def _searched(self, subject: Subject, path: Path) -> Seen:
        """A file of another format, looked through for blocks that show by their marks."""
        with path.open("rb") as file:
            data = file.read(MOST_SEARCHED)
        found: dict[Finding, None] = {}
        for one in carriers_in(data):
            found |= dict.fromkeys(self._inspect(one))
        if not found:
            return Seen(subject, why=NO_MARKS)
        return Seen(subject, tuple(found), was_searched=True)

    def _inspect(self, source: Path | bytes) -> tuple[Finding, ...]:
        result = self._engine.run(source, self._recipe)
        return result.findings if isinstance(result, Result) else ()


def _take(gathering: Gathering, seen: Seen) -> None:
    root = gathering.roots[seen.subject.root]
    if seen.why:
        root.unread[seen.subject.file] = seen.why
        return
    root.searched += seen.was_searched
    root.read += not seen.was_searched
    gathering.add(sights_of(seen.subject, seen.findings))
    gathering.add_steps(steps_of(seen.subject, seen.findings))
