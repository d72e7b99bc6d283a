"""Ledger: every connection that was allowed, and the results of self-tests. There is nothing else
to count.

One canonical JSON value a line, in a private file of the state folder. Each line has the SHA-256 of
the one before it and a signature, so a line that was changed, taken out or put in between is
noticed; lines cut off at the end are not.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from safelight.audit.canonical import base64_bytes, base64_text, canonical, parse_canonical
from safelight.audit.lines import line_digest
from safelight.errors import VerificationFailed
from safelight.vault.keys import Signer, is_signed
from safelight.vault.lock import hold
from safelight.vault.private import failed_write, open_private, private_folder, read_private

FILE = "ledger.jsonl"
SCHEMA = "safelight-ledger/1"
MAX_LINE_BYTES = 4_096
MAX_FILE_BYTES = 64_000_000
NOTHING_BEFORE = "0" * 64

Fact = str | int | bool


class Ledger:
    """The ledger in this folder. Safe to use from many processes."""

    def __init__(self, folder: Path, signer: Signer) -> None:
        self._folder, self._path, self._signer = folder, folder / FILE, signer

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
            last = self._last_line()
            entry = {
                **facts,
                "previous": line_digest(last) if last else NOTHING_BEFORE,
                "schema": SCHEMA,
                "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            }
            entry["signature"] = base64_text(self._signer.sign(canonical(entry)))
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
            try:
                with open(os.open(self._path, flags, 0o600), "ab") as file:
                    file.write(canonical(entry) + b"\n")
                    file.flush()
                    os.fsync(file.fileno())
            except OSError as error:
                raise failed_write(error) from error

    def read(self) -> list[dict[str, Any]]:
        """Every line, the oldest first, without its signature.

        Raises VerificationFailed naming the line that is not as it was written.
        """
        found, before = [], NOTHING_BEFORE
        for number, line in enumerate(self._lines(), 1):
            entry = self._checked(line, number)
            if entry.pop("previous") != before:
                raise _altered(number)
            before = line_digest(line)
            found.append(entry)
        return found

    def _checked(self, line: bytes, number: int) -> dict[str, Any]:
        try:
            entry: dict[str, Any] = dict(parse_canonical(line, MAX_LINE_BYTES))
            signature = base64_bytes(entry.pop("signature"))
            is_known = entry["schema"] == SCHEMA and "previous" in entry
        except (VerificationFailed, KeyError, TypeError, ValueError) as error:
            raise _altered(number) from error
        if not is_known or not is_signed(self._signer.public_bytes, signature, canonical(entry)):
            raise _altered(number)
        return entry

    def _lines(self) -> list[bytes]:
        data = read_private(self._path, MAX_FILE_BYTES) or b""
        if len(data) > MAX_FILE_BYTES:
            raise VerificationFailed(f"the ledger has more than {MAX_FILE_BYTES} bytes")
        *lines, rest = data.split(b"\n")
        if rest:
            raise _altered(len(lines) + 1)
        return lines

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
