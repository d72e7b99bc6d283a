"""Log: a whole journal that was checked, its entries readable, and proofs made from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from safelight.audit import lines
from safelight.audit.consistency import Consistency
from safelight.audit.facts import Head
from safelight.audit.inclusion import Inclusion
from safelight.audit.lines import Entry
from safelight.audit.merkle import Levels
from safelight.audit.walk import Checked
from safelight.errors import InputMissing, VerificationFailed
from safelight.vault.keys import fingerprint_of


@dataclass(frozen=True)
class Log:
    """A journal that holds: its entry lines in order, its signed checkpoint for each size that has
    one, and the raw public key that signed them.
    """

    checked: Checked
    leaves: tuple[bytes, ...]
    notes: Mapping[int, str]
    public_bytes: bytes

    @classmethod
    def of(cls, data: bytes, checked: Checked, public_bytes: bytes) -> Log:
        """The log of a journal's bytes, which gave this when they were walked."""
        leaves: list[bytes] = []
        notes: dict[int, str] = {}
        whole = data[: len(data) - checked.unfinished_bytes]
        for line in whole.split(b"\n")[1:-1]:
            if b'"checkpoint"' in line:
                notes[len(leaves)] = lines.read_line(line)["checkpoint"]
            else:
                leaves.append(line)
        return cls(checked, tuple(leaves), notes, public_bytes)

    @property
    def head(self) -> Head:
        """The last head that is signed."""
        return self.checked.head

    @property
    def fingerprint(self) -> str:
        """The journal's key, as receipts name it."""
        return fingerprint_of(self.public_bytes)

    @property
    def checkpoint(self) -> str:
        """The last signed checkpoint, for a user to keep. Raises InputMissing if there is none."""
        if not self.leaves:
            raise InputMissing("the journal is empty", hint="make a first result")
        return self.notes[self.head.entries]

    def entries(self) -> Iterator[Entry]:
        """Every entry, the oldest first."""
        return (lines.read_entry(lines.read_line(leaf)) for leaf in self.leaves)

    def inclusion(self, number: int) -> Inclusion:
        """The proof that the entry with this number stands below the last checkpoint.

        Raises InputMissing if there is none.
        """
        if not 1 <= number <= len(self.leaves):
            raise InputMissing(f"the journal has no entry {number}")
        index, size = number - 1, len(self.leaves)
        path = tuple(self._levels.inclusion(index, size))
        return Inclusion(index, self.leaves[index], path, self.checkpoint, self.public_bytes)

    def consistency(self, older: str) -> Consistency:
        """The proof that the last checkpoint grew from an older one, a signed note.

        Raises VerificationFailed where it did not: the journal was rolled back, or is another.
        """
        named = lines.journal_of(older.encode())
        if named not in ("", self.fingerprint):
            raise VerificationFailed(f"the checkpoint is of another journal, of the key {named}")
        head = lines.read_note(older, self.fingerprint, self.public_bytes)
        size = len(self.leaves)
        if head.entries > size:
            raise VerificationFailed(
                f"the journal was rolled back: it had {head.entries} entries when this checkpoint "
                f"was kept and has {size}"
            )
        if self._levels.root(head.entries).hex() != head.root:
            raise VerificationFailed(
                f"the journal's first {head.entries} entries are not those that this checkpoint "
                "was signed for"
            )
        path = tuple(self._levels.consistency(head.entries, size))
        return Consistency(older, self.checkpoint if size else older, path, self.public_bytes)

    @cached_property
    def _levels(self) -> Levels:
        return Levels(self.leaves)
