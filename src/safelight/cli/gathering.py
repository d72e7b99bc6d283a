"""Gathering: what goes into a bundle of receipts."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from safelight.cli.checking import Check
from safelight.cli.face import Face
from safelight.cli.handing import sound
from safelight.errors import InputMissing, UsageError

if TYPE_CHECKING:
    from safelight.audit.bundle import Part
    from safelight.audit.log import Log
    from safelight.audit.receipt import Receipt
    from safelight.audit.verify import Verification

MAX_ENDING = 8
VERIFIERS = ("verify_receipt.py", "verify_receipt.mjs")
READ_ME = """\
Receipts of Safelight, in one file.

index.html lists them; each has a page to read. What counts are the signed files in receipts/.

With Safelight:     safelight verify bundle THIS.zip --key FINGERPRINT
Without Safelight:  unpack it, then for each receipt
                    python3 verify_receipt.py receipts/ID.receipt.json \\
                        --key FINGERPRINT --proof proofs/ID.tlog-proof

FINGERPRINT is that of the key of whoever gave you this file. Ask for it by another way: the keys in
keys/ came by the same way as the receipts and prove nothing by themselves.
"""


class Gathering:
    """Parts of a bundle, gathered file by file. count, proofs and outputs say how many there are.

    Names of pictures stand nowhere in it.
    """

    def __init__(self, face: Face, *, with_outputs: bool) -> None:
        self._check, self._with_outputs = Check(face), with_outputs
        self._rows: list[Receipt] = []
        self.parts: dict[str, Part] = {}
        self.proofs = self.outputs = 0

    @property
    def count(self) -> int:
        return len(self._rows)

    @cached_property
    def _log(self) -> Log:
        return self._check.book.journal.log()

    def add(self, path: Path) -> None:
        """The receipt of this output, or in this file. Raises VerificationFailed for one that does
        not hold, UsageError for one that another key signed, InputMissing.
        """
        from safelight.audit import timestamp
        from safelight.audit.bundled import PROOFS, RECEIPTS
        from safelight.audit.facts import utc_now
        from safelight.audit.inclusion import SUFFIX as PROOF
        from safelight.audit.receipt import SUFFIX, is_receipt_path, path_for
        from safelight.audit.view import page

        found = self._check.verified(path)
        receipt = sound(found)
        if receipt.envelope.fingerprint != self._check.book.keys.receipts.fingerprint:
            raise UsageError(
                f"the receipt of {path} was signed by another key: a bundle holds your own",
                hint="hand that one on as it is",
            )
        name = f"{RECEIPTS}{receipt.id}{SUFFIX}"
        if name in self.parts:
            return
        self._rows.append(receipt)
        self.parts[name] = receipt.data
        self.parts[f"pages/{receipt.id}.html"] = page(receipt, found, when=utc_now()).encode()
        answer = timestamp.beside(path if is_receipt_path(path) else path_for(path))
        if answer is not None:
            self.parts[name + timestamp.SUFFIX] = answer
        if found.number is not None:
            self.parts[f"{PROOFS}{receipt.id}{PROOF}"] = self._log.inclusion(
                found.number
            ).to_bytes()
            self.proofs += 1
        if self._with_outputs:
            self._add_output(path, found, receipt)

    def _add_output(self, path: Path, found: Verification, receipt: Receipt) -> None:
        from safelight.audit.bundled import OUTPUTS
        from safelight.audit.receipt import is_receipt_path, output_for

        output = output_for(path) if is_receipt_path(path) else path
        if not receipt.predicate.outputs:
            return
        if output is None or found.line("output").state != "ok":
            raise InputMissing(f"the result of {path} is not there as it was signed")
        self.parts[f"{OUTPUTS}{receipt.id}{_ending(output)}"] = output
        self.outputs += 1

    def write(self, file: BinaryIO) -> None:
        """The bundle. Raises VerificationFailed if a result changed in the meantime, OSError."""
        from safelight.audit.bundle import write
        from safelight.audit.bundled import KEYS
        from safelight.audit.view import index
        from safelight.cli.receipt_verifier import verifier

        keys = self._check.book.keys
        parts = {
            **self.parts,
            f"{KEYS}receipts.pem": keys.receipts.public_pem,
            f"{KEYS}journal.pem": keys.journal.public_pem,
            "README.txt": READ_ME.encode(),
            "index.html": index([receipt.predicate for receipt in self._rows]).encode(),
            **{name: verifier(name) for name in VERIFIERS},
        }
        write(file, parts, keys.receipts)


def _ending(path: Path) -> str:
    """A few letters and digits: a name may hold anything behind its point, as much as it likes."""
    ending = path.suffix.removeprefix(".").lower()
    is_plain = ending.isascii() and ending.isalnum() and len(ending) <= MAX_ENDING
    return f".{ending}" if is_plain else ".file"
