"""Disk: the files of the journal. Every method but checked is called by who holds the journal's
lock.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from safelight.audit import lines
from safelight.audit.facts import Head
from safelight.audit.lines import Leaf
from safelight.audit.merkle import EMPTY_ROOT, Tree
from safelight.audit.walk import Checked, empty, walk
from safelight.errors import VerificationFailed
from safelight.vault.keys import Signer
from safelight.vault.private import open_private, read_private, write_private

JOURNAL_FILE, HEAD_FILE = "journal.jsonl", "head"
MAX_HEAD_BYTES = 1_024
TAIL_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class End:
    """Where the acknowledged journal ends: tree, last line, size, and which file it is."""

    tree: Tree
    last_line: bytes
    size_bytes: int
    inode: int

    def head(self, fingerprint: str) -> Head:
        return Head(journal=fingerprint, entries=self.tree.size, root=self.tree.root.hex())


@dataclass(frozen=True, slots=True)
class Look:
    """The journal's bytes at one moment, None before its first, and the head kept beside them."""

    data: bytes | None
    kept: Head | None


class Disk:
    """The journal's two files in a private folder."""

    def __init__(self, folder: Path, signer: Signer) -> None:
        self._journal, self._head = folder / JOURNAL_FILE, folder / HEAD_FILE
        self._signer = signer

    def end(self, known: End | None) -> End:
        """The end as it is now; known is believed if the file has not grown since.

        Makes the files if neither is there. Raises VerificationFailed if they do not fit.
        """
        with self._opened(os.O_RDONLY) as fd:
            return self._end(fd, known)

    def commit(self, leaves: Sequence[Leaf], known: End | None) -> End:
        """Write the entries and one checkpoint behind the end, and make them last."""
        with self._opened(os.O_RDWR) as fd:
            end = self._end(fd, known)
            if os.fstat(fd).st_size > end.size_bytes:
                os.ftruncate(fd, end.size_bytes)
            tree, last, data = end.tree.copy(), end.last_line, bytearray()
            for leaf in leaves:
                last = lines.entry_line(leaf, tree.size + 1, last)
                tree.append(last)
                data += last + b"\n"
            last = lines.checkpoint_line(tree, self._signer, last)
            data += last + b"\n"
            _write_at(fd, end.size_bytes, data)
            os.fsync(fd)
            self._keep_head(tree)
            return End(tree, last, end.size_bytes + len(data), end.inode)

    def state(self) -> tuple[int, ...]:
        """Which state the two files are in; another one after every change to them."""
        kept = self._kept_head()
        entries = -1 if kept is None else kept.entries
        try:
            found = self._journal.stat()
        except FileNotFoundError:
            return (entries,)
        return (found.st_ino, found.st_size, found.st_mtime_ns, entries)

    def look(self) -> Look:
        """All bytes as they are now, not yet checked."""
        kept = self._kept_head()
        if not self._journal.exists():
            if kept is not None and kept.entries:
                raise _gone(kept.entries)
            return Look(None, kept)
        with self._opened(os.O_RDONLY) as fd:
            return Look(_read_from(fd, 0), kept)

    def checked(self, look: Look) -> Checked:
        """What these bytes are found to be, line by line; needs no lock. Raises
        VerificationFailed.
        """
        if look.data is None:
            return empty(self._signer.fingerprint)
        return self._walk(look.data, look.kept)

    def _walk(self, data: bytes, kept: Head | None) -> Checked:
        if kept is None:
            raise VerificationFailed("the journal's head file is gone")
        return walk(data, kept, self._signer.public_bytes)

    @contextmanager
    def _opened(self, flags: int) -> Iterator[int]:
        try:
            fd = open_private(self._journal, flags)
        except FileNotFoundError:
            self._make()
            fd = open_private(self._journal, flags)
        try:
            yield fd
        finally:
            os.close(fd)

    def _make(self) -> None:
        kept = self._kept_head()
        if kept is not None and kept.entries:
            raise _gone(kept.entries)
        tree = Tree()
        write_private(self._head, lines.note(0, tree.root, self._signer).encode())
        write_private(self._journal, lines.header_line(self._signer.public_bytes) + b"\n")

    def _end(self, fd: int, known: End | None) -> End:
        found = os.fstat(fd)
        if known is not None and (known.inode, known.size_bytes) == (found.st_ino, found.st_size):
            return known
        kept = self._kept_head()
        end = self._last_checkpoint(fd, found.st_size)
        if kept is None or end.head(kept.journal) != kept:
            checked = self._walk(_read_from(fd, 0), kept)
            end = self._last_checkpoint(fd, found.st_size - checked.unfinished_bytes)
        return end

    def _last_checkpoint(self, fd: int, size_bytes: int) -> End:
        """The end by the last checkpoint that follows its line before, in the first size_bytes."""
        start = size_bytes
        while start > 0:
            start = max(0, size_bytes - 4 * (size_bytes - start) - TAIL_BYTES)
            found = _read_from(fd, start)[: size_bytes - start].split(b"\n")
            stop = size_bytes - len(found.pop())
            for index in range(len(found) - 1, -1 if start == 0 else 1, -1):
                tree = self._tree_of(found[index], found[index - 1] if index else None)
                if tree is not None:
                    return End(tree, found[index], stop, os.fstat(fd).st_ino)
                stop -= len(found[index]) + 1
        raise VerificationFailed("the journal is another key's, or its first line was altered")

    def _tree_of(self, line: bytes, before: bytes | None) -> Tree | None:
        """The tree at this line, if it is the first line, or a checkpoint in its place."""
        fingerprint, public_bytes = self._signer.fingerprint, self._signer.public_bytes
        if before is None:
            return Tree() if lines.is_header(line, public_bytes) else None
        if b'"checkpoint"' not in line:
            return None
        try:
            document = lines.read_line(line)
            found = lines.read_checkpoint(document, fingerprint, public_bytes)
        except VerificationFailed:
            return None
        return found.tree if document["previous"] == lines.line_digest(before) else None

    def _kept_head(self) -> Head | None:
        data = read_private(self._head, MAX_HEAD_BYTES)
        if data is None:
            return None
        try:
            return self._read_note(data.decode())
        except (UnicodeDecodeError, VerificationFailed) as error:
            self._refuse_another_key(data)
            older = self._torn_from(data)
            if older is None:
                raise VerificationFailed("the journal's head file is damaged") from error
            return self._read_note(older)

    def _refuse_another_key(self, head: bytes) -> None:
        named = lines.journal_of(head)
        if named in ("", self._signer.fingerprint):
            return
        raise VerificationFailed(
            f"the journal was begun with the key {named}, which is not the one here",
            hint="put that key back; if it is lost, move the folder of the journal away: the next"
            " run begins a new one",
        )

    def _torn_from(self, data: bytes) -> str | None:
        """The note that a run which died was overwriting, if these bytes are of such a write: up to
        some byte the journal's last checkpoint, from there an older one.
        """
        if not self._journal.exists():
            return None
        first = lines.note(0, EMPTY_ROOT, self._signer)
        with self._opened(os.O_RDONLY) as fd:
            notes = [first, *lines.notes_in(_read_from(fd, 0))]
        newest = notes.pop().encode()
        unequal = (
            place for place, byte in enumerate(data) if newest[place : place + 1] != b"%c" % byte
        )
        both = next(unequal, len(data))
        return next((one for one in notes[::-1] if data[both:] == one.encode()[both:]), None)

    def _read_note(self, text: str) -> Head:
        return lines.read_note(text, self._signer.fingerprint, self._signer.public_bytes)

    def _keep_head(self, tree: Tree) -> None:
        """Overwrite the head in place: a note never gets shorter; the disk may have it later."""
        fd = open_private(self._head, os.O_WRONLY)
        try:
            _write_at(fd, 0, lines.note(tree.size, tree.root, self._signer).encode())
        finally:
            os.close(fd)


def _gone(entries: int) -> VerificationFailed:
    return VerificationFailed(f"the journal is gone: it had {entries} entries")


def _read_from(fd: int, start: int) -> bytes:
    pieces = []
    os.lseek(fd, start, os.SEEK_SET)
    while piece := os.read(fd, 1 << 20):
        pieces.append(piece)
    return b"".join(pieces)


def _write_at(fd: int, start: int, data: bytes | bytearray) -> None:
    os.lseek(fd, start, os.SEEK_SET)
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]
