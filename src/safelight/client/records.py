"""Records: which results a server made of which inputs, so that the next run of the same command
knows them again.

The server's receipt holds a digest of the input that only the server's key can make. So this
machine writes down its own, keyed by its own key, beside the receipt's commitment.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from safelight.audit.receipt import Receipt, path_for
from safelight.engine.book import MAX_RECEIPT_BYTES, Book
from safelight.engine.output import sha256_of
from safelight.errors import SafelightError, VerificationFailed
from safelight.recipe import Recipe
from safelight.vault.private import open_regular, private_folder, read_private, write_private

FOLDER = "remote"
MAX_FILE_BYTES = 4_096


@dataclass(frozen=True, slots=True)
class Record:
    """Each is hexadecimal, and all but the first are keyed: the receipt's commitment, the input,
    the recipe, and the output as its file holds it.
    """

    commitment: str
    input: str
    recipe: str
    output: str


class Records:
    """Those of one user."""

    def __init__(self, state_dir: Path, book: Book) -> None:
        self._folder, self._book = state_dir / FOLDER, book

    def write(self, receipt: Receipt, input_digest: str, recipe: Recipe, sha256: str) -> None:
        """Before the output has its name. Raises OutputFailed, DiskFull, PolicyRefused."""
        private_folder(self._folder)
        keyed = self._book.keyed
        record = Record(
            receipt.commitment, input_digest, keyed(recipe.canonical), keyed(sha256.encode())
        )
        write_private(self._place(receipt), json.dumps(asdict(record)).encode() + b"\n")

    def prover(
        self, input_digest: str, recipe: Recipe, *, any_input: bool
    ) -> Callable[[Path], bool]:
        """Tells of a file whether it is the result of this input and recipe."""

        def proves(target: Path) -> bool:
            try:
                with open(open_regular(path_for(target)), "rb") as file:
                    found = self._found(file.read(MAX_RECEIPT_BYTES), target)
            except (OSError, SafelightError):
                return False
            return (
                found is not None
                and hmac.compare_digest(found.recipe, self._book.keyed(recipe.canonical))
                and (any_input or hmac.compare_digest(found.input, input_digest))
            )

        return proves

    def speaks_of(self, receipt: bytes, target: Path) -> bool:
        """Whether these bytes are a receipt that came with the file that lies there. Raises
        OSError, VerificationFailed.
        """
        try:
            return self._found(receipt, target) is not None
        except VerificationFailed:
            return False

    def _found(self, receipt: bytes, target: Path) -> Record | None:
        """The record of this receipt, where it and the file are those that it was written for."""
        read = Receipt.parse(receipt)
        data = read_private(self._place(read), MAX_FILE_BYTES)
        if data is None:
            return None
        try:
            record = Record(**json.loads(data))
        except (ValueError, TypeError):
            return None
        output = self._book.keyed(sha256_of(target).encode())
        is_it = (record.commitment, record.output) == (read.commitment, output)
        return record if is_it else None

    def _place(self, receipt: Receipt) -> Path:
        return self._folder / f"{receipt.id}.json"
