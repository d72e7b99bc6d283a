"""Besides the cage: what stays of a job, what imports ask for, which codecs are inside, and what
the system says of swap and memory.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from safelight.engine.engine import Engine
from safelight.errors import SafelightError, SomethingMissing
from safelight.proof.components.bundled import libraries
from safelight.proof.components.installed import packages
from safelight.proof.dependencies import Imports, check_imports
from safelight.proof.posture import keys, machine, parts
from safelight.proof.posture.machine import Machine
from safelight.proof.remanence.job import CanaryReport, canary_job
from safelight.proof.reports.page import Fact, Finding
from safelight.worker.freeing import overwrites

WIDTH = 100
LABEL = 13
# What opens pictures first of all, of all that is bundled.
CODECS = (
    *("libvips", "mozjpeg", "libjpeg-turbo", "libjpeg / libjpeg-turbo", "libpng", "libwebp"),
    *("libtiff", "OpenJPEG", "libheif", "libde265", "libavif", "libaom"),
)


@dataclass(frozen=True, slots=True)
class Besides:
    """What was measured besides the cage. canary and imports are None where the system does not
    let them be measured; untold says why.
    """

    canary: CanaryReport | None = None
    imports: Imports | None = None
    machine: tuple[tuple[str, str], ...] = ()
    codecs: tuple[tuple[str, str], ...] = ()
    untold: tuple[str, ...] = ()

    @property
    def is_ok(self) -> bool:
        """Nothing stayed, no import asked for anything, every control was seen."""
        is_clean = self.canary is None or self.canary.ok
        return is_clean and (self.imports is None or self.imports.is_ok)

    def lines(self) -> Iterator[str]:
        """Plain text for a screen."""
        if self.canary is not None:
            lost = "" if self.canary.ok else "  <- FAILED"
            first, *rest = self.canary.lines()
            yield from (first + lost, *rest)
        if self.imports is not None:
            lost = "" if self.imports.is_ok else "  <- FAILED"
            yield f"imports      {self.imports.sentence}{lost}"
        yield from wrapped("codecs", [f"{name} {version}" for name, version in self.codecs])
        yield from wrapped("machine", [f"{name}: {value}" for name, value in self.machine])
        yield from (f"not told     {sentence}" for sentence in self.untold)

    def document(self) -> dict[str, object]:
        """JSON values."""
        imports = self.imports
        return {
            "remanence": None
            if self.canary is None
            else {"ok": self.canary.ok, **self.canary.document()},
            "imports": None
            if imports is None
            else {
                "ok": imports.is_ok,
                "sockets": len(imports.seen.sockets),
                "files": len(imports.seen.files),
                "control_seen": imports.is_live,
            },
            "codecs": dict(self.codecs),
            "machine": dict(self.machine),
            "untold": list(self.untold),
        }


def look_besides(engine: Engine) -> Besides:
    """Measure all of it: some seconds. What cannot be measured here is told, not raised."""
    untold: list[str] = []
    canary = imports = None
    try:
        imports = check_imports()
    except SomethingMissing as error:
        untold.append(f"what imports ask for: {error.message}")
    try:
        canary = canary_job(engine)
    except (SafelightError, OSError) as error:
        why = error.message if isinstance(error, SafelightError) else error.strerror
        untold.append(f"what stays of a job: {why}")
    return Besides(canary, imports, tuple(_machine(engine)), tuple(_codecs()), tuple(untold))


def _machine(engine: Engine) -> Iterator[tuple[str, str]]:
    here, state_dir = Machine(), engine.settings.state_dir
    yield from _facts(machine.swap(here))
    yield from _facts(machine.core_dumps(here, machine.core_limit()))
    yield from _facts(machine.memory(here))
    frees = "overwrites" if overwrites(os.environ) else "does not overwrite"
    yield "this command", f"{frees} what it frees"
    yield from _facts(keys.keys(state_dir))


def _facts(found: Iterable[Fact | Finding]) -> Iterator[tuple[str, str]]:
    yield from ((one.name, one.value) for one in found if isinstance(one, Fact))


def _codecs() -> Iterator[tuple[str, str]]:
    every = {
        library.name.lower(): library.version
        for package in packages()
        if package.name in parts.READERS
        for library in libraries(package.name, package.found)
        if library.version
    }
    yield from ((name, every[name.lower()]) for name in CODECS if name.lower() in every)


def wrapped(label: str, words: Iterable[str]) -> Iterator[str]:
    """The words after their label, on as many lines of a screen as it takes."""
    line = f"{label:<{LABEL}}"
    start = line
    for word in words:
        more = word if line == start else f"{line}, {word}"[len(line) :]
        if len(line) + len(more) >= WIDTH and line != start:
            yield line + ","
            line, start, more = " " * LABEL, " " * LABEL, word
        line += more
    if line.strip() != label:
        yield line
