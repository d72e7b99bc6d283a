"""Checks: what a journal is held against by who kept something of it: a checkpoint, receipts, a
proof. Each gives lines like verify's: ok, failed, or unknown.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from safelight.audit.canonical import base64_bytes
from safelight.audit.consistency import Consistency
from safelight.audit.inclusion import Inclusion
from safelight.audit.log import Log
from safelight.audit.receipt import Receipt
from safelight.errors import VerificationFailed

State = Literal["ok", "failed", "unknown"]

LIMITS: tuple[str, ...] = (
    "a journal that was cut back together with its head, and that nobody kept anything of",
    "what was done without Safelight, or with another journal",
    "that the clock was right",
    "that whoever holds the journal's key was honest",
)


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, with a sentence that says why."""

    name: str
    state: State
    sentence: str


def against_checkpoint(log: Log, note: str) -> Answer:
    """Whether the log grew from a checkpoint that a user kept."""
    try:
        proof = log.consistency(note)
        older, newer = proof.check()
    except VerificationFailed as error:
        return Answer("since", "failed", error.message)
    return Answer(
        "since",
        "ok",
        f"grown from {older.entries} to {newer.entries} entries, nothing before changed "
        f"(hashes of the proof: {len(proof.path)})",
    )


def against_receipts(log: Log, receipts: Iterable[Receipt]) -> Answer:
    """Whether the log has the entry of each receipt, and every head that they follow.

    The receipts' own signatures were checked by the caller. Each names a head that it was made
    after, so a log that was cut back no longer fits those that were made later.
    """
    found = unrecorded = foreign = 0
    for receipt in receipts:
        follows = receipt.predicate.follows
        if follows.journal != log.fingerprint:
            foreign += 1
            continue
        if follows.entries > log.head.entries:
            return Answer(
                "receipts",
                "failed",
                f"the journal was rolled back: it had {follows.entries} entries when the receipt "
                f"{receipt.id} was made and has {log.head.entries}",
            )
        if log.checked.roots.get(follows.entries) != follows.root:
            sentence = f"the journal is not the one that the receipt {receipt.id} follows"
            return Answer("receipts", "failed", sentence)
        found += receipt.commitment in log.checked.numbers
        unrecorded += receipt.commitment not in log.checked.numbers
    if unrecorded:
        sentence = f"{found} stand in it; {unrecorded} are sound but have no entry"
        return Answer("receipts", "unknown", sentence)
    if foreign or not found:
        return Answer("receipts", "unknown", f"{found} stand in it; {foreign} name another journal")
    return Answer("receipts", "ok", f"each of {found} has its entry and the head that it follows")


def of_inclusion(proof: Inclusion, receipt: Receipt) -> tuple[Answer, ...]:
    """Whether the proof shows that this receipt stands in the journal that it names, whoever signed
    the two.
    """
    if not is_whole(receipt):
        return (Answer("receipt", "failed", "the receipt was altered, or was never signed"),)
    signed = Answer("receipt", "ok", f"whole, signed by the key {receipt.envelope.fingerprint}")
    try:
        head, entry = proof.check_receipt(receipt)
    except VerificationFailed as error:
        return (signed, Answer("entry", "failed", error.message))
    sentence = f"entry {entry.number} of {head.entries} in the journal of {head.journal}"
    return (signed, Answer("entry", "ok", sentence))


def of_consistency(proof: Consistency, kept: str | None) -> tuple[Answer, ...]:
    """Whether the proof shows that its newer checkpoint grew from its older one, and that this is
    the one that a user kept.
    """
    answers = []
    if kept is not None:
        is_same = kept == proof.older
        sentence = "the proof begins at it" if is_same else "the proof begins at another one"
        answers.append(Answer("checkpoint", "ok" if is_same else "failed", sentence))
    try:
        older, newer = proof.check()
    except VerificationFailed as error:
        return (*answers, Answer("growth", "failed", error.message))
    sentence = f"grown from {older.entries} to {newer.entries} entries, nothing before changed"
    return (*answers, Answer("growth", "ok", sentence))


def is_whole(receipt: Receipt) -> bool:
    """True if the signature holds by the key that the receipt itself brings along."""
    try:
        parsed = Receipt.parse(receipt.data)
        return parsed.is_signed_by(base64_bytes(parsed.predicate.key.public))
    except VerificationFailed:
        return False
