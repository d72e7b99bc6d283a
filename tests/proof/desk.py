"""A host that reports what a test wants, and a desk with store, journal and keys."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from safelight.audit.journal import Journal
from safelight.audit.ledger import Ledger
from safelight.models.store import Store
from safelight.vault.keys import load_or_make
from safelight.worker import attacks, seccomp, words
from safelight.worker.job import Attempt, CageReport
from safelight.worker.layers import LAYERS, report

EVERY = (1 << len(LAYERS)) - 1
KERNEL = {
    "Seccomp": "2",
    "NoNewPrivs": "1",
    "CapEff": "0",
    **{name: f"{name}:[1]" for name in words.NAMESPACES},
}


def held(**differently: Any) -> CageReport:
    """The report of a worker that held in every way, but for what is told."""
    errnos = [next(iter(one.seccomp)) for one in attacks.load()]
    found = report(errnos, EVERY, seccomp.sha256(seccomp.worker_filter()), KERNEL)
    return replace(found, **differently)


def let_through(name: str) -> CageReport:
    """As held, but this attack got through."""
    errnos = [0 if one.name == name else next(iter(one.seccomp)) for one in attacks.load()]
    return report(errnos, EVERY, seccomp.sha256(seccomp.worker_filter()), KERNEL)


def live(**errnos: int) -> tuple[Attempt, ...]:
    """A control run in which all got through, but for those told: name with underscores, errno."""
    met = {name.replace("_", "-"): errno for name, errno in errnos.items()}
    return tuple(
        Attempt(one.name, one.group, met.get(one.name, 0), one.name in met)
        for one in attacks.load()
    )


@dataclass
class Reporter:
    """Stands for a host: it only reports."""

    cage: CageReport = field(default_factory=held)

    def report(self) -> CageReport:
        return self.cage


@dataclass
class Desk:
    """What prove is given besides the host."""

    folder: Path

    def __post_init__(self) -> None:
        self.store = Store()
        key = load_or_make(self.folder / "keys").journal
        self.journal = Journal(self.folder / "journal", key)
        self.ledger = Ledger(self.folder / "ledger", key)
