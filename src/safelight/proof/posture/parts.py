"""Parts: models and libraries: are they what was pinned, how old, with which known faults."""

from __future__ import annotations

import time
import tomllib
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from safelight.models.store import Store
from safelight.proof.components.bundled import Library, libraries
from safelight.proof.components.installed import Package
from safelight.proof.components.terms import class_of
from safelight.proof.posture.finding import found
from safelight.proof.reports.page import Fact, Finding, Table, fact

DAY_S = 86_400
OLD_DAYS = 180
# What brings the code that opens pictures and models.
READERS = (
    *("pyvips-binary", "pillow", "pillow-heif", "pikepdf", "pydicom", "numpy", "cryptography"),
    *("onnxruntime", "onnxruntime-gpu", "onnxruntime-directml", "ai-edge-litert", "sqlcipher3"),
)


def models(store: Store) -> Iterator[Fact | Finding]:
    """Every model that is here against its pin."""
    entries = store.entries()
    altered = [entry.name for entry in entries if not store.verify(entry)]
    origins = [store.origin(entry.name) for entry in entries]
    outside = sum(origin != "built-in" for origin in origins)
    words = f"{len(entries)} here, {outside} of them from outside"
    yield fact("models", words, "observed")
    whole = len(entries) - len(altered)
    yield fact("files that match their pinned SHA-256", f"{whole} of {len(entries)}", "measured")
    if altered:
        yield found("model-altered", f"altered: {', '.join(altered)}")
    outdated = [entry.name for entry in store.outdated()]
    if outdated:
        yield found("model-outdated", f"another version is pinned: {', '.join(outdated)}")
    terms = [entry.name for entry in entries if entry.licence_class != "free"]
    if terms:
        yield found("model-terms", f"terms to read: {', '.join(terms)}")


def model_table(store: Store) -> Table:
    """Name, digest, licence, source and pin of each model that is here."""
    rows = [
        (one.name, one.task, one.sha256[:16], one.licence, one.source, store.origin(one.name) or "")
        for one in store.entries()
    ]
    headings = ("model", "task", "SHA-256, its start", "licence", "source", "came")
    return Table(headings=headings, rows=tuple(rows))


def readers(packages: Sequence[Package], *, now: float | None = None) -> Iterator[Fact | Finding]:
    """The libraries that open pictures: versions, known faults, and since when they are here."""
    here = [one for one in packages if one.name in READERS]
    inside = {one.name: libraries(one.name, one.found) for one in here}
    ages = [age for one in here if (age := _age(one, now or time.time())) is not None]
    yield fact("lists of known faults", f"{_faults()['looked']}, the last look", "by design")
    if ages:
        words = f"{min(ages)} to {max(ages)} days ago" if max(ages) else "today"
        yield fact("libraries installed", words, "observed")
        if min(ages) > OLD_DAYS:
            yield found("packages-old", f"the newest was installed {min(ages)} days ago")
    for name, every in inside.items():
        for bad, library in _known_bad(every):
            evidence = f"{library.name} {library.version} in {name}: {bad['name']}, {bad['words']}"
            yield found("codec-known-bad", evidence)
    bound = [one.name for one in packages if class_of(one.licence) == "bound"]
    if bound:
        yield found("component-terms", f"terms that bind: {', '.join(bound)}")


def reader_table(packages: Sequence[Package]) -> Table:
    """Each package that opens pictures or models, with what is inside it."""
    rows = []
    for one in packages:
        if one.name in READERS:
            inside = libraries(one.name, one.found)
            shown = [_told(part) for part in inside if not part.is_crate]
            crates = sum(part.is_crate for part in inside)
            shown += [f"{crates} crates of Rust"] if crates else []
            rows.append((one.name, one.version, ", ".join(shown)))
    return Table(headings=("package", "version", "bundled inside"), rows=tuple(rows))


def _told(library: Library) -> str:
    optional = " (optional)" if library.is_optional else ""
    return f"{library.name} {library.version or '(version not told)'}{optional}"


def _known_bad(inside: Sequence[Library]) -> Iterator[tuple[dict[str, str], Library]]:
    for bad in _faults()["fault"]:
        for library in inside:
            is_it = library.name.lower() == bad["library"] and library.version
            if is_it and _number(library.version) < _number(bad["before"]):
                yield bad, library


def _number(version: str) -> tuple[int, ...]:
    parts = version.split("-")[0].split(".")
    return tuple(int(part) if part.isdigit() else 0 for part in parts)


@cache
def _faults() -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("known_bad.toml").read_text("utf-8"))


def _age(package: Package, now: float) -> int | None:
    for path in package.found.files or ():
        if path.name == "RECORD":
            try:
                seconds = Path(str(package.found.locate_file(path))).stat().st_mtime
            except OSError:
                return None
            return max(0, int((now - seconds) // DAY_S))
    return None
