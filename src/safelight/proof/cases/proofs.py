"""Proofs: that the receipts of a case stand in the journal of who made them, kept in the case, so
that they can be checked where that journal is not.
"""

from __future__ import annotations

from pathlib import Path

from safelight.audit.inclusion import MAX_PROOF_BYTES, SUFFIX, Inclusion
from safelight.audit.journal import Journal
from safelight.audit.receipt import Receipt
from safelight.errors import VerificationFailed
from safelight.proof.cases.chain import Chain
from safelight.proof.cases.facts import Processed
from safelight.proof.cases.folder import FOLDER_MODE, CaseFolder, unwritten
from safelight.proof.cases.shelf import Shelf
from safelight.vault.private import write_private

FOLDER = "journal"
MAX_RECEIPT_BYTES = 4_000_000


def place_of(result: str) -> str:
    """Where the proof of a result's receipt lies in the case."""
    return f"{FOLDER}/{result}{SUFFIX}"


def receipt_of(shelf: Shelf, outcome: Processed) -> Receipt:
    """The receipt of a result, by its form alone. Raises OSError, VerificationFailed."""
    return Receipt.parse(shelf.read(outcome.receipt.file.place, MAX_RECEIPT_BYTES))


def keep_proofs(case: CaseFolder, chain: Chain, shelf: Shelf, journal: Journal) -> None:
    """Write what is missing of the proofs of receipts that stand in this journal.

    Raises VerificationFailed where the journal was altered, OutputFailed.
    """
    missing = [done for done in chain.done() if not _path(case.folder, done[1]).exists()]
    if not missing:
        return
    log = journal.log()
    try:
        (case.folder / FOLDER).mkdir(mode=FOLDER_MODE, exist_ok=True)
        for _result, outcome in missing:
            number = log.checked.numbers.get(receipt_of(shelf, outcome).commitment)
            if number is not None:
                write_private(_path(case.folder, outcome), log.inclusion(number).to_bytes())
    except OSError as error:
        raise unwritten(error) from error


def proof_of(shelf: Shelf, outcome: Processed) -> Inclusion | None:
    """The proof that is kept of a result's receipt; None where there is none.

    Raises VerificationFailed for one that does not hold, or holds for another receipt.
    """
    try:
        data = shelf.read(place_of(outcome.result), MAX_PROOF_BYTES)
    except OSError:
        return None
    proof = Inclusion.parse(data)
    try:
        proof.check_receipt(receipt_of(shelf, outcome))
    except OSError as error:
        raise VerificationFailed("the receipt of the proof is gone") from error
    return proof


def _path(folder: Path, outcome: Processed) -> Path:
    return folder / place_of(outcome.result)
