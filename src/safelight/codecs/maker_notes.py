"""Serial numbers in the notes of camera makers, where they are plain; and what may hold more.

Read is only what a note says by itself, wherever it lies: values that stand in the entry, and notes
that count from their own start. The rest of a note is the maker's secret, so it may hold a serial
number as well.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from safelight.codecs.ifd import Entry, Tree, open_tree
from safelight.codecs.reading import decoded, starts
from safelight.image import Finding, Risk

# Places at which a directory may begin are counted from the head of a TIFF structure.
ROOM = bytes(8)
MAX_NOTE = 2_000_000
ASCII, UNDEFINED, LONG = 2, 7, 4
SERIAL, INTERNAL, LENS = "SerialNumber", "InternalSerialNumber", "LensSerialNumber"
CANON, NIKON, FUJIFILM = {0x000C: SERIAL}, {0x001D: SERIAL, 0x00A0: SERIAL}, {0x0010: INTERNAL}
PENTAX, OLYMPUS = {0x0229: SERIAL}, {0x0101: SERIAL, 0x0102: INTERNAL, 0x0202: LENS}
OLYMPUS_EQUIPMENT = 0x2010
# Marks of a note: where the byte order stands, and where the first directory begins.
OLYMPUS_MARKS = ((b"OLYMPUS\0", 8, 12), (b"OM SYSTEM\0\0\0", 12, 16))
ORDERS = {b"II": "<", b"MM": ">"}
# Segments of a JPEG that are understood well enough to say that they hold none.
WITHOUT = frozenset(
    {
        *("APP0 (Apple AMPF)", "APP2 (FlashPix)", "APP6 (NITF)", "APP8 (SPIFF)", "APP14 tail"),
        *("APP12 (Photoshop Save for Web)", "APP13 (Adobe colour management)"),
    }
)
SENTENCE = "may hold a serial number: the maker's notes cannot be read in full"


def is_unread_note(finding: Finding) -> bool:
    """True for what is written in a maker's own way: notes in EXIF or XMP, segments of a JPEG."""
    if finding.name.endswith("MakerNote") or finding.name == "DNGPrivateData":
        return True
    is_segment = finding.name.startswith("APP") and finding.group == Risk.OTHER
    return is_segment and finding.name not in WITHOUT


def serials(note: memoryview, make: str, order: str) -> Iterator[Finding]:
    """The serial numbers that a note tells plainly; make and order are those of the EXIF block."""
    if len(note) > MAX_NOTE:
        return
    for names, entries in _directories(note, make, order):
        for entry in entries:
            if entry.number in names and (value := _value(entry)):
                yield Finding(Risk.DEVICE, names[entry.number], value)


def _directories(
    note: memoryview, make: str, order: str
) -> Iterator[tuple[dict[int, str], list[Entry]]]:
    """The directories that are known to hold one, with the names of those tags."""
    if starts(note, b"Nikon\0\2"):
        tree = open_tree(note[10:])
        if tree is not None:
            yield NIKON, tree.directory(tree.first)[0]
    elif starts(note, b"FUJIFILM") and len(note) >= 12:
        place = struct.unpack_from("<I", note, 8)[0]
        yield FUJIFILM, Tree(note, "<").directory(place)[0]
    elif starts(note, b"PENTAX \0"):
        yield PENTAX, Tree(note, _order(note, 8)).directory(10)[0]
    elif make.startswith("Canon"):
        # Its other values lie where only the whole block says; a number stands in the entry.
        entries, _ = Tree(memoryview(ROOM + bytes(note)), order).directory(len(ROOM))
        yield CANON, [entry for entry in entries if entry.type == LONG and entry.count == 1]
    for mark, at, first in OLYMPUS_MARKS:
        if starts(note, mark):
            yield from _of_olympus(Tree(note, _order(note, at)), first)


def _of_olympus(tree: Tree, first: int) -> Iterator[tuple[dict[int, str], list[Entry]]]:
    for entry in tree.directory(first)[0]:
        if entry.number == OLYMPUS_EQUIPMENT and entry.type != UNDEFINED:
            yield OLYMPUS, tree.directory(entry.first)[0]


def _order(note: memoryview, at: int) -> str:
    return ORDERS.get(bytes(note[at : at + 2]), ">")


def _value(entry: Entry) -> str:
    if entry.type == ASCII:
        return decoded(entry.raw).strip()
    return str(entry.first) if entry.type == LONG and entry.first else ""
