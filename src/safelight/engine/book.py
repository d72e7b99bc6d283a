"""Book: what the engine writes down. Facts of a run become a receipt; the receipt's commitment goes
to the journal.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from safelight.audit import shelf
from safelight.audit.facts import ReceiptFacts, utc_now
from safelight.audit.journal import Journal, Leaf
from safelight.audit.ledger import Ledger
from safelight.audit.operation import RECIPE
from safelight.audit.receipt import Receipt, build, path_for
from safelight.engine.output import sha256_of
from safelight.engine.sealing import Written
from safelight.engine.stating import Desk, InputDigest, Manner, Work, facts_of
from safelight.errors import VerificationFailed
from safelight.limits import MEGA
from safelight.models.entry import Entry
from safelight.operation import ModelNeed
from safelight.recipe import Recipe
from safelight.settings import Settings
from safelight.vault.keys import Keys, load_or_make
from safelight.vault.private import open_regular
from safelight.worker.job import ModelFile

Door = Literal["command line", "python", "server"]
MAX_RECEIPT_BYTES = 4 * MEGA


@dataclass(frozen=True, slots=True)
class Claim:
    """What an output must be the result of: this input, this recipe, of these models in order
    (SHA-256 each) those that the work came to use.
    """

    input_digest: str
    recipe: bytes
    recipe_digest: str
    models: tuple[str, ...]

    @classmethod
    def of(cls, input_digest: str, recipe: Recipe, models: Mapping[ModelNeed, ModelFile]) -> Claim:
        digests = tuple(Entry.from_json(model.entry_json).sha256 for model in models.values())
        return cls(input_digest, recipe.canonical, recipe.digest, digests)

    def holds(self, facts: ReceiptFacts, keyed: Callable[[bytes], str], *, any_input: bool) -> bool:
        """Whether a run with these facts is one of this claim; keyed keys bytes."""
        left, operation = iter(self.models), facts.operation
        is_recipe = (
            operation.recipe_sha256 == self.recipe_digest
            if operation.recipe_keyed is None
            else operation.recipe_keyed == keyed(RECIPE + self.recipe)
        )
        return (
            (any_input or facts.inputs[0].keyed_digest == self.input_digest)
            and is_recipe
            and all(model.sha256 in left for model in facts.models)
        )


class Book:
    """Keys, receipts and journal of one user. Safe to use from many threads."""

    def __init__(
        self, state_dir: Path, door: Door = "python", manner: Manner | None = None
    ) -> None:
        self.state_dir, self.door, self.manner = state_dir, door, manner or Manner()
        self.passphrase_file: Path | None = None
        self._ledger_read: tuple[tuple[int, int], list[dict[str, Any]]] | None = None

    @classmethod
    def of(cls, settings: Settings, door: Door = "python", manner: Manner | None = None) -> Book:
        """The book under these settings, which say too what opens a vault."""
        book = cls(settings.state_dir, door, manner)
        book.passphrase_file = settings.passphrase_file
        return book

    @cached_property
    def keys(self) -> Keys:
        return load_or_make(self.state_dir / "keys", self.passphrase_file)

    @cached_property
    def journal(self) -> Journal:
        return Journal(self.state_dir / "journal", self.keys.journal)

    @cached_property
    def ledger(self) -> Ledger:
        """Where connections that were allowed are written down."""
        return Ledger(self.state_dir / "ledger", self.keys.journal)

    def data_key(self) -> bytearray:
        """The key of encrypted files, for the taker to overwrite. Raises VaultLocked."""
        return self.keys.take_data()

    def input_digest(self) -> InputDigest:
        """A fresh digest for one input."""
        return InputDigest(self.keys.keyed_digest_start(), plain=self.manner.plain)

    def keyed(self, data: bytes) -> str:
        """The keyed digest of these bytes, hexadecimal."""
        digest = self.keys.keyed_digest_start()
        digest.update(data)
        return digest.hexdigest()

    def is_result(self, facts: ReceiptFacts, target: Path) -> bool:
        """Whether the file is the one that these facts speak of. Raises OSError."""
        digest, size_bytes = sha256_of(target), target.stat().st_size
        return any(output.is_file(digest, size_bytes, self.keyed) for output in facts.outputs)

    def prover(self, claim: Claim, *, any_input: bool = False) -> Callable[[Path], bool]:
        """Tells of a file whether its receipt, signed by us, shows it to be the result of the
        claim.
        """

        def proves(target: Path) -> bool:
            try:
                receipt = _receipt_of(target)
                facts = receipt.predicate
                is_ours = receipt.is_signed_by(self.keys.receipts.public_bytes)
                is_it = is_ours and claim.holds(facts, self.keyed, any_input=any_input)
                return is_it and self.is_result(facts, target)
            except (OSError, VerificationFailed):
                return False

        return proves

    def write(self, work: Work, written: Written) -> Receipt:
        """Sign what was done, of which written came out; it has no name yet."""
        desk = Desk(
            self.manner,
            self.door,
            self.keys.pseudonym(_user()),
            self.keyed,
            self._ledger_lines(),
        )
        facts = facts_of(work, written, desk)
        return build(facts, self.keys.receipts, self.journal.head())

    def speaks_of(self, receipt: bytes, target: Path) -> bool:
        """Whether these bytes are a receipt of ours about the file that lies there. Raises OSError,
        and VerificationFailed for what is no regular file.
        """
        try:
            read = Receipt.parse(receipt)
        except VerificationFailed:
            return False
        is_ours = read.is_signed_by(self.keys.receipts.public_bytes)
        return is_ours and self.is_result(read.predicate, target)

    def record(self, receipt: Receipt) -> None:
        """Append the receipt's commitment to the journal; on return it is on disk. Raises
        Unavailable.
        """
        self.journal.append(receipt.leaf())

    def record_failure(self, code: str, started: float, input_bytes: int) -> None:
        """Append an entry for a run that gave nothing. code is its error's; started is a value of
        time.monotonic. Raises like record.
        """
        now = utc_now()
        duration_ms = round((time.monotonic() - started) * 1000)
        self.journal.append(
            Leaf.of_failure(code, now, duration_ms=duration_ms, input_bytes=input_bytes)
        )

    def complete(self, target: Path) -> None:
        """Record the receipt of a finished output that a killed run did not come to record.

        Raises VerificationFailed when the journal was altered, Unavailable.
        """
        receipt = _receipt_of(target)
        if receipt.commitment not in self.journal.check().numbers:
            self.record(receipt)

    def keep(self, receipt: Receipt) -> Path:
        """Keep the receipt of a result that has no file; findable by its id."""
        return shelf.keep(self.state_dir / "receipts", receipt)

    def _ledger_lines(self) -> list[dict[str, Any]]:
        """What the ledger holds now, read once for each state of its file; nothing of a damaged
        one, which audit ledger tells.
        """
        try:
            found = self.ledger.path.stat()
        except OSError:
            return []
        state = (found.st_mtime_ns, found.st_size)
        if self._ledger_read is None or self._ledger_read[0] != state:
            try:
                self._ledger_read = (state, self.ledger.read())
            except VerificationFailed:
                self._ledger_read = (state, [])
        return self._ledger_read[1]


def _receipt_of(target: Path) -> Receipt:
    with open(open_regular(path_for(target)), "rb") as file:
        return Receipt.parse(file.read(MAX_RECEIPT_BYTES))


def _user() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"
