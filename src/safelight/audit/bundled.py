"""Bundled: whether a bundle of receipts holds, line by line. Nothing outside it is looked at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from safelight.audit import timestamp
from safelight.audit.bundle import Bundle, Contents
from safelight.audit.canonical import base64_bytes
from safelight.audit.checks import Answer, State
from safelight.audit.inclusion import MAX_PROOF_BYTES, Inclusion
from safelight.audit.receipt import SUFFIX, Receipt
from safelight.audit.verify import Trust
from safelight.errors import SomethingMissing, VerificationFailed
from safelight.vault.keys import fingerprint_of

RECEIPTS, PROOFS, OUTPUTS, KEYS = "receipts/", "proofs/", "outputs/", "keys/"
LIMITS = (
    "that every receipt there is was put into the bundle",
    "that whoever holds the keys was honest",
)


@dataclass
class _Tally:
    """What was found of all receipts: how many hold in what, and what does not, by its id."""

    held: int = 0
    chained: int = 0
    outputs: int = 0
    stamped: int = 0
    failed: dict[str, list[str]] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)

    def fail(self, line: str, receipt_id: str, sentence: str) -> None:
        self.failed.setdefault(line, []).append(f"{receipt_id}: {sentence}")


def examine(bundle: Bundle, trust: Trust) -> tuple[Answer, ...]:
    """Lines of signature, contents, receipts, chain, and output and time where there are any."""
    known = {fingerprint_of(key): key for key in trust.keys}
    try:
        contents = bundle.contents()
        signature = _signature(bundle, contents, known)
    except VerificationFailed as error:
        signature, contents = Answer("signature", "failed", error.message), None
    if contents is None or signature.state == "failed":
        return (signature,)
    tally = _Tally()
    signers = {contents.envelope.fingerprint, *known}
    for name in sorted(_receipts(bundle)):
        _look(bundle, name, signers, trust=trust, tally=tally)
    return (signature, _contents(bundle, contents), *_answers(tally))


def _signature(bundle: Bundle, contents: Contents, known: dict[str, bytes]) -> Answer:
    envelope = contents.envelope
    own = known.get(envelope.fingerprint)
    for key in [own] if own else _brought(bundle):
        if envelope.is_signed_by(key):
            sentence = f"its list was signed by the key {envelope.fingerprint}, {contents.created}"
            state: State = "ok" if own else "unknown"
            told = sentence if own else f"{sentence}; that key is not known here"
            return Answer("signature", state, told)
    raise VerificationFailed("the list of the bundle was altered, or was never signed")


def _brought(bundle: Bundle) -> Iterator[bytes]:
    """Keys that its receipts name; who they belong to, nobody says."""
    for name in sorted(_receipts(bundle))[:1]:
        yield base64_bytes(Receipt(bundle.read(name)).predicate.key.public)


def _contents(bundle: Bundle, contents: Contents) -> Answer:
    names = bundle.names()
    for name in sorted(names ^ set(contents.parts)):
        what = "is not there" if name in contents.parts else "is not in the list"
        return Answer("contents", "failed", f"{name} {what}")
    for name in sorted(names):
        try:
            if bundle.measured(name) != contents.parts[name]:
                return Answer("contents", "failed", f"{name} is not what was listed")
        except VerificationFailed as error:
            return Answer("contents", "failed", error.message)
    return Answer("contents", "ok", f"{len(names)} files, each as it was listed")


def _receipts(bundle: Bundle) -> Iterator[str]:
    return (name for name in bundle.names() if name.startswith(RECEIPTS) and name.endswith(SUFFIX))


def _look(bundle: Bundle, name: str, signers: set[str], *, trust: Trust, tally: _Tally) -> None:
    receipt_id = name.removeprefix(RECEIPTS).removesuffix(SUFFIX)
    try:
        receipt = Receipt.parse(bundle.read(name))
        if not receipt.is_signed_by(base64_bytes(receipt.predicate.key.public)):
            raise VerificationFailed("it was altered, or was never signed")
        if receipt.envelope.fingerprint not in signers:
            raise VerificationFailed("it was signed by another key than the bundle")
        if receipt.id != receipt_id:
            raise VerificationFailed("it lies under the name of another")
    except VerificationFailed as error:
        tally.fail("receipts", receipt_id, error.message)
        return
    tally.held += 1
    names = bundle.names()
    if (proof := f"{PROOFS}{receipt_id}.tlog-proof") in names:
        try:
            Inclusion.parse(bundle.read(proof, MAX_PROOF_BYTES)).check_receipt(receipt)
            tally.chained += 1
        except VerificationFailed as error:
            tally.fail("chain", receipt_id, error.message)
    if (answer := name + timestamp.SUFFIX) in names:
        _look_at_time(receipt, bundle.read(answer), trust, tally)
    for output in sorted(one for one in names if one.startswith(f"{OUTPUTS}{receipt_id}.")):
        _look_at_output(receipt, bundle.measured(output), trust, tally)


def _look_at_time(receipt: Receipt, answer: bytes, trust: Trust, tally: _Tally) -> None:
    try:
        stamp = timestamp.read(receipt.data, answer, trust.authorities)
    except SomethingMissing:
        tally.unknown.add("time")
    except VerificationFailed as error:
        tally.fail("time", receipt.id, error.message)
    else:
        tally.stamped += 1
        if not stamp.is_trusted:
            tally.unknown.add("time")


def _look_at_output(receipt: Receipt, found: tuple[str, int], trust: Trust, tally: _Tally) -> None:
    facts = receipt.predicate.outputs
    keyed = trust.keyed.get(receipt.envelope.fingerprint)
    if any(fact.is_file(*found, keyed) for fact in facts):
        tally.outputs += 1
    elif keyed is None and any(fact.sha256 is None for fact in facts):
        tally.unknown.add("output")
    else:
        tally.fail("output", receipt.id, "the file is not the one that was signed")


def _answers(tally: _Tally) -> Iterator[Answer]:
    yield _answer("receipts", tally, f"all as they were signed ({tally.held})")
    if tally.chained < tally.held:
        tally.unknown.add("chain")
    yield _answer("chain", tally, f"shown to stand in a journal: {tally.chained} of {tally.held}")
    if tally.outputs or {"output"} & {*tally.failed, *tally.unknown}:
        yield _answer("output", tally, f"all the ones that were signed ({tally.outputs})")
    if tally.stamped or {"time"} & {*tally.failed, *tally.unknown}:
        yield _answer("time", tally, f"with an authority's time stamp: {tally.stamped}")


def _answer(line: str, tally: _Tally, sentence: str) -> Answer:
    found: Sequence[str] = tally.failed.get(line, ())
    if found:
        more = f"; {len(found) - 1} more" if len(found) > 1 else ""
        return Answer(line, "failed", f"{found[0]}{more}")
    return Answer(line, "unknown" if line in tally.unknown else "ok", sentence)
