"""Checking: a case as it lies in a folder or in a bundle, one answer for each kind of thing.

A line is ok, failed, or unknown: it cannot be told here, which is no sign of tampering.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from safelight.audit.canonical import base64_bytes
from safelight.audit.journal import Journal
from safelight.engine.kept import ORIGINALS
from safelight.errors import VerificationFailed
from safelight.proof.cases import facts as f
from safelight.proof.cases import proofs
from safelight.proof.cases.acquire import INCOMING, Digests
from safelight.proof.cases.chain import MAX_LOG_BYTES, Chain, walk
from safelight.proof.cases.folder import LOG
from safelight.proof.cases.process import check_receipt
from safelight.proof.cases.registry import Registry
from safelight.proof.cases.shelf import Shelf

Name = Literal["seal", "log", "keys", "originals", "results", "receipts", "journal"]
State = Literal["ok", "failed", "unknown"]
NAMES: tuple[Name, ...] = ("log", "keys", "originals", "results", "receipts", "journal")
MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Line:
    """One answer, with a sentence that says why."""

    name: Name
    state: State
    sentence: str


@dataclass(frozen=True, slots=True)
class Here:
    """What is known on this machine: keys that are believed, as fingerprints; its registry of cases
    and its journal, where they may be asked; digests of events that somebody kept.
    """

    keys: frozenset[str]
    registry: Registry | None = None
    journal: Journal | None = None
    kept: frozenset[str] = frozenset()


def examine(shelf: Shelf, here: Here) -> tuple[tuple[Line, ...], Chain | None]:
    """Every line in the order of NAMES, and the chain if it holds."""
    try:
        chain = _read(shelf, here)
    except VerificationFailed as error:
        rest = (Line(name, "unknown", "not looked at without a sound log") for name in NAMES[1:])
        return (Line("log", "failed", error.message), *rest), None
    torn = f", and {chain.unfinished_bytes} unfinished bytes" if chain.unfinished_bytes else ""
    back = _clock_back(chain)
    return (
        Line("log", "ok", f"{chain.number} events, each follows the one before it{torn}{back}"),
        _keys(chain, here),
        _originals(chain, shelf),
        _results(chain, shelf),
        _receipts(chain, shelf),
        _journal(chain, shelf, here),
    ), chain


def _read(shelf: Shelf, here: Here) -> Chain:
    try:
        chain = walk(shelf.read(LOG, MAX_LOG_BYTES))
    except OSError as error:
        raise VerificationFailed("the log of the case is gone") from error
    if here.registry is not None:
        here.registry.check(chain)
    for digest in sorted(here.kept - {line.digest for line in chain.lines}):
        raise VerificationFailed(f"no event has the digest {digest[:16]}: cut, or another log")
    return chain


def _clock_back(chain: Chain) -> str:
    """Which events are earlier than the one before, by the clocks: no fault, and to be known."""
    times = [line.event.time for line in chain.lines]
    back = [str(n) for n, (a, b) in enumerate(pairwise(times), 2) if b < a]
    return f"; by the clock earlier than the one before: event {_named(back)}" if back else ""


def _keys(chain: Chain, here: Here) -> Line:
    strange = [key for key in chain.keys if key not in here.keys]
    if strange:
        return Line("keys", "unknown", f"signed by a key that is not known here: {strange[0]}")
    return Line("keys", "ok", f"signed by {', '.join(key[:16] for key in chain.keys)}")


def _originals(chain: Chain, shelf: Shelf) -> Line:
    places = shelf.places()
    faults: list[str] = []
    for one in chain.originals.values():
        incoming = f"{ORIGINALS}/{INCOMING}{one.item}"
        is_named = one.file.place in places
        place = one.file.place if is_named or incoming not in places else incoming
        faults += _faults(shelf, one.file, place)
    known = {one.file.place for one in chain.originals.values()}
    start = f"{ORIGINALS}/{INCOMING}"
    faults += [
        f"{place} is in no event"
        for place in sorted(places)
        if place.startswith(f"{ORIGINALS}/") and place not in known and not place.startswith(start)
    ]
    count = len(chain.originals)
    return _line("originals", faults, f"{count} as they were acquired, by both digests")


def _results(chain: Chain, shelf: Shelf) -> Line:
    done = chain.done()
    faults = [
        fault
        for _result, outcome in done
        for file in (outcome.file, *outcome.previews)
        for fault in _faults(shelf, file, file.place)
    ]
    left = f", {len(chain.unfinished)} not finished" if chain.unfinished else ""
    return _line("results", faults, f"{len(done)} as they were written{left}")


def _receipts(chain: Chain, shelf: Shelf) -> Line:
    faults: list[str] = []
    for result, outcome in chain.done():
        found = list(_faults(shelf, outcome.receipt.file, outcome.receipt.file.place))
        try:
            if not found:
                receipt = proofs.receipt_of(shelf, outcome)
                check_receipt(receipt, outcome.file, result.began)
                _check_signer(receipt.envelope.is_signed_by, chain.keys, result.began.result)
                _check_input(receipt.predicate.inputs, chain.originals[result.began.item].file)
        except (VerificationFailed, OSError) as error:
            found = [f"{outcome.receipt.file.place}: {error}"]
        faults += found
    return _line("receipts", faults, f"{len(chain.done())} signed, each for its result")


def _check_signer(
    is_signed_by: Callable[[bytes], bool], keys: Mapping[str, str], result: str
) -> None:
    if not any(is_signed_by(base64_bytes(key)) for key in keys.values()):
        raise VerificationFailed(f"the receipt of {result} has the key of nobody in the case")


def _check_input(inputs: Iterable[object], original: f.File) -> None:
    """A receipt of a case names the plain digest of its input."""
    if {getattr(one, "sha256", None) for one in inputs} != {original.sha256}:
        raise VerificationFailed("the receipt speaks of another original")


def _journal(chain: Chain, shelf: Shelf, here: Here) -> Line:
    faults, missing, done = [], [], chain.done()
    try:
        numbers = here.journal.check().numbers if here.journal is not None and done else {}
    except VerificationFailed as error:
        return Line("journal", "failed", error.message)
    for result, outcome in done:
        try:
            # A proof that is there must hold, here too: it goes into the bundle.
            is_proven = proofs.proof_of(shelf, outcome) is not None
            if not is_proven and proofs.receipt_of(shelf, outcome).commitment not in numbers:
                missing.append(result.began.result)
        except VerificationFailed as error:
            faults.append(f"{result.began.result}: {error.message}")
        except OSError:
            missing.append(result.began.result)
    if missing and not faults:
        return Line("journal", "unknown", f"no proof here for {_named(missing)}")
    return _line("journal", faults, f"{len(done)} receipts stand in the journal they name")


def _faults(shelf: Shelf, file: f.File, place: str) -> Iterator[str]:
    try:
        with shelf.opened(place) as opened:
            if not Digests.of(opened).fits(file):
                yield f"{file.place} is not what it was"
    except FileNotFoundError:
        yield f"{file.place} is gone"
    except OSError:
        yield f"{file.place} cannot be read"


def _line(name: Name, faults: list[str], sentence: str) -> Line:
    return Line(name, "failed", _named(faults)) if faults else Line(name, "ok", sentence)


def _named(names: list[str]) -> str:
    more = len(names) - MOST_NAMED
    return "; ".join(names[:MOST_NAMED]) + (f"; and {more} more" if more > 0 else "")
