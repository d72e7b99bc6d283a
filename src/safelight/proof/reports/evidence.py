"""Evidence: what is known here of the work that was done, gathered for reports.

Receipts count only where their signature holds and, if they are ours, the journal knows them. No
name of a file is taken from anywhere but the place where a receipt lies.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safelight.audit.canonical import base64_bytes
from safelight.audit.lines import Leaf
from safelight.audit.receipt import FOLDER, SUFFIX, Receipt, is_receipt_path, path_for
from safelight.audit.statement import Predicate
from safelight.engine.book import MAX_RECEIPT_BYTES, Book
from safelight.errors import InputMissing, VerificationFailed
from safelight.models.entry import Entry
from safelight.models.store import Store
from safelight.proof.reports.page import Page
from safelight.settings import Settings
from safelight.vault.private import open_regular

DONE = "done"


@dataclass(frozen=True, slots=True)
class Work:
    """One receipt that holds: what it says, where it lies, its number in the journal."""

    facts: Predicate
    place: Path
    number: int | None


@dataclass(frozen=True)
class Evidence:
    """Everything that a report can be made of. posture is the page made at the same time; since and
    until bound the time of the work ("" for none); left_out counts receipts by why.
    """

    settings: Settings
    posture: Page
    since: str
    until: str
    works: tuple[Work, ...]
    left_out: Counter[str]
    runs: tuple[Leaf, ...]
    journal: str
    ledger: tuple[dict[str, Any], ...]
    models: tuple[Entry, ...]
    role: str = "controller"
    has_names: bool = False

    @property
    def period(self) -> str:
        """The bounds in words."""
        if self.since or self.until:
            return f"{self.since or 'the first run'} to {self.until or 'now'}"
        return "from the first run to now"

    @property
    def connections(self) -> tuple[dict[str, Any], ...]:
        """The ledger's connections within the bounds."""
        return tuple(
            entry
            for entry in self.ledger
            if entry["what"] == "connection" and self.is_within(str(entry["time"]))
        )

    def is_within(self, time: str) -> bool:
        return (not self.since or time >= self.since) and (not self.until or time <= self.until)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which receipts are asked for: files and folders, folders below them too, of which time, and
    the fingerprints of keys that are trusted besides our own. only_named: where there are places,
    not those in the state folder.
    """

    places: tuple[Path, ...] = ()
    is_recursive: bool = False
    since: str = ""
    until: str = ""
    trusted: tuple[str, ...] = ()
    role: str = "controller"
    has_names: bool = False
    only_named: bool = False


def gather(settings: Settings, posture: Page, asked: Asked) -> Evidence:
    """Read journal, ledger and receipts. Raises InputMissing for a place that is not there,
    VerificationFailed where journal or ledger are not what they were signed to be, VaultLocked.
    """
    book = Book.of(settings)
    log = book.journal.log()
    left_out: Counter[str] = Counter()
    keep = _keeper(book, dict(log.checked.numbers), asked, left_out)
    places = list(_receipts(asked))
    if not (asked.only_named and asked.places):
        places += sorted((settings.state_dir / "receipts").glob(f"*{SUFFIX}"))
    works = {work.facts.id: work for place in places if (work := keep(place)) is not None}
    return Evidence(
        settings=settings,
        posture=posture,
        since=asked.since,
        until=asked.until,
        works=tuple(sorted(works.values(), key=lambda work: (work.facts.created, work.facts.id))),
        left_out=left_out,
        runs=tuple(entry.leaf for entry in log.entries() if _is_within(asked, entry.leaf.time)),
        journal=log.fingerprint,
        ledger=tuple(book.ledger.read()),
        models=Store(settings.data_dir / "models").entries(),
        role=asked.role,
        has_names=asked.has_names,
    )


def _keeper(
    book: Book, numbers: dict[str, int], asked: Asked, left_out: Counter[str]
) -> Callable[[Path], Work | None]:
    """What tells a receipt that counts from one that does not, and counts those by why."""
    ours = book.keys.receipts.fingerprint
    known = {ours, *asked.trusted}

    def keep(place: Path) -> Work | None:
        try:
            receipt = _read(place)
            facts = receipt.predicate
        except (OSError, VerificationFailed):
            left_out["damaged or of another form"] += 1
            return None
        number = numbers.get(receipt.commitment)
        if not receipt.is_signed_by(base64_bytes(facts.key.public)):
            left_out["its signature does not hold"] += 1
        elif facts.key.fingerprint not in known:
            left_out["signed by a key that is not known here"] += 1
        elif facts.key.fingerprint == ours and number is None:
            left_out["not in the journal"] += 1
        elif not _is_within(asked, facts.created):
            left_out["of another time"] += 1
        else:
            return Work(facts, place, number)
        return None

    return keep


def _read(place: Path) -> Receipt:
    with open(open_regular(place), "rb") as file:
        return Receipt.parse(file.read(MAX_RECEIPT_BYTES))


def _receipts(asked: Asked) -> Iterator[Path]:
    for place in asked.places:
        if place.is_dir():
            folders = place.rglob(FOLDER) if asked.is_recursive else iter((place / FOLDER,))
            for folder in sorted(folders):
                yield from sorted(folder.glob(f"*{SUFFIX}"))
        elif is_receipt_path(place) and place.is_file():
            yield place
        elif path_for(place).is_file():
            yield path_for(place)
        else:
            raise InputMissing(f"there is no receipt for {place}")


def _is_within(asked: Asked, time: str) -> bool:
    return (not asked.since or time >= asked.since) and (not asked.until or time <= asked.until)


def verbs(works: Iterable[Work]) -> Counter[str]:
    """How often each chain of verbs was done."""
    return Counter(" + ".join(work.facts.operation.verbs) for work in works)


def codes(works: Iterable[Work], name: str) -> Counter[str]:
    """How often each role, purpose or case stands in the receipts; "" where none was given."""
    return Counter(str(getattr(work.facts.assignment, name, None) or "") for work in works)


def ended(runs: Sequence[Leaf]) -> Counter[str]:
    """How often runs ended with each code."""
    return Counter(run.code for run in runs)
