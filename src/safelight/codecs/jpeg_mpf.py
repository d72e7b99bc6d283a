"""The index of a JPEG with several pictures (CIPA DC-007): where each lies, read and built anew."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from safelight.codecs.ifd import open_tree
from safelight.codecs.jpeg_segments import Segment
from safelight.codecs.place_names import LISTED
from safelight.codecs.reading import starts

MARK = b"MPF\0"
VERSION, COUNT, ENTRIES = 0xB000, 0xB001, 0xB002
SIZE = 16
MAX_PICTURES = 64
PRIMARY = 0x030000
# The attribute of the first picture says that it is the one to show.
FIRST = 0x20000000 | PRIMARY


@dataclass(frozen=True, slots=True)
class Place:
    """Where a further picture should be in the file, and what the index calls it."""

    start: int
    size: int
    name: str


def places(segment: Segment) -> list[Place]:
    """What the index says, its first picture left out; empty when it cannot be read."""
    base = segment.start + 4 + len(MARK)
    tree = open_tree(segment.body[len(MARK) :])
    entries = next(iter(tree.chain(limit=1)), []) if tree else []
    raw = next((entry.raw for entry in entries if entry.number == ENTRIES), memoryview(b""))
    order = tree.order if tree else ">"
    found = struct.iter_unpack(order + "IIIHH", raw[: len(raw) // SIZE * SIZE])
    return [
        Place(base + start, size, LISTED.get(attribute & 0xFFFFFF, "further picture"))
        for attribute, size, start, _, _ in list(found)[:MAX_PICTURES]
        if start
    ]


def is_index(segment: Segment) -> bool:
    return segment.marker == 0xE2 and starts(segment.body, MARK)


def is_minimal(segment: Segment) -> bool:
    """True when the index is what would be written for its own entries: it holds nothing else."""
    found = places(segment)
    count = len(found) + 1
    if len(segment.body) != size_of(count):
        return False
    first = struct.unpack_from(">I", segment.body, len(MARK) + TABLE + 4)[0]
    base = segment.start + 4 + len(MARK)
    sizes = [first, *(place.size for place in found)]
    offsets = [0, *(place.start - base for place in found)]
    return bytes(segment.body) == built(sizes, offsets)


# A head of eight bytes, three entries and no following directory; then the table.
TABLE = 8 + 2 + 3 * 12 + 4


def size_of(count: int) -> int:
    """How long the index of so many pictures is."""
    return len(MARK) + TABLE + SIZE * count


def built(sizes: Sequence[int], offsets: Sequence[int]) -> bytes:
    """The index of these pictures; offsets count from behind its mark, that of the first is 0."""
    count = len(sizes)
    directory = struct.pack(
        ">HHHI4sHHIIHHIII",
        *(3, VERSION, 7, 4, b"0100"),
        *(COUNT, 4, 1, count),
        *(ENTRIES, 7, SIZE * count, TABLE),
        0,
    )
    rows = b"".join(
        struct.pack(">IIIHH", 0 if number else FIRST, size, offset, 0, 0)
        for number, (size, offset) in enumerate(zip(sizes, offsets, strict=True))
    )
    return MARK + b"MM\0*" + struct.pack(">I", 8) + directory + rows
