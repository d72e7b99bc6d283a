"""Consistency: that a journal grew from an older state of itself, as a file that needs no journal.

Canonical JSON: {"from": an older signed checkpoint, "to": a later one, "path": the proof of RFC
6962 section 2.1.2 as base64, "key": the journal's raw public key, "schema": ...}. Both checkpoints
are notes in the C2SP form; who kept the older one sees that it is the same, and that nothing before
it has changed.
"""

from __future__ import annotations

from dataclasses import dataclass

from safelight.audit import lines
from safelight.audit.canonical import base64_bytes, base64_text, canonical, parse_canonical
from safelight.audit.facts import Head
from safelight.audit.paths import is_grown
from safelight.errors import VerificationFailed
from safelight.vault.keys import fingerprint_of

SCHEMA = "safelight-consistency/1"
SUFFIX = ".consistency.json"
MAX_PROOF_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Consistency:
    """Two checkpoints of one journal and the way between them. Nothing of it is believed before
    check.
    """

    older: str
    newer: str
    path: tuple[bytes, ...]
    public_bytes: bytes

    def to_bytes(self) -> bytes:
        """The file."""
        return canonical(
            {
                "from": self.older,
                "key": base64_text(self.public_bytes),
                "path": [base64_text(step) for step in self.path],
                "schema": SCHEMA,
                "to": self.newer,
            }
        )

    @classmethod
    def parse(cls, untrusted: bytes) -> Consistency:
        """Read a file. Raises VerificationFailed if anything in it is out of order."""
        match parse_canonical(untrusted, MAX_PROOF_BYTES):
            case {
                "from": str(older),
                "key": str(key),
                "path": list(path),
                "schema": str(schema),
                "to": str(newer),
                **rest,
            } if schema == SCHEMA and not rest:
                steps = tuple(base64_bytes(str(step)) for step in path)
                return cls(older, newer, steps, base64_bytes(key))
        raise VerificationFailed("the proof is damaged")

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the key that the proof brings along."""
        return fingerprint_of(self.public_bytes)

    def check(self) -> tuple[Head, Head]:
        """The older head and the newer one that is shown to have grown from it.

        Raises VerificationFailed. That the key is the right one is for the caller to see.
        """
        older, newer = (
            lines.read_note(note, self.fingerprint, self.public_bytes)
            for note in (self.older, self.newer)
        )
        before, now = ((head.entries, bytes.fromhex(head.root)) for head in (older, newer))
        if not is_grown(before, now, self.path):
            raise VerificationFailed("the journal did not grow from this checkpoint")
        return older, newer
