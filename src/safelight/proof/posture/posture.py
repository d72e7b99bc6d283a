"""Posture: every check in order, as one page."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from safelight.audit.environment import clock, version_of
from safelight.audit.facts import utc_now
from safelight.engine.book import Book
from safelight.errors import SafelightError, SomethingMissing
from safelight.models.store import Store
from safelight.proof.components.installed import Package, packages
from safelight.proof.posture import accepted, book, cage, choices, folders, keys, machine, parts
from safelight.proof.posture.finding import Seen, found, joined
from safelight.proof.posture.machine import Machine
from safelight.proof.reports.page import (
    SEVERITIES,
    Accepted,
    Basis,
    Fact,
    Finding,
    Page,
    Section,
    Severity,
    Table,
    fact,
)
from safelight.settings import Settings
from safelight.worker.job import CageReport

LIMITS = (
    "Whether this computer itself is honest: whoever owns its kernel, firmware or hypervisor can"
    " show it anything.",
    "What other programs do with the same files: they are not looked at.",
    "Whether a disk that the system calls encrypted has a good passphrase, and who knows it.",
    "Faults of libraries that became known after the last look at the list.",
    "Whether the clock is right, and whether whoever took a risk on was allowed to.",
)
INTRO = (
    "How this installation of Safelight stands, read from it now, without asking anyone outside."
    " Each fact names on what it rests. This page helps to document; it is no certificate.",
)


@dataclass(frozen=True)
class Place:
    """What is looked at: settings, the machine, the temporary folder."""

    settings: Settings
    machine: Machine = Machine()
    temporary: Path = field(default_factory=lambda: Path(tempfile.gettempdir()))


def posture(place: Place, report: CageReport | None) -> Page:
    """Look at everything. report is of a fresh worker, None where there was none."""
    notes, altered = _notes(place.settings)
    sections = tuple(_sections(place, report, altered))
    sections = tuple(
        one.model_copy(update={"findings": accepted.with_notes(one.findings, notes)})
        for one in sections
    )
    return Page(
        kind="posture",
        title="Security posture",
        made=utc_now(),
        version=version_of("safelight"),
        intro=INTRO,
        sections=(_summary(sections, report), *sections),
        limits=LIMITS,
    )


def findings(page: Page) -> tuple[Finding, ...]:
    """All findings of a page, the gravest first."""
    every = chain.from_iterable(section.findings for section in page.sections)
    return tuple(sorted(every, key=lambda one: -SEVERITIES.index(one.severity)))


def is_failed(page: Page, least: Severity) -> bool:
    """True if a finding that nobody took on is at least so grave."""
    bar = SEVERITIES.index(least)
    return any(one.is_open and SEVERITIES.index(one.severity) >= bar for one in findings(page))


def _sections(place: Place, report: CageReport | None, altered: str) -> Iterator[Section]:
    settings = place.settings
    state_dir, data_dir = settings.state_dir, settings.data_dir
    system, store, installed = place.machine, Store(data_dir / "models"), _installed()
    yield _section("Enforcement", cage.cage(report, settings.require_level))
    yield _section("Keys", keys.keys(state_dir))
    books = _section("Journal and ledger", _books(settings), book.notes(altered))
    yield books.model_copy(update={"tables": _runs(settings)})
    yield _section("Permissions", folders.permissions(state_dir, data_dir))
    yield _section(
        "This computer",
        machine.swap(system),
        machine.core_dumps(system, machine.core_limit()),
        machine.disk(system, state_dir),
        machine.memory(system),
        machine.updates(system),
        machine.time_kept(clock()),
        machine.rights(_user() if system.user is None else system.user),
    )
    models = _section("Models", parts.models(store))
    yield models.model_copy(update={"tables": (parts.model_table(store),)})
    readers = _section("Libraries that open pictures", parts.readers(installed))
    yield readers.model_copy(update={"tables": (parts.reader_table(installed),)})
    yield _section("Settings", choices.choices(settings))
    held = _section("What is held where", folders.leftovers(place.temporary))
    yield held.model_copy(update={"tables": (folders.held(state_dir, data_dir),)})


def _installed() -> tuple[Package, ...]:
    try:
        return packages()
    except SomethingMissing:
        return ()


def _section(title: str, *checks: Iterator[Fact | Finding]) -> Section:
    seen: Seen = joined(chain(*checks))
    return Section(title=title, facts=seen.facts, findings=seen.findings)


def _books(settings: Settings) -> Iterator[Fact | Finding]:
    """Nothing is made for a look: without keys there is neither journal nor ledger."""
    if not keys.has_keys(settings.state_dir):
        yield fact("journal", "not begun", "observed")
        yield fact("ledger", "not begun", "observed")
        yield found("self-test-none", "the ledger holds no self-test")
        return
    try:
        kept = Book.of(settings)
        journal, ledger = kept.journal, kept.ledger
    except SafelightError as error:
        yield fact("journal and ledger", f"not looked at: {error.message}", "observed")
        return
    yield from book.journal(journal)
    yield from book.ledger(ledger)


def _runs(settings: Settings) -> tuple[Table, ...]:
    """How runs ended, month by month; nothing where the journal cannot be read."""
    if not keys.has_keys(settings.state_dir):
        return ()
    try:
        return (book.runs(Book.of(settings).journal),)
    except SafelightError:
        return ()


def _notes(settings: Settings) -> tuple[dict[str, Accepted], str]:
    """The notes of risks taken on; where they were altered none counts, and why is told."""
    if not keys.has_keys(settings.state_dir):
        return {}, ""
    try:
        kept = Book.of(settings).keys
    except SafelightError:  # told of where keys are looked at
        return {}, ""
    try:
        return accepted.notes(settings.state_dir, kept), ""
    except SafelightError as error:
        return {}, error.message


def _summary(sections: Sequence[Section], report: CageReport | None) -> Section:
    every = [one for section in sections for one in section.findings]
    taken = sum(not one.is_open for one in every)
    counts = {
        severity: sum(one.severity == severity and one.is_open for one in every)
        for severity in reversed(SEVERITIES)
    }
    told = ", ".join(f"{number} {severity}" for severity, number in counts.items() if number)
    facts = [fact("open findings", told or "none", "measured")]
    if taken:
        facts.append(fact("risks taken on", taken, "declared by user"))
    strength = "none" if report is None else f"level {report.level} of 3"
    is_kernel = report is not None and report.level > 0
    basis: Basis = "enforced by kernel" if is_kernel else "measured"
    facts.append(Fact(name="what holds a worker", value=strength, basis=basis))
    rows = tuple(
        (one.severity, one.id, one.words)
        for one in sorted(every, key=lambda one: -SEVERITIES.index(one.severity))
        if one.is_open
    )
    table = Table(title="Open findings", headings=("severity", "id", "in words"), rows=rows)
    return Section(title="Summary", facts=tuple(facts), tables=(table,))


def _user() -> int:
    return os.geteuid() if hasattr(os, "geteuid") else -1
