"""A receipt that somebody has: whether it holds, and is about the file that they have."""

from __future__ import annotations

import os
import re
from typing import Any

from safelight.audit.lying import Lying
from safelight.audit.verify import Trust, verify_receipt
from safelight.engine.source import Sealed
from safelight.engine.verifying import doubt_of, lines_of
from safelight.errors import UsageError
from safelight.models.store import Store
from safelight.server.back.asking import Given


def answer(given: Given) -> dict[str, Any]:
    """One file, the receipt; facts: sha256 and bytes of the file that it is to speak of, or none of
    them. Never raises for a receipt that does not hold: that is the answer.
    """
    engine = given.engine
    book, own = engine.book, engine.book.keys.receipts
    found = verify_receipt(
        _receipt(given),
        journal=book.journal,
        store=Store(engine.settings.data_dir / "models"),
        trust=Trust((own.public_bytes,), {own.fingerprint: book.keyed}),
        output=_output(given),
    )
    return lines_of(found, doubt_of(found, own.fingerprint))


def _receipt(given: Given) -> bytes:
    match given.files:
        case (Sealed(fd=fd, size_bytes=size_bytes),):
            return os.pread(fd, size_bytes, 0)
    raise UsageError("one file is taken, a receipt")


def _output(given: Given) -> Lying | None:
    sha256, size_bytes = (given.untrusted_facts.get(name) for name in ("sha256", "bytes"))
    if sha256 is None and size_bytes is None:
        return None
    if not isinstance(sha256, str) or not re.fullmatch(r"[0-9a-f]{64}", sha256):
        raise UsageError("sha256 must be 64 hexadecimal digits")
    if not isinstance(size_bytes, int) or size_bytes < 0:
        raise UsageError("bytes must be a number")
    return Lying(sha256, size_bytes)
