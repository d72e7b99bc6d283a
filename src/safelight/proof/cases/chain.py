"""Chain: the log of a case, every line checked against the one before it; and what it comes to."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from safelight.audit.canonical import canonical
from safelight.audit.ledger import NOTHING_BEFORE
from safelight.engine.kept import ORIGINALS, WORK
from safelight.errors import VerificationFailed
from safelight.proof.cases import facts as f
from safelight.proof.cases.event import Event, Line, facts_of, read

MAX_LOG_BYTES = 256_000_000
MOVES = ("transferred", "received")
# What may follow a seal, and what may happen until somebody confirms to have the case.
AFTER_SEAL = frozenset({"opened", "transferred", "received", "noted"})
WHILE_AWAY = frozenset({"transferred", "received", "noted"})


@dataclass(frozen=True, slots=True)
class Result:
    """Work on an item: how it began, and its outcome, None while there is none."""

    began: f.Began
    event: Event
    outcome: f.Processed | f.Failed | None = None


@dataclass(frozen=True)
class Chain:
    """A log that holds, and what it comes to. custodian has the case, and holder is the fingerprint
    of the key that signs meanwhile; offered is who was given it and has not confirmed to have it,
    "" where nobody was. size_bytes is that of the whole lines; unfinished bytes behind them were
    never acknowledged.
    """

    lines: tuple[Line, ...] = ()
    created: f.Created | None = None
    originals: dict[str, f.Acquired] = field(default_factory=dict)
    results: dict[str, Result] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    custodian: tuple[str, str] = ("", "")
    holder: str = ""
    offered: str = ""
    seal: f.Sealed | None = None
    size_bytes: int = 0
    unfinished_bytes: int = 0

    @property
    def id(self) -> str:
        return self.lines[0].event.case

    @property
    def title(self) -> str:
        return self.created.title if self.created is not None else ""

    @property
    def last(self) -> Line:
        return self.lines[-1]

    @property
    def number(self) -> int:
        """How many events there are."""
        return len(self.lines)

    @property
    def tip(self) -> str:
        """The digest that the next event names."""
        return self.last.digest if self.lines else NOTHING_BEFORE

    def digest_at(self, number: int) -> str | None:
        """The digest of that event's line, counted from 1; None where there is no such event."""
        return self.lines[number - 1].digest if 1 <= number <= self.number else None

    @property
    def last_move(self) -> Line:
        """The last hand-over or its confirmation; the first event where there was none."""
        moves = (one for one in reversed(self.lines) if one.event.event in MOVES)
        return next(moves, self.lines[0])

    @property
    def is_handed_over(self) -> bool:
        """True while the case was given away and nobody has confirmed to have it."""
        return bool(self.offered)

    @property
    def unfinished(self) -> tuple[Result, ...]:
        """Work that began and has no outcome yet."""
        return tuple(result for result in self.results.values() if result.outcome is None)

    def done(self) -> tuple[tuple[Result, f.Processed], ...]:
        """Work that gave a result, in order."""
        return tuple(
            (result, result.outcome)
            for result in self.results.values()
            if isinstance(result.outcome, f.Processed)
        )

    def files(self) -> tuple[f.File, ...]:
        """Every file that the log names, in order."""
        found = [one.file for one in self.originals.values()]
        for _result, outcome in self.done():
            found += [outcome.file, outcome.receipt.file, *outcome.previews]
        return tuple(found)

    def with_line(self, line: Line) -> Chain:
        """The chain with one more event. Raises VerificationFailed where it does not follow."""
        event = line.event
        if event.number != self.number + 1 or event.previous != self.tip:
            raise VerificationFailed(f"event {self.number + 1} does not follow the one before it")
        if (event.event == "created") != (self.number == 0):
            raise VerificationFailed(f"event {event.number}: a case is created once, at its start")
        if self.lines and event.case != self.id:
            raise VerificationFailed(f"event {event.number} belongs to another case")
        if self.seal is not None and event.event not in AFTER_SEAL:
            raise VerificationFailed(f"event {event.number} stands behind a seal")
        if self.is_handed_over and event.event not in WHILE_AWAY:
            raise VerificationFailed(f"event {event.number} stands behind a hand-over")
        is_theirs = self.is_handed_over if event.event == "received" else self._is_held_by(event)
        if not is_theirs:
            raise VerificationFailed(f"event {event.number} has the key of nobody who has the case")
        step = STEPS.get(event.event)
        grown = step(self, event) if step is not None else self
        return replace(
            grown,
            lines=(*self.lines, line),
            keys=self.keys | {event.fingerprint: event.key},
            size_bytes=self.size_bytes + len(line.data) + 1,
        )

    def _is_held_by(self, event: Event) -> bool:
        return not self.lines or event.fingerprint == self.holder


def walk(data: bytes) -> Chain:
    """The chain of a whole log. Raises VerificationFailed and names the first event that is not as
    it was written.
    """
    if len(data) > MAX_LOG_BYTES:
        raise VerificationFailed(f"the log has more than {MAX_LOG_BYTES} bytes")
    *whole, rest = data.split(b"\n")
    chain = Chain()
    for number, one in enumerate(whole, 1):
        try:
            line = read(one)
        except VerificationFailed as error:
            raise VerificationFailed(f"event {number} was altered: {error.message}") from error
        chain = chain.with_line(line)
    if not chain.lines:
        raise VerificationFailed("the log of the case has no whole event")
    return replace(chain, unfinished_bytes=len(rest))


def _created(chain: Chain, event: Event) -> Chain:
    return replace(
        chain,
        created=facts_of(event, f.Created),
        custodian=(event.who.name, event.who.role),
        holder=event.fingerprint,
    )


def _acquired(chain: Chain, event: Event) -> Chain:
    found = facts_of(event, f.Acquired)
    if found.item in chain.originals:
        raise VerificationFailed(f"event {event.number}: {found.item} is there already")
    if not found.file.place.startswith(f"{ORIGINALS}/{found.item}"):
        raise VerificationFailed(f"event {event.number}: {found.item} lies at no place of its own")
    return replace(chain, originals=chain.originals | {found.item: found})


def _noted(chain: Chain, event: Event) -> Chain:
    about = facts_of(event, f.Noted).about
    if about and about not in chain.originals and about not in chain.results:
        raise VerificationFailed(f"event {event.number}: there is no {about}")
    return chain


def _began(chain: Chain, event: Event) -> Chain:
    found = facts_of(event, f.Began)
    if found.result in chain.results or found.item not in chain.originals:
        raise VerificationFailed(f"event {event.number}: {found.result} cannot begin")
    if hashlib.sha256(canonical(found.recipe)).hexdigest() != found.recipe_sha256:
        raise VerificationFailed(f"event {event.number}: the recipe is not the one that is named")
    return replace(chain, results=chain.results | {found.result: Result(found, event)})


def _ended(chain: Chain, event: Event) -> Chain:
    is_done = event.event == "processed"
    found = facts_of(event, f.Processed) if is_done else facts_of(event, f.Failed)
    before = chain.results.get(found.result)
    if isinstance(found, f.Processed):
        files = (found.file, found.receipt.file, *found.previews)
        if not all(one.place.startswith(f"{WORK}/{found.result}/") for one in files):
            raise VerificationFailed(f"event {event.number}: {found.result} lies elsewhere")
    if before is None or before.outcome is not None:
        raise VerificationFailed(f"event {event.number}: {found.result} was not under way")
    return replace(chain, results=chain.results | {found.result: replace(before, outcome=found)})


def _transferred(chain: Chain, event: Event) -> Chain:
    facts_of(event, f.Moved)
    if not event.to:
        raise VerificationFailed(f"event {event.number}: the case is handed to nobody")
    return replace(chain, offered=event.to)


def _received(chain: Chain, event: Event) -> Chain:
    custodian = (event.to, facts_of(event, f.Moved).role)
    return replace(chain, custodian=custodian, holder=event.fingerprint, offered="")


def _sealed(chain: Chain, event: Event) -> Chain:
    return replace(chain, seal=facts_of(event, f.Sealed))


def _opened(chain: Chain, event: Event) -> Chain:
    if chain.seal is None or facts_of(event, f.Opened).seal != chain.seal.seal:
        raise VerificationFailed(f"event {event.number}: there is no such seal")
    return replace(chain, seal=None)


STEPS: dict[str, Callable[[Chain, Event], Chain]] = {
    "created": _created,
    "acquired": _acquired,
    "noted": _noted,
    "began": _began,
    "processed": _ended,
    "failed": _ended,
    "transferred": _transferred,
    "received": _received,
    "sealed": _sealed,
    "opened": _opened,
}
