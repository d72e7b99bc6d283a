"""Verify: five lines about one output or receipt, then what none of them can prove.

signature: the receipt was made by this key, and no byte of it has changed
chain: the journal holds, and this receipt stands in it
output: the file is the one that was signed
models: the models named are installed and whole
schema: the receipt is of a kind that this version knows

A line is ok, failed, or unknown (it cannot be told here, which is not a sign of tampering). Works
offline. Where an authority's time stamp lies beside the receipt, a sixth line, time, tells of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Literal

from safelight.audit import statement, timestamp
from safelight.audit.canonical import base64_bytes
from safelight.audit.journal import Journal
from safelight.audit.lying import Lying, lying, read_envelope
from safelight.audit.receipt import Receipt, is_receipt_path, output_for, path_for
from safelight.errors import InputMissing, ModelMissing, SomethingMissing, VerificationFailed
from safelight.models.store import Store
from safelight.vault.keys import fingerprint_of

Name = Literal["signature", "chain", "output", "models", "schema", "time"]
State = Literal["ok", "failed", "unknown"]
NAMES: tuple[Name, ...] = ("signature", "chain", "output", "models", "schema")
Keyed = Callable[[bytes], str]


@dataclass(frozen=True, slots=True)
class Line:
    """One of the five answers, with a sentence that says why."""

    name: Name
    state: State
    sentence: str


@dataclass(frozen=True, slots=True)
class Trust:
    """Whom to believe: raw public keys of who signs receipts; by the fingerprint of such a key,
    what keys bytes as its owner does; certificates of time-stamp authorities as PEM.
    """

    keys: tuple[bytes, ...] = ()
    keyed: Mapping[str, Keyed] = field(default_factory=dict)
    authorities: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Verification:
    """Five lines in the order of NAMES and perhaps that of the time, the limits, and the receipt if
    its signature held.

    number is the receipt's place in the journal, counted from 1; None if it stands in none that
    is here.
    """

    lines: tuple[Line, ...]
    limits: tuple[str, ...]
    receipt: Receipt | None
    number: int | None

    @property
    def is_failed(self) -> bool:
        return any(line.state == "failed" for line in self.lines)

    @property
    def is_whole(self) -> bool:
        """True if every line is ok."""
        return all(line.state == "ok" for line in self.lines)

    def line(self, name: Name) -> Line:
        return self.lines[NAMES.index(name)]

    def raise_if_failed(self) -> None:
        """Raise VerificationFailed with the first line that failed."""
        for line in self.lines:
            if line.state == "failed":
                raise VerificationFailed(f"{line.name}: {line.sentence}")


def verify_receipt(
    untrusted: bytes,
    *,
    journal: Journal,
    store: Store,
    trust: Trust,
    output: Lying | None = None,
) -> Verification:
    """Verify a receipt that lies nowhere, and the output that somebody has, if there is one."""
    result = (lambda: output) if output is not None else None
    return _verified(untrusted, result, None, journal=journal, store=store, trust=trust)


def verify_output(
    path: Path,
    *,
    journal: Journal,
    store: Store,
    trust: Trust,
    output: Path | None = None,
) -> Verification:
    """Verify an output by the receipt beside it, or a receipt and, if it is there, its output.

    output says where the result of a receipt lies that was moved. Raises InputMissing if there is
    no such file.
    """
    if not path.is_file():
        raise InputMissing(f"there is no file {path}")
    place, result = (path, output or output_for(path)) if is_receipt_path(path) else (None, path)
    place = place or path_for(path)
    there = partial(lying, result) if result is not None and result.is_file() else None
    return _verified(read_envelope(place), there, place, journal=journal, store=store, trust=trust)


def _verified(
    untrusted: bytes | None,
    result: Callable[[], Lying] | None,
    place: Path | None,
    *,
    journal: Journal,
    store: Store,
    trust: Trust,
) -> Verification:
    known = {fingerprint_of(key): key for key in trust.keys}
    answers = _Answers()
    receipt = _signature(answers, untrusted, known)
    number = None
    if receipt is not None and _schema(answers, receipt):
        number = _chain(answers, receipt, journal)
        _output(answers, receipt, result, trust)
        _models(answers, receipt, store)
        if place is not None:
            _time(answers, receipt, place, trust)
    return Verification(answers.lines(), statement.LIMITS, receipt, number)


class _Answers:
    def __init__(self) -> None:
        self._lines: dict[Name, Line] = {}

    def say(self, name: Name, state: State, sentence: str) -> None:
        self._lines[name] = Line(name, state, sentence)

    def lines(self) -> tuple[Line, ...]:
        usual = tuple(
            self._lines.get(name, Line(name, "unknown", "not looked at without a sound receipt"))
            for name in NAMES
        )
        return (*usual, *(line for name, line in self._lines.items() if name not in NAMES))


def _signature(
    answers: _Answers, untrusted: bytes | None, known: Mapping[str, bytes]
) -> Receipt | None:
    """Answer the first line and give the receipt if its signature holds, by whatever key."""
    if untrusted is None:
        answers.say("signature", "failed", "there is no receipt for this file")
        return None
    receipt = Receipt(untrusted)
    try:
        fingerprint = receipt.envelope.fingerprint
        own = known.get(fingerprint)
        is_signed = receipt.is_signed_by(own or base64_bytes(receipt.predicate.key.public))
    except VerificationFailed:
        is_signed = False
    if not is_signed:
        answers.say("signature", "failed", "the receipt was altered, or was never signed")
        return None
    if own is None:
        answers.say("signature", "unknown", f"whole, but signed by the unknown key {fingerprint}")
    else:
        answers.say("signature", "ok", f"signed by the key {fingerprint[:16]}")
    return receipt


def _schema(answers: _Answers, receipt: Receipt) -> bool:
    """Answer the last line; True if the fields may be read."""
    try:
        kind = statement.predicate_type(receipt.payload)
        if statement.form_of(receipt.payload) is None:
            answers.say(
                "schema", "unknown", "the receipt is of a kind that this version cannot read"
            )
            return False
        Receipt.parse(receipt.data)
    except VerificationFailed as error:
        answers.say("schema", "failed", error.message)
        return False
    answers.say("schema", "ok", kind)
    return True


def _chain(answers: _Answers, receipt: Receipt, journal: Journal) -> int | None:
    follows = receipt.predicate.follows
    if follows.journal != fingerprint_of(journal.public_bytes):
        answers.say("chain", "unknown", "it stands in the journal of another key")
        return None
    try:
        checked = journal.check()
    except VerificationFailed as error:
        answers.say("chain", "failed", error.message)
        return None
    number = checked.numbers.get(receipt.commitment)
    if follows.entries > checked.head.entries:
        answers.say(
            "chain",
            "failed",
            f"the journal was cut: it had {follows.entries} entries when this receipt was made and "
            f"has {checked.head.entries}",
        )
    elif checked.roots.get(follows.entries) != follows.root:
        answers.say("chain", "failed", "the journal is not the one that this receipt follows")
    elif number is None:
        answers.say("chain", "unknown", "the receipt is sound but not in the journal")
    else:
        answers.say("chain", "ok", f"entry {number} of {checked.head.entries} in the journal")
        return number
    return None


def _output(
    answers: _Answers, receipt: Receipt, result: Callable[[], Lying] | None, trust: Trust
) -> None:
    facts = receipt.predicate.outputs
    if not facts:
        answers.say("output", "ok", "an analysis, which has no output")
        return
    if result is None:
        answers.say("output", "unknown", "the output is not beside its receipt")
        return
    keyed = trust.keyed.get(receipt.envelope.fingerprint)
    if keyed is None and any(fact.sha256 is None for fact in facts):
        answers.say("output", "unknown", "its digest is keyed: only who holds the key can compare")
        return
    found = result()
    if any(fact.is_file(found.sha256, found.size_bytes, keyed) for fact in facts):
        is_encrypted = any(fact.encryption for fact in facts)
        how = ", as it lies there, encrypted" if is_encrypted else ""
        answers.say("output", "ok", f"the file is the one that was signed{how}")
    else:
        answers.say("output", "failed", "the file is not the one that was signed")


def _time(answers: _Answers, receipt: Receipt, place: Path, trust: Trust) -> None:
    """A further line, where an authority's answer lies beside the receipt."""
    try:
        answer = timestamp.beside(place)
        if answer is None:
            return
        stamp = timestamp.read(receipt.data, answer, trust.authorities)
    except SomethingMissing as error:
        answers.say("time", "unknown", f"{error.message}: {error.hint}")
    except (VerificationFailed, OSError) as error:
        sentence = error.message if isinstance(error, VerificationFailed) else "cannot be read"
        answers.say("time", "failed", sentence)
    else:
        if stamp.is_trusted:
            answers.say("time", "ok", f"it was there at {stamp.time}, as an authority signed")
        else:
            told = f"{stamp.time}; --authority FILE names the certificate that it must hold under"
            answers.say("time", "unknown", told)


def _models(answers: _Answers, receipt: Receipt, store: Store) -> None:
    facts = receipt.predicate.models
    if not facts:
        answers.say("models", "ok", "no model was used")
        return
    used = (one for fact in facts for one in (fact, fact.retried) if one is not None)
    states = [(_model(one.sha256, store), one.name) for one in used]
    worst = min((state for state, _name in states), key=list(MODEL_SENTENCES).index)
    names = ", ".join(name for state, name in states if state == worst)
    answers.say("models", worst, f"{MODEL_SENTENCES[worst]}: {names}")


# Worst first.
MODEL_SENTENCES: dict[State, str] = {
    "failed": "the installed file was altered",
    "unknown": "not installed here with this digest",
    "ok": "installed and whole",
}


def _model(sha256: str, store: Store) -> State:
    for entry in store.entries():
        if entry.sha256 == sha256:
            try:
                return "ok" if store.verify(entry) else "failed"
            except ModelMissing:
                return "unknown"
    return "unknown"
