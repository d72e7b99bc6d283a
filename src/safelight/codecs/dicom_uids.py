"""Identities of DICOM objects: those of instances replaced by a one-way mapping, the same in every
file of a study; those that the standard itself gave to kinds of things kept from its registry.
"""

from __future__ import annotations

import hashlib

from safelight.codecs.dicom_rules import CLASS

# Numbers below it stand for UUIDs, which everybody may make (PS3.5, B.2).
ROOT = "2.25."
LABEL = b"safelight dicom identity 1\0"
HASHED, CHECK = 14, 2
LONGEST = 64
# Our own, as the program that wrote an object.
IMPLEMENTATION = "2.25.302043979549214930021744913640541842321"
SOP_CLASS, CODING = "SOP Class", "Transfer Syntax"
# What a kind of picture becomes that the standard does not know: it is shown by its tags.
SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
# Tags whose identity may be one of the standard: the atlases, the clock, the palettes.
SHARED: dict[str, str] = {
    "FrameOfReferenceUID": "Well-known frame of reference",
    "SynchronizationFrameOfReferenceUID": "Synchronization Frame of Reference",
    "PaletteColorLookupTableUID": "Well-known SOP Instance",
}


def is_known(uid: str, kind: str) -> bool:
    """True for an identity that the registry of the standard (PS3.6, A) has under this kind."""
    from pydicom.config import IGNORE
    from pydicom.uid import UID

    return UID(uid, validation_mode=IGNORE).type == kind


def is_shared(keyword: str, uid: str) -> bool:
    """True for an identity that many objects have by the standard, where it may stand."""
    return keyword in SHARED and is_known(uid, SHARED[keyword])


def identity(keyword: str, uid: str) -> str:
    """What stands under this tag afterwards: another identity for an object and what it belongs to;
    for a kind of objects, one of the standard.
    """
    if keyword == CLASS:
        return uid if is_known(uid, SOP_CLASS) else SECONDARY_CAPTURE
    return uid if is_shared(keyword, uid) else replaced(uid)


def replaced(uid: str) -> str:
    """Another identity, from which the old one cannot be read. Also for one that has the form of a
    replaced one: everybody can give that form to numbers of his own.
    """
    return _named(hashlib.sha256(LABEL + uid.encode()).digest()[:HASHED]) if uid else uid


def is_replaced(uid: str) -> bool:
    """True for an identity of the form that the mapping gives: it ends with a check of its own."""
    number = uid.removeprefix(ROOT)
    if number == uid or len(uid) > LONGEST or not number.isdecimal():
        return False
    if int(number) >= 1 << 8 * (HASHED + CHECK):
        return False
    raw = int(number).to_bytes(HASHED + CHECK, "big")
    return _named(raw[:HASHED]) == uid


def _named(raw: bytes) -> str:
    check = hashlib.sha256(LABEL + raw).digest()[:CHECK]
    return ROOT + str(int.from_bytes(raw + check, "big"))
