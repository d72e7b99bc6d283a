"""Survey: walk what was named, have every picture inspected in the cage, then look at the system.

The host parses no picture: it routes by the first bytes, and copies sidecars and blocks that their
marks show into pictures of one pixel (carriers), which the cage reads.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from safelight.codecs.routing import route
from safelight.engine.engine import Engine
from safelight.engine.plain import UNREADABLE
from safelight.engine.result import Result
from safelight.engine.source import first_bytes, unreadable
from safelight.errors import (
    InputMissing,
    InputRefused,
    SafelightError,
    UsageError,
)
from safelight.image import Finding
from safelight.proof.dataflow.carriers import MOST_SEARCHED, MOST_XMP, carrier, carriers_in
from safelight.proof.dataflow.gathering import Gathering, Values
from safelight.proof.dataflow.machine import Machine
from safelight.proof.dataflow.parts import Map
from safelight.proof.dataflow.told import Subject, sights_of, steps_of
from safelight.recipe import Recipe

SIDECAR = ".xmp"
ENCRYPTED = ".enc"
# What a reader leaves where it does not know a block: then its marks are looked for too.
PARTLY_READ = frozenset({UNREADABLE, "APP0"})
NO_MARKS = "no format that is read, and no block of EXIF or XMP shows in it"
LIMITS = (
    "metadata is a claim: anyone can write it, and who took it out left no trace here",
    "pixels are not looked at: a plate, a face or a watermark may name someone",
    "what a program did before and kept elsewhere (uploads, backups) leaves nothing here to see",
)
# What lies in a picture or its file. Anything else (a cage, a lock, a disk) would keep every one
# from being read.
OF_A_FILE = (InputRefused, UsageError)
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Walk:
    """What was named, and whether folders below it are looked into."""

    named: Sequence[Path]
    recursive: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """One file after it was looked at: its findings, or the error for which it was not read."""

    subject: Subject
    findings: tuple[Finding, ...] = ()
    was_searched: bool = False
    error: SafelightError | None = None


def survey(
    engine: Engine,
    walk: Walk,
    *,
    machine: Machine,
    values: Values = "public",
    progress: Progress | None = None,
) -> Map:
    """The map of these folders: what their files say, and what the machine shows about them.

    Raises InputMissing for a path that is not there, and what kept files from being read where none
    was for its sake (no cage, a locked vault): a map of nothing would look like one of nothing
    found. A file that cannot be read is listed as unread; it never ends the survey.
    """
    gathering = Gathering([str(path) for path in walk.named], values)
    gathering.limits.extend(LIMITS)
    files = []
    for at, root in enumerate(gathering.roots):
        found = files_of(walk.named[at], root.unread, recursive=walk.recursive)
        files += [(at, file) for file in found]
    failed: list[SafelightError] = []
    with closing(_looked_at(engine, files)) as looked_at:
        for done, seen in enumerate(looked_at, 1):
            _take(gathering, seen)
            if seen.error is not None and not isinstance(seen.error, OF_A_FILE):
                failed.append(seen.error)
            if progress is not None:
                progress(done, len(files))
    if failed and not any(root.read + root.searched for root in gathering.roots):
        raise failed[0]
    for at, path in enumerate(walk.named):
        gathering.add(machine.sights(at, path, [file for root, file in files if root == at]))
    gathering.limits.extend(machine.limits())
    return gathering.map()


def _looked_at(engine: Engine, files: list[tuple[int, Path]]) -> Generator[Seen, None, None]:
    """Each file in order, some of them looked at side by side."""
    reader = Reader(engine)
    with ThreadPoolExecutor(max(1, engine.jobs)) as pool:
        try:
            yield from pool.map(reader.look, files)
        except BaseException:  # somebody has had enough: what was not begun is left
            pool.shutdown(wait=False, cancel_futures=True)
            engine.cancel()
            raise


def files_of(path: Path, unread: dict[str, str], *, recursive: bool) -> Iterator[Path]:
    """Every regular file, hidden ones left out, in a stable order; links out of it not followed.

    Folders that cannot be listed go to unread. Raises InputMissing.
    """

    def note(error: OSError) -> None:
        unread[str(error.filename)] = unreadable(error).message

    if path.is_file():
        yield path
        return
    if not path.is_dir():
        raise InputMissing(f"there is no {path}", hint="give a folder, or pictures")
    inside = path.resolve()
    for folder, folders, names in os.walk(path, onerror=note):
        folders[:] = sorted(n for n in folders if not n.startswith(".")) if recursive else []
        for name in sorted(names):
            file = Path(folder, name)
            if name.startswith(".") or not file.is_file():
                continue
            if not file.is_symlink() or file.resolve().is_relative_to(inside):
                yield file


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
            format = route(first_bytes(path))
            if format is None and path.suffix.lower() != ENCRYPTED:
                found = self._searched(path)
                error = None if found else InputRefused(NO_MARKS)
                return Seen(subject, found, was_searched=True, error=error)
            findings = self._inspect(path)
            if format == "pdf" or not PARTLY_READ.isdisjoint(one.name for one in findings):
                findings = tuple(dict.fromkeys(findings + self._searched(path)))
            return Seen(subject, findings)
        except SafelightError as error:
            return Seen(subject, error=error)
        except OSError as error:
            return Seen(subject, error=unreadable(error))

    def _searched(self, path: Path) -> tuple[Finding, ...]:
        """What blocks tell that show by their marks, in a file that is not read as a whole."""
        size = min(path.stat().st_size, MOST_SEARCHED)
        found: dict[Finding, None] = {}
        if not size:
            return ()
        with path.open("rb") as file, mmap.mmap(file.fileno(), size, prot=mmap.PROT_READ) as data:
            for one in carriers_in(data):
                with suppress(SafelightError):  # what only looked like a block
                    found |= dict.fromkeys(self._inspect(one))
        return tuple(found)

    def _inspect(self, source: Path | bytes) -> tuple[Finding, ...]:
        result = self._engine.run(source, self._recipe)
        return result.findings if isinstance(result, Result) else ()


def _take(gathering: Gathering, seen: Seen) -> None:
    root = gathering.roots[seen.subject.root]
    if seen.error is not None:
        root.unread[seen.subject.file] = seen.error.message
        return
    root.searched += seen.was_searched
    root.read += not seen.was_searched
    gathering.add(sights_of(seen.subject, seen.findings))
    gathering.add_steps(steps_of(seen.subject, seen.findings))
