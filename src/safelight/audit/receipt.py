"""Receipt: a signed statement of what was done, in a file beside the output.

The file is one DSSE envelope. Its entry in the journal is a commitment, SHA-256 of nonce and
envelope; the nonce stands in the signed payload, so receipt and nonce are with the user only.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from safelight.audit import dsse, statement
from safelight.audit.facts import Head, ReceiptFacts
from safelight.audit.lines import Leaf
from safelight.audit.statement import Predicate
from safelight.errors import VerificationFailed
from safelight.vault.keys import Signer

FOLDER = ".safelight"
SUFFIX = ".receipt.json"
MAX_NAME_BYTES = 255


@dataclass(frozen=True)
class Receipt:
    """A receipt as read or built. Its form is checked, its signature only by `is_signed_by`."""

    data: bytes

    def to_bytes(self) -> bytes:
        """The file: one DSSE envelope as canonical JSON."""
        return self.data

    @classmethod
    def parse(cls, untrusted: bytes) -> Receipt:
        """Read a receipt. Raises VerificationFailed if anything in it is out of order."""
        receipt = cls(untrusted)
        if receipt.predicate.key.fingerprint != receipt.envelope.fingerprint:
            raise VerificationFailed("the receipt contradicts itself")
        return receipt

    @cached_property
    def envelope(self) -> dsse.Envelope:
        envelope = dsse.parse(self.data)
        if envelope.payload_type != dsse.IN_TOTO:
            raise VerificationFailed("the envelope holds no in-toto statement")
        return envelope

    @cached_property
    def predicate(self) -> Predicate:
        return statement.read(self.envelope.payload)

    @property
    def payload(self) -> bytes:
        """The signed bytes: an in-toto Statement."""
        return self.envelope.payload

    @property
    def id(self) -> str:
        """32 hexadecimal digits, random."""
        return self.predicate.id

    def is_signed_by(self, public_bytes: bytes) -> bool:
        """True if the signature of this raw public key holds."""
        return self.envelope.is_signed_by(public_bytes)

    @property
    def commitment(self) -> str:
        """What the journal knows of this receipt, 64 hexadecimal digits."""
        return hashlib.sha256(bytes.fromhex(self.predicate.nonce) + self.data).hexdigest()

    def leaf(self) -> Leaf:
        """The receipt's entry for the journal: time, duration, sizes and the commitment."""
        facts = self.predicate
        return Leaf(
            commitment=self.commitment,
            time=facts.created,
            duration_ms=facts.operation.duration_ms,
            input_bytes=sum(source.bytes for source in facts.inputs),
            output_bytes=sum(result.bytes for result in facts.outputs),
        )


def build(facts: ReceiptFacts, signer: Signer, head: Head) -> Receipt:
    """Sign the facts. head is the journal's at this time: what the receipt comes after."""
    _predicate, payload = statement.make(facts, signer, head)
    return Receipt(dsse.sign(payload, signer))


def path_for(output: Path) -> Path:
    """Where the receipt of this output lies: in a hidden folder beside it."""
    name = output.name + SUFFIX
    if len(os.fsencode(name)) > MAX_NAME_BYTES:
        name = hashlib.sha256(os.fsencode(output.name)).hexdigest() + SUFFIX
    return output.parent / FOLDER / name


def is_receipt_path(path: Path) -> bool:
    """True if a file of this name is a receipt."""
    return path.name.endswith(SUFFIX)


def output_for(receipt: Path) -> Path | None:
    """The output that a receipt at this place belongs to; None if the place does not tell."""
    output = receipt.parent.parent / receipt.name.removesuffix(SUFFIX)
    return output if path_for(output) == receipt else None
