"""Journal: one per user, append-only, signed; it notices every edit, removal, exchange and cut.

Where a receipt's place in the chain comes from. A receipt must be on disk before its output gets
its name, and the journal is appended after that, so a receipt cannot know its own number. Instead
it names the head that it follows: how many entries there were, and one digest over all of them.
Any number of threads and processes can make receipts at once, nothing is reserved, and a run that
dies leaves no hole. A receipt's number is looked up by its commitment. Every receipt thus also
keeps an older head: a journal that is cut back together with its head file no longer fits the
receipts that were made after the cut.

A run that failed has an entry too, with the code of its error, and no receipt.

A sound receipt without an entry is told apart from an altered one: either its run ended between
the output's name and the entry, or the entry was cut off, with the head, before any later receipt
was made.

Files, all private: `journal.jsonl` (its format is in lines.py), `head` (the last checkpoint,
apart, so that a cut is noticed), `.lock`. Writers queue; who holds the lock writes all that has
gathered, entries and one checkpoint in one write with one fsync. Bytes behind the last checkpoint
are of a batch that was never acknowledged; the next append cuts them off.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from safelight.audit.disk import Disk, End
from safelight.audit.facts import Head
from safelight.audit.lines import Leaf
from safelight.audit.log import Log
from safelight.audit.walk import Checked
from safelight.errors import OutputFailed, SafelightError
from safelight.vault.keys import Signer, is_signed
from safelight.vault.lock import hold
from safelight.vault.private import failed_write, private_folder

__all__ = ["Checked", "Head", "Journal", "Leaf"]

LOCK_FILE = ".lock"
WAIT_S = 60.0


@dataclass(slots=True)
class _Ticket:
    leaves: Sequence[Leaf]
    first_number: int = 0
    is_done: bool = False
    error: SafelightError | None = None


class Journal:
    """The journal in this folder. Safe to use from many threads and many processes."""

    def __init__(self, folder: Path, signer: Signer, *, wait_s: float = WAIT_S) -> None:
        self._folder, self._signer, self._wait_s = folder, signer, wait_s
        self._disk = Disk(folder, signer)
        self._queue: list[_Ticket] = []
        self._turn, self._is_writing = threading.Condition(), False
        self._end: End | None = None
        self._checked: tuple[tuple[int, ...], Checked] | None = None

    @property
    def public_bytes(self) -> bytes:
        """The raw public key that signs this journal."""
        return self._signer.public_bytes

    def append(self, leaf: Leaf) -> int:
        """Add one entry and return its number, counted from 1, once it is on disk.

        Raises Unavailable if the lock is not free within a minute, VerificationFailed if the
        journal was altered, DiskFull or OutputFailed if it cannot be written.
        """
        return self.append_all((leaf,))[0]

    def append_all(self, leaves: Sequence[Leaf]) -> range:
        """Add entries in order with one fsync and return their numbers; raises like append."""
        ticket = _Ticket(leaves)
        with self._turn:
            self._queue.append(ticket)
            self._turn.wait_for(lambda: ticket.is_done or not self._is_writing)
            batch, self._queue = ([], self._queue) if ticket.is_done else (self._queue, [])
            self._is_writing = self._is_writing or bool(batch)
        if batch:
            self._write(batch)
        if ticket.error is not None:
            raise ticket.error
        return range(ticket.first_number, ticket.first_number + len(leaves))

    def head(self) -> Head:
        """The last head that is on disk, for a receipt to follow; may lag behind other processes.

        Raises like append.
        """
        end = self._end
        if end is None:
            with self._held():
                end = self._end = self._disk.end(None)
        return end.head(self._signer.fingerprint)

    def check(self) -> Checked:
        """Check the whole journal.

        Raises VerificationFailed and names the first place that is wrong; Unavailable like append.
        """
        with self._held(to_read=True):
            state, known = self._disk.state(), self._checked
            if known is not None and known[0] == state:
                return known[1]
            look = self._disk.look()
        checked = self._disk.checked(look)  # a long walk: meanwhile others may write
        self._checked = state, checked
        return checked

    def log(self) -> Log:
        """Check the whole journal and read it. Raises like check."""
        with self._held(to_read=True):
            look = self._disk.look()
        return Log.of(look.data or b"", self._disk.checked(look), self.public_bytes)

    @contextmanager
    def _held(self, *, to_read: bool = False) -> Iterator[None]:
        private_folder(self._folder)
        is_signed(self._signer.public_bytes, b"", b"")  # its imports: not while others wait
        with hold(self._folder / LOCK_FILE, wait_s=self._wait_s, to_read=to_read):
            try:
                yield
            except OSError as error:
                raise failed_write(error) from error

    def _write(self, batch: list[_Ticket]) -> None:
        failure: SafelightError = OutputFailed("the journal was interrupted")
        try:
            with self._held():
                leaves = [leaf for ticket in batch for leaf in ticket.leaves]
                end = self._disk.commit(leaves, self._end)
            number = end.tree.size - len(leaves) + 1
            for ticket in batch:
                ticket.first_number = number
                number += len(ticket.leaves)
            self._end = end
        except SafelightError as error:
            failure, self._end = error, None
        finally:
            with self._turn:
                for ticket in batch:
                    ticket.error = None if ticket.first_number else failure
                    ticket.is_done = True
                self._is_writing = False
                self._turn.notify_all()
