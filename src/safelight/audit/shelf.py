"""Shelf: receipts of results that have no file, kept by id in the state folder."""

from __future__ import annotations

import re
from pathlib import Path

from safelight.audit.dsse import MAX_ENVELOPE_BYTES
from safelight.audit.receipt import SUFFIX, Receipt
from safelight.errors import InputMissing
from safelight.vault.private import private_folder, read_private, write_private


def keep(folder: Path, receipt: Receipt) -> Path:
    """Write the receipt into this private folder. Raises DiskFull, OutputFailed."""
    private_folder(folder)
    place = folder / (receipt.id + SUFFIX)
    write_private(place, receipt.data)
    return place


def find(folder: Path, receipt_id: str) -> Path:
    """The place of the receipt with this id. Raises InputMissing."""
    place = folder / (receipt_id + SUFFIX)
    if (
        not re.fullmatch(r"[0-9a-f]{32}", receipt_id)
        or read_private(place, MAX_ENVELOPE_BYTES) is None
    ):
        raise InputMissing(f"there is no receipt {receipt_id}")
    return place
