"""Lying: a receipt and an output as they lie there."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from safelight.audit.dsse import MAX_ENVELOPE_BYTES
from safelight.vault.private import open_regular

CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Lying:
    """A file by its plain SHA-256 and its size."""

    sha256: str
    size_bytes: int


def lying(path: Path) -> Lying:
    """What lies there. Raises OSError."""
    digest, size_bytes = hashlib.sha256(), 0
    with open(open_regular(path), "rb") as file:
        while piece := file.read(CHUNK_BYTES):
            digest.update(piece)
            size_bytes += len(piece)
    return Lying(digest.hexdigest(), size_bytes)


def read_envelope(path: Path) -> bytes | None:
    """At most as much as a receipt may have, and a byte; None where nothing can be read."""
    try:
        with open(open_regular(path), "rb") as file:
            return file.read(MAX_ENVELOPE_BYTES + 1)
    except OSError:
        return None
