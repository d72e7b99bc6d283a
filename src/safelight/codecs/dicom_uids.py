"""Identities of DICOM objects replaced by a one-way mapping: the same in every file of a study."""

from __future__ import annotations

import hashlib

# Numbers below it stand for UUIDs, which everybody may make (PS3.5, B.2).
ROOT = "2.25."
KNOWN = "1.2.840.10008."
LABEL = b"safelight dicom identity 1\0"
HASHED, CHECK = 14, 2


def replaced(uid: str) -> str:
    """Another identity, from which the old one cannot be told; those of the standard itself and
    ours stay.
    """
    if not uid or uid.startswith(KNOWN) or is_ours(uid):
        return uid
    return _named(hashlib.sha256(LABEL + uid.encode()).digest()[:HASHED])


def is_ours(uid: str) -> bool:
    """True for an identity that this mapping made: it ends with a check of its own."""
    number = uid.removeprefix(ROOT)
    if number == uid or not number.isdecimal() or int(number) >= 1 << 8 * (HASHED + CHECK):
        return False
    raw = int(number).to_bytes(HASHED + CHECK, "big")
    return _named(raw[:HASHED]) == uid


def _named(raw: bytes) -> str:
    check = hashlib.sha256(LABEL + raw).digest()[:CHECK]
    return ROOT + str(int.from_bytes(raw + check, "big"))
