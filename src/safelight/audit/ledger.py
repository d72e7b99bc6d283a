"""Ledger: every connection that was allowed, and the results of self-tests. There is nothing else
to count.

One canonical JSON value a line, in a private file of the state folder. Each line has its number,
the SHA-256 of the one before it and a signature, so a line that was changed, taken out or put in
between is noticed. How many there were, and the digest of the last, stand signed in a second file,
so lines cut off at the end are noticed too, unless both files are put back together.

Version 1 had no numbers and no second file; a ledger that began so goes on with version 2.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from safelight.audit.canonical import base64_bytes, base64_text, canonical, parse_canonical
from safelight.audit.lines import line_digest
from safelight.errors import VerificationFailed
from safelight.vault.keys import Signer, is_signed
from safelight.vault.lock import hold
from safelight.vault.private import (
    failed_write,
    open_private,
    private_folder,
    read_private,
    write_private,
)

FILE, HEAD_FILE = "ledger.jsonl", "ledger.head"
SCHEMA = "safelight-ledger/2"
SCHEMA_1 = "safelight-ledger/1"
MAX_LINE_BYTES = 4_096
MAX_FILE_BYTES = 64_000_000
NOTHING_BEFORE = "0" * 64

Fact = str | int | bool


@dataclass(frozen=True, slots=True)
class _Head:
    lines: int
    last: str


class Ledger:
    """The ledger in this folder. Safe to use from many processes."""

    def __init__(self, folder: Path, signer: Signer) -> None:
        self._folder, self._path, self._signer = folder, folder / FILE, signer
        self._head = folder / HEAD_FILE

    @property
    def path(self) -> Path:
        """Its file, which need not be there yet."""
        return self._path

    def append(self, facts: Mapping[str, Fact]) -> None:
        """Write a line and make it last. Raises VerificationFailed where the file is damaged,
        OutputFailed, Unavailable.
        """
        private_folder(self._folder)
        with hold(self._folder / ".ledger.lock"):
            last, number = self._last_line(), self._count() + 1
            entry = {
                **facts,
                "number": number,
                "previous": line_digest(last) if last else NOTHING_BEFORE,
                "schema": SCHEMA,
                "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            }
            line = self._signed(entry)
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
            try:
                with open(os.open(self._path, flags, 0o600), "ab") as file:
                    file.write(line + b"\n")
                    file.flush()
                    os.fsync(file.fileno())
            except OSError as error:
                raise failed_write(error) from error
            write_private(self._head, self._signed({"last": line_digest(line), "lines": number}))

    def read(self) -> list[dict[str, Any]]:
        """Every line, the oldest first, without its signature.

        Raises VerificationFailed naming the line that is not as it was written.
        """
        found, digests = [], [NOTHING_BEFORE]
        for number, line in enumerate(self._lines(), 1):
            entry = self._checked(line, number)
            if entry.pop("previous") != digests[-1]:
                raise _altered(number)
            digests.append(line_digest(line))
            found.append(entry)
        self._compare(found, digests)
        for entry in found:
            entry.pop("number", None)
        return found

    def _compare(self, entries: list[dict[str, Any]], digests: list[str]) -> None:
        """With the head. Raises VerificationFailed where lines were cut off."""
        head = self._kept()
        if head is None:
            if any(entry["schema"] == SCHEMA for entry in entries):
                raise VerificationFailed("the ledger's head file is gone")
        elif head.lines > len(entries):
            raise VerificationFailed(
                f"the ledger was cut: it had {head.lines} lines and has {len(entries)}"
            )
        elif digests[head.lines] != head.last:
            raise VerificationFailed("the ledger is not the one that its head was signed for")

    def _count(self) -> int:
        """How many lines there are. Raises VerificationFailed where they are not the head's."""
        head, last = self._kept(), self._last_line()
        if head is not None and line_digest(last) == head.last:
            return head.lines
        return len(self.read())

    def _kept(self) -> _Head | None:
        data = read_private(self._head, MAX_LINE_BYTES)
        if data is None:
            return None
        document = self._opened(data)
        match document:
            case {"last": str(last), "lines": int(lines), **rest} if not rest and lines > 0:
                return _Head(lines, last)
        raise VerificationFailed("the ledger's head file is damaged")

    def _signed(self, document: Mapping[str, Fact]) -> bytes:
        signature = base64_text(self._signer.sign(canonical(document)))
        return canonical({**document, "signature": signature})

    def _opened(self, untrusted: bytes) -> dict[str, Any] | None:
        """The document without its signature; None if that does not hold."""
        try:
            document: dict[str, Any] = dict(parse_canonical(untrusted, MAX_LINE_BYTES))
            signature = base64_bytes(document.pop("signature"))
        except (VerificationFailed, KeyError, TypeError, ValueError):
            return None
        is_ours = is_signed(self._signer.public_bytes, signature, canonical(document))
        return document if is_ours else None

    def _checked(self, line: bytes, number: int) -> dict[str, Any]:
        entry = self._opened(line)
        if entry is None or "previous" not in entry:
            raise _altered(number)
        if (entry.get("schema"), entry.get("number")) not in ((SCHEMA, number), (SCHEMA_1, None)):
            raise _altered(number)
        return entry

    def _lines(self) -> list[bytes]:
        data = read_private(self._path, MAX_FILE_BYTES) or b""
        if len(data) > MAX_FILE_BYTES:
            raise VerificationFailed(f"the ledger has more than {MAX_FILE_BYTES} bytes")
        *lines, rest = data.split(b"\n")
        head = self._kept() if rest else None
        if rest and len(lines) != (head.lines if head else 0):
            raise _altered(len(lines) + 1)
        return lines  # the rest is of a run that died: no line was acknowledged

    def _last_line(self) -> bytes:
        """The last whole line; what a run that died left behind it is cut off."""
        try:
            fd = open_private(self._path, os.O_RDWR)
        except FileNotFoundError:
            return b""
        with open(fd, "r+b") as file:
            end = file.seek(0, os.SEEK_END)
            start = max(0, end - 2 * MAX_LINE_BYTES)
            file.seek(start)
            data = file.read()
            whole = data[: data.rfind(b"\n") + 1]
            if len(whole) < len(data):
                file.truncate(start + len(whole))
        return whole[:-1].rsplit(b"\n", 1)[-1]


def _altered(number: int) -> VerificationFailed:
    return VerificationFailed(f"line {number} of the ledger is not as it was written")
