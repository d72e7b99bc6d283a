"""Besides the cage: what stays of a job, what imports ask for, which codecs are inside, and what
the system says of swap and memory.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
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
from safelight.proof.serving.looking import ServerReport
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
    """What was measured besides the cage. canary and imports are None where they were not: untold
    says what the system does not let us measure, broken what went wrong, which is no proof. server:
    the one that runs, or one that was started to be looked at.
    """

    canary: CanaryReport | None = None
    imports: Imports | None = None
    machine: tuple[tuple[str, str], ...] = ()
    codecs: tuple[tuple[str, str], ...] = ()
    untold: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()
    server: ServerReport | None = None

    @property
    def is_ok(self) -> bool:
        """Nothing stayed, no import asked for anything, no server let anything out, every control
        was seen, nothing broke.
        """
        is_clean = self.canary is None or self.canary.ok
        is_shut = self.server is None or self.server.is_ok
        is_quiet = self.imports is None or self.imports.is_ok
        return is_clean and is_shut and is_quiet and not self.broken

    def lines(self) -> Iterator[str]:
        """Plain text for a screen."""
        if self.canary is not None:
            lost = "" if self.canary.ok else "  <- FAILED"
            first, *rest = self.canary.lines()
            yield from (first + lost, *rest)
        if self.imports is not None:
            lost = "" if self.imports.is_ok else "  <- FAILED"
            yield f"imports      {self.imports.sentence}{lost}"
            for one in (*self.imports.seen.sockets, *self.imports.seen.files):
                yield f"  ASKED FOR  {one}"
        if self.server is not None:
            yield from self.server.lines()
        yield from wrapped("codecs", [f"{name} {version}" for name, version in self.codecs])
        yield from wrapped("machine", [f"{name}: {value}" for name, value in self.machine])
        yield from (f"not told     {sentence}" for sentence in self.untold)
        yield from (f"not measured {sentence}  <- FAILED" for sentence in self.broken)

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
            "server": None if self.server is None else self.server.document(),
            "codecs": dict(self.codecs),
            "machine": dict(self.machine),
            "untold": list(self.untold),
            "broken": list(self.broken),
        }


def look_besides(engine: Engine, server: Callable[[], ServerReport] | None = None) -> Besides:
    """Measure all of it: some seconds. server looks at one. What cannot be measured here is told,
    not raised.
    """
    untold: list[str] = []
    broken: list[str] = []
    canary = imports = served = None
    with _telling("what imports ask for", untold, broken):
        imports = check_imports()
    with _telling("what stays of a job", untold, broken):
        canary = canary_job(engine)
    if server is not None:
        with _telling("what a server lets out", untold, broken):
            served = server()
    facts, codecs = tuple(_machine(engine)), tuple(_codecs())
    return Besides(canary, imports, facts, codecs, tuple(untold), tuple(broken), served)


@contextmanager
def _telling(what: str, untold: list[str], broken: list[str]) -> Iterator[None]:
    """Keep why it could not be measured: the system lacks something, or something went wrong."""
    try:
        yield
    except SomethingMissing as error:
        untold.append(f"{what}: {error.message}")
    except SafelightError as error:
        broken.append(f"{what}: {error.message}")
    except OSError as error:
        broken.append(f"{what}: {(error.strerror or 'error').lower()}")


def _machine(engine: Engine) -> Iterator[tuple[str, str]]:
    here, state_dir = Machine(), engine.settings.state_dir
    yield from _facts(machine.swap(here))
    yield from _facts(machine.core_dumps(here, machine.core_limit()))
    yield from _facts(machine.memory(here))
    frees = "overwrites" if overwrites(os.environ) else "does not overwrite"
    yield "this command", f"{frees} what it frees"
    # Their fingerprints are wider than a screen: `vault status` prints them.
    kept = _facts(keys.keys(state_dir))
    yield from ((name, value) for name, value in kept if not name.startswith("key that signs"))


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
