"""Walk: read a whole journal; every line must fit the one before it, the tree and the signature."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from safelight.audit import lines
from safelight.audit.facts import Head
from safelight.audit.merkle import EMPTY_ROOT, Tree
from safelight.errors import VerificationFailed


@dataclass(frozen=True)
class Checked:
    """A journal that holds: its head, the number of each commitment, the root at each checkpoint.

    unfinished_bytes counts what a crash left behind the last checkpoint; it was never acknowledged.
    """

    head: Head
    numbers: Mapping[str, int] = field(default_factory=dict)
    roots: Mapping[int, str] = field(default_factory=dict)
    unfinished_bytes: int = 0


def empty(fingerprint: str) -> Checked:
    """The journal that has not begun."""
    return Checked(
        Head(journal=fingerprint, entries=0, root=EMPTY_ROOT.hex()), {}, {0: EMPTY_ROOT.hex()}
    )


def walk(data: bytes, kept: Head, public_bytes: bytes) -> Checked:
    """Check all lines against each other and against the head that is kept apart.

    Raises VerificationFailed and names the first place that is not what it was: edited, removed,
    moved or cut off.
    """
    journey = _Journey(kept.journal, public_bytes)
    journey.go(data)
    entries = journey.done.head.entries
    if journey.fault and (entries < kept.entries or journey.is_signed_later(data)):
        raise VerificationFailed(f"the journal was altered at {journey.fault}")
    if entries < kept.entries:
        raise VerificationFailed(
            f"the journal was cut: it had {kept.entries} entries and has {entries}"
        )
    if journey.roots.get(kept.entries) != kept.root:
        raise VerificationFailed("the journal is not the one that its head was signed for")
    return Checked(
        journey.done.head, journey.committed, journey.roots, len(data) - journey.done_bytes
    )


class _Journey:
    def __init__(self, fingerprint: str, public_bytes: bytes) -> None:
        self._fingerprint, self._public_bytes = fingerprint, public_bytes
        self._tree, self._previous = Tree(), b""
        self._pending: dict[str, int] = {}
        self._last: dict[str, Any] | None = None
        self.done = lines.Checkpoint(empty(fingerprint).head, Tree())
        self.done_bytes = 0
        self.committed: dict[str, int] = {}
        self.roots: dict[int, str] = {0: EMPTY_ROOT.hex()}
        self.fault = ""

    def go(self, data: bytes) -> None:
        """Walk to the end or to the first line that does not hold."""
        position = 0
        try:
            while position < len(data):
                end = data.find(b"\n", position, position + lines.MAX_LINE_BYTES + 1)
                if end < 0:
                    raise VerificationFailed("a line is torn")
                self._step(data[position:end], end + 1)
                position = end + 1
        except VerificationFailed:
            # a changed line shows where the next one no longer follows it
            sound = self._tree.size
            self.fault = f"entry {sound} or {sound + 1}" if sound else "its first lines"
        self._settle()

    def is_signed_later(self, data: bytes) -> bool:
        """True if a checkpoint of ours stands behind the fault: no crash left it then.

        One whose line feed is not there is the last thing that a crash left.
        """
        for line in data[self.done_bytes :].split(b"\n")[:-1]:
            try:
                found = lines.read_checkpoint(
                    lines.read_line(line), self._fingerprint, self._public_bytes
                )
            except VerificationFailed:
                continue
            if found.head.entries > self.done.head.entries:
                return True
        return False

    def _step(self, line: bytes, end: int) -> None:
        document = lines.read_line(line)
        if not self._previous:
            if not lines.is_header(line, self._public_bytes):
                raise VerificationFailed("the journal is another key's")
            self.done_bytes = end
        elif document.get("previous") != lines.line_digest(self._previous):
            raise VerificationFailed("a line does not follow the one before it")
        elif "checkpoint" in document:
            self._checkpoint(document, end)
        else:
            self._entry(document, line)
        self._previous = line

    def _entry(self, document: dict[str, Any], line: bytes) -> None:
        entry = lines.read_entry(document)
        if entry.number != self._tree.size + 1:
            raise VerificationFailed("an entry is out of order")
        self._tree.append(line)
        self._pending[entry.leaf.commitment] = entry.number

    def _checkpoint(self, document: dict[str, Any], end: int) -> None:
        """Compare with the tree. The last signature covers all before it: `_settle` checks it."""
        peaks = [peak.hex() for peak in self._tree.peaks]
        if document.get("peaks") != peaks:
            raise VerificationFailed("a checkpoint is damaged")
        self._last = document
        self.done_bytes = end
        self.roots[self._tree.size] = self._tree.root.hex()
        self.committed |= self._pending
        self._pending = {}

    def _settle(self) -> None:
        if self._last is not None:
            try:
                self.done = lines.read_checkpoint(self._last, self._fingerprint, self._public_bytes)
            except VerificationFailed as error:
                raise VerificationFailed(
                    "the journal was altered: its last signature does not cover its entries"
                ) from error
