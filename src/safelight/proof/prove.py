"""Prove: attack our own cage, make the same attacks without it, check every pin and signature."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from safelight.audit.journal import Journal
from safelight.audit.ledger import Ledger
from safelight.audit.verify import Trust, verify_output
from safelight.errors import ModelMissing, SafelightError
from safelight.models.store import Store
from safelight.proof.besides import Besides
from safelight.proof.comparison import Row, rows, said
from safelight.proof.control import run_uncaged
from safelight.worker import attacks, seccomp, syscalls
from safelight.worker.job import Attempt, CageReport, Host
from safelight.worker.layers import LAYERS, SEALED

SCHEMA = 1
State = Literal["ok", "failed", "unknown"]
BOOKS = ("journal", "ledger")
KERNEL_WORDS = ("Seccomp", "NoNewPrivs", "CapEff")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was verified besides the cage. unknown: it could not be told, as for a model
    not installed; that is no failure.
    """

    kind: Literal["model", "journal", "ledger", "receipt"]
    name: str
    state: State
    sentence: str

    def document(self) -> dict[str, str]:
        return {"kind": self.kind, "name": self.name, "state": self.state, "text": self.sentence}


@dataclass(frozen=True, slots=True)
class AtDevice:
    """What holds the worker of a device, where models run in one of their own."""

    name: str
    cage: CageReport

    @property
    def is_ok(self) -> bool:
        return self.cage.contained == len(self.cage.attempts)

    def line(self) -> str:
        """For a screen."""
        cage = self.cage
        lost = "" if self.is_ok else "  <- FAILED"
        counts = f"{cage.contained} of {len(cage.attempts)} attacks contained"
        return f"device       {self.name}: {counts}, level {cage.level}{lost}"

    def document(self) -> dict[str, object]:
        """JSON values; every attempt by name that was not contained."""
        cage = self.cage
        return {
            "name": self.name,
            "level": cage.level,
            "attempted": len(cage.attempts),
            "contained": cage.contained,
            "lost": [attempt.name for attempt in cage.attempts if not attempt.contained],
            "filter_sha256": cage.filter_sha256,
            "not_covered": list(cage.not_covered),
        }


@dataclass(frozen=True, slots=True)
class Proof:
    """Everything that was measured, and the verdict. device: where models have a worker of their
    own; besides: what was measured besides the cage.
    """

    cage: CageReport
    rows: tuple[Row, ...]
    checks: tuple[Check, ...]
    required_level: int
    reachable: int
    device: AtDevice | None = None
    besides: Besides = Besides()

    @property
    def ok(self) -> bool:
        """True if the cage held at the level required and nothing that was checked failed."""
        device = self.device
        return (
            self.cage.level >= self.required_level
            and self.besides.is_ok
            and (device is None or (device.is_ok and device.cage.level >= self.required_level))
            and all(row.is_ok for row in self.rows)
            and all(check.state != "failed" for check in self.checks)
        )

    @property
    def control(self) -> int:
        """How many attacks got through without a cage."""
        return sum(row.control for row in self.rows)

    def lines(self) -> tuple[str, ...]:
        """About twenty lines of plain text for a screen."""
        return (
            "Attacks from inside a fresh worker, and the same ones without a cage:",
            "",
            f"  {'':<10} {'in the cage':<20} {'without it':<22} the cage answered",
            *(self._row_line(row) for row in self.rows),
            "",
            *self._cage_lines(),
            *([] if self.device is None else [self.device.line()]),
            *self.besides.lines(),
            *self._check_lines(),
            *(f"not covered  {sentence}" for sentence in self.cage.not_covered),
            "",
            self._verdict(),
        )

    def document(self) -> dict[str, object]:
        """JSON values; every attempt by name."""
        cage = self.cage
        return {
            "schema": SCHEMA,
            "ok": self.ok,
            "level": cage.level,
            "required_level": self.required_level,
            "attempted": len(cage.attempts),
            "contained": cage.contained,
            "control": self.control,
            "mechanisms": [row.document() for row in self.rows],
            "attempts": [pair.document() for row in self.rows for pair in row.pairs],
            "layers": dict(cage.layers),
            "stopped_by_layer": stopped_by_layer(),
            "kernel": dict(cage.kernel),
            "filter_sha256": cage.filter_sha256,
            "reachable_calls": self.reachable,
            "checks": [check.document() for check in self.checks],
            "not_covered": list(cage.not_covered),
            "besides": self.besides.document(),
            **({} if self.device is None else {"device": self.device.document()}),
        }

    def _row_line(self, row: Row) -> str:
        caged = f"{row.contained} of {row.attempted} contained"
        control = f"{row.control} of {row.possible} got through"
        mark = "" if row.is_ok else "  <- FAILED"
        return f"  {row.group:<10} {caged:<20} {control:<22} {row.answers}{mark}"

    def _cage_lines(self) -> tuple[str, ...]:
        cage = self.cage
        words = [f"{word} {cage.kernel[word]}" for word in KERNEL_WORDS if word in cage.kernel]
        return (
            f"level        {cage.level} of {SEALED} ({self.required_level} required)",
            *(self._layer_line(name, number) for name, number in stopped_by_layer().items()),
            f"kernel       {', '.join(words) or 'said nothing'}; {self.reachable} calls open",
            f"filter       {cage.filter_sha256}",
            *self._refused_lines(),
        )

    def _layer_line(self, name: str, number: int) -> str:
        seen = "seen working" if self.cage.layers.get(name) else "NOT seen working"
        stops = f"stops {number:>3} of {len(attacks.load())} by itself"
        return f"{name:<12} {stops if number else 'bound what the work may use':<28} {seen}"

    def _refused_lines(self) -> tuple[str, ...]:
        dead = [pair for row in self.rows for pair in row.pairs if not pair.is_live]
        if not dead:
            return ()
        kinds = ", ".join(sorted({said(pair.control.errno) for pair in dead}))
        return (
            f"control      {len(dead)} are refused to this user without a cage, too ({kinds});"
            " not counted above",
        )

    def _check_lines(self) -> tuple[str, ...]:
        found = []
        for kind in ("model", *BOOKS, "receipt"):
            checks = [check for check in self.checks if check.kind == kind]
            good = sum(check.state == "ok" for check in checks)
            if kind in BOOKS:
                found += [f"{kind:<12} {check.sentence}{_lost(check)}" for check in checks]
            elif checks:
                found.append(f"{kind + 's':<12} {good} of {len(checks)} verified")
            found += [
                f"  {check.state:<10} {check.name}: {check.sentence}"
                for check in checks
                if check.state != "ok" and kind not in BOOKS
            ]
            if kind == "receipt" and not checks:
                found.append("receipts     none given (safelight prove out/)")
        return tuple(found)

    def _verdict(self) -> str:
        counts = f"{self.cage.contained} of {len(self.cage.attempts)} attacks contained"
        return f"{'The cage held' if self.ok else 'NOT PROVED'}: {counts}, level {self.cage.level}"


def stopped_by_layer() -> dict[str, int]:
    """How many of the attacks each layer stops by itself, as every attack declares."""
    return {
        layer: sum(bool(one.expected(frozenset({layer}))) for one in attacks.load())
        for layer in LAYERS
    }


def prove(
    host: Host,
    *,
    store: Store,
    journal: Journal,
    ledger: Ledger,
    receipts: Sequence[Path] = (),
    public_keys: Sequence[bytes] = (),
    required_level: int,
    device: AtDevice | None = None,
    besides: Besides | None = None,
) -> Proof:
    """Measure one fresh worker of this host, make the control run, verify models, journal, ledger,
    receipts. device: what was measured of the worker that models have for themselves; besides: what
    was measured besides the cage.

    receipts are outputs or receipts, believed if one of public_keys signed them. Raises
    SafelightError only when a run could not be made; what was made and failed stands in the proof.
    """
    cage = host.report()
    control: tuple[Attempt, ...] = run_uncaged()
    checks = [*_models(store), _journal(journal), _ledger(ledger)]
    checks += [_receipt(path, journal, store, public_keys) for path in receipts]
    return Proof(
        cage=cage,
        rows=rows(cage.attempts, control),
        checks=tuple(checks),
        required_level=required_level,
        reachable=len(seccomp.reachable(syscalls.architecture())),
        device=device,
        besides=besides or Besides(),
    )


def _models(store: Store) -> list[Check]:
    checks = []
    for entry in store.entries():
        try:
            is_whole = store.verify(entry)
        except ModelMissing:
            checks.append(Check("model", entry.name, "unknown", "not installed"))
            continue
        state: State = "ok" if is_whole else "failed"
        sentence = "matches its pin" if is_whole else "the file is not the one that was pinned"
        checks.append(Check("model", entry.name, state, sentence))
    return checks


def _journal(journal: Journal) -> Check:
    try:
        found = journal.check()
    except SafelightError as error:
        return Check("journal", "journal", "failed", error.message)
    count = found.head.entries
    return Check("journal", "journal", "ok", f"{count} entr{'y' if count == 1 else 'ies'}, whole")


def _ledger(ledger: Ledger) -> Check:
    try:
        count = len(ledger.read())
    except SafelightError as error:
        return Check("ledger", "ledger", "failed", error.message)
    return Check("ledger", "ledger", "ok", f"{count} line{'' if count == 1 else 's'}, whole")


def _lost(check: Check) -> str:
    return "  <- FAILED" if check.state == "failed" else ""


def _receipt(path: Path, journal: Journal, store: Store, keys: Sequence[bytes]) -> Check:
    try:
        found = verify_output(path, journal=journal, store=store, trust=Trust(tuple(keys)))
    except SafelightError as error:
        return Check("receipt", path.name, "failed", error.message)
    worst = next((line for line in found.lines if line.state != "ok"), None)
    failed = next((line for line in found.lines if line.state == "failed"), worst)
    if failed is None:
        return Check("receipt", path.name, "ok", "signature, chain, output, models, schema hold")
    return Check("receipt", path.name, failed.state, f"{failed.name}: {failed.sentence}")
