"""Inclusion: that one entry stands in a journal, as a file that needs no journal to be checked.

The form is C2SP's tlog-proof, version 1, and its files end in .tlog-proof. A text: the name of the
form; `extra` with base64 of canonical JSON {"entry": the entry's line, "key": the journal's raw
public key}; `index`, from 0; the path of RFC 6962, a hash a line; an empty line; the signed
checkpoint. The leaf is the entry's line. It holds the commitment of a receipt, SHA-256 of its nonce
and its bytes, so a proof and a receipt find each other, and neither tells of any other run.

How to check one by hand: SHA-256 of the key is the fingerprint in the checkpoint's first line, and
in the receipt's follows.journal, which the receipt's own key has signed; the checkpoint's signature
holds; the path leads from SHA-256(0x00 | entry) to its root; the commitment in the entry is
SHA-256(nonce | receipt), the nonce and the receipt's file as bytes.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass

from safelight.audit import lines
from safelight.audit.canonical import base64_bytes, base64_text, canonical, parse_canonical
from safelight.audit.facts import Head
from safelight.audit.lines import Entry
from safelight.audit.paths import is_included
from safelight.audit.receipt import Receipt
from safelight.errors import VerificationFailed
from safelight.vault.keys import fingerprint_of

FORM = "c2sp.org/tlog-proof@v1"
SUFFIX = ".tlog-proof"
MAX_PROOF_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Inclusion:
    """One entry of a journal and the way from it to a signed checkpoint. Nothing of it is believed
    before check.
    """

    index: int
    entry: bytes
    path: tuple[bytes, ...]
    checkpoint: str
    public_bytes: bytes

    def to_bytes(self) -> bytes:
        """The file."""
        extra = canonical({"entry": self.entry.decode(), "key": base64_text(self.public_bytes)})
        steps = "".join(f"{base64_text(step)}\n" for step in self.path)
        head = f"{FORM}\nextra {base64_text(extra)}\nindex {self.index}\n{steps}"
        return f"{head}\n{self.checkpoint}".encode()

    @classmethod
    def parse(cls, untrusted: bytes) -> Inclusion:
        """Read a file. Raises VerificationFailed if anything in it is out of order."""
        if len(untrusted) > MAX_PROOF_BYTES:
            raise VerificationFailed(f"the proof has more than {MAX_PROOF_BYTES} bytes")
        try:
            form, extra, index, *rest = untrusted.decode().split("\n")
            end = rest.index("")
            facts = parse_canonical(
                base64_bytes(extra.removeprefix("extra ")), lines.MAX_LINE_BYTES
            )
            proof = cls(
                index=int(index.removeprefix("index ")),
                entry=facts["entry"].encode(),
                path=tuple(base64.b64decode(step) for step in rest[:end]),
                checkpoint="\n".join(rest[end + 1 :]),
                public_bytes=base64_bytes(facts["key"]),
            )
            is_same = form == FORM and proof.to_bytes() == untrusted
        except (ValueError, KeyError, TypeError, AttributeError, VerificationFailed) as error:
            raise VerificationFailed("the proof is damaged") from error
        if not is_same:
            raise VerificationFailed("the proof is damaged")
        return proof

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the key that the proof brings along."""
        return fingerprint_of(self.public_bytes)

    def check(self) -> tuple[Head, Entry]:
        """The head that the checkpoint states and the entry that is shown to stand below it.

        Raises VerificationFailed. That the key is the right one is for the caller to see.
        """
        head = lines.read_note(self.checkpoint, self.fingerprint, self.public_bytes)
        entry = lines.read_entry(lines.read_line(self.entry))
        top = (head.entries, bytes.fromhex(head.root))
        is_here = is_included(self.entry, self.index, top, self.path)
        if not is_here or entry.number != self.index + 1:
            raise VerificationFailed("the entry does not stand below this checkpoint")
        return head, entry

    def check_receipt(self, receipt: Receipt) -> tuple[Head, Entry]:
        """Like check, and that the entry is this receipt's, in the journal that it names.

        Raises VerificationFailed. The receipt's own signature is not looked at here.
        """
        follows = receipt.predicate.follows
        head, entry = self.check()
        if entry.leaf.commitment != receipt.commitment:
            raise VerificationFailed("the proof is of another receipt")
        if follows.journal != self.fingerprint or follows.entries >= entry.number:
            raise VerificationFailed("the proof is of another journal than the receipt's")
        return head, entry
