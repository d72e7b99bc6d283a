"""The TIFF structure that TIFF files and EXIF blocks share: directories of tagged values, read with
bounds.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

# TIFF 6.0 types by number: bytes per value, struct letter (None: bytes as they are).
TYPES: dict[int, tuple[int, str]] = {
    1: (1, "B"),
    2: (1, "s"),
    3: (2, "H"),
    4: (4, "I"),
    5: (8, "II"),
    6: (1, "b"),
    7: (1, "s"),
    8: (2, "h"),
    9: (4, "i"),
    10: (8, "ii"),
    11: (4, "f"),
    12: (8, "d"),
    13: (4, "I"),
    16: (8, "Q"),
    17: (8, "q"),
    18: (8, "Q"),
}
MAX_ENTRIES = 4_096
MAX_PAGES = 100_000
MAX_VALUES = 256
Value = int | float


@dataclass(frozen=True, slots=True)
class Entry:
    """One tag: number, TIFF type, how many values, and their bytes in the file's byte order."""

    number: int
    type: int
    count: int
    raw: memoryview
    order: str = ">"

    @property
    def values(self) -> tuple[Value, ...]:
        """The first 256 values as numbers; a rational is its quotient, 0 if by zero."""
        size, letter = TYPES[self.type]
        count = min(self.count, MAX_VALUES, len(self.raw) // size)
        if letter == "s":
            return tuple(self.raw[:count])
        numbers = struct.unpack_from(self.order + letter * count, self.raw)
        if len(letter) == 1:
            return numbers
        pairs = zip(numbers[::2], numbers[1::2], strict=True)
        return tuple(top / bottom if bottom else 0 for top, bottom in pairs)

    @property
    def first(self) -> int:
        """The first value as a whole number, 0 when there is none."""
        values = self.values
        return int(values[0]) if values and abs(values[0]) < 2**63 else 0


@dataclass(slots=True)
class Tree:
    """A TIFF structure opened: byte order, plain or big, where the first directory lies.

    is_broken turns True when something points outside, loops or has an unknown type: what was read
    stands.
    """

    data: memoryview
    order: str = ">"
    is_big: bool = False
    first: int = 0
    is_broken: bool = False
    seen: set[int] = field(default_factory=set)
    entries_left: int = MAX_ENTRIES

    def directory(self, at: int) -> tuple[list[Entry], int]:
        """The entries of the directory at this offset, and the offset of the next one (0: none)."""
        wide = self.is_big
        if at in self.seen or at < 8 or at + (8 if wide else 2) > len(self.data):
            self.is_broken = True
            return [], 0
        self.seen.add(at)
        count = self._number("Q" if wide else "H", at)
        at += 8 if wide else 2
        step, letter, size = (20, "Q", 8) if wide else (12, "I", 4)
        fit = min(count, max(0, len(self.data) - at) // step, self.entries_left)
        self.is_broken |= fit < count
        self.entries_left -= fit
        found = [self._entry(at + step * number) for number in range(fit)]
        end = at + step * count
        following = self._number(letter, end) if end + size <= len(self.data) else 0
        return [entry for entry in found if entry is not None], following

    def rest(self, at: int) -> Iterator[int]:
        """The offsets of the directories from here on, their entries unread; a loop ends them."""
        wide = self.is_big
        while 8 <= at <= len(self.data) - 2 and at not in self.seen and len(self.seen) < MAX_PAGES:
            self.seen.add(at)
            yield at
            size, letter, step = (8, "Q", 20) if wide else (2, "H", 12)
            end = at + size + step * self._number(letter, at)
            if end + 8 > len(self.data) and end + 4 > len(self.data):
                return
            at = self._number("Q" if wide else "I", end)

    def chain(self, limit: int) -> Iterator[list[Entry]]:
        """The main directories one after the other; a loop ends them."""
        at = self.first
        for _ in range(limit):
            if at == 0:
                return
            entries, at = self.directory(at)
            yield entries
            self.entries_left = max(self.entries_left, MAX_ENTRIES // 8)

    def _entry(self, at: int) -> Entry | None:
        head, room, letter = (12, 8, "Q") if self.is_big else (8, 4, "I")
        number, type = struct.unpack_from(self.order + "HH", self.data, at)
        count = self._number(letter, at + 4)
        if type not in TYPES:
            self.is_broken = True
            return None
        size = TYPES[type][0] * count
        start = at + head if size <= room else self._number(letter, at + head)
        if start + size > len(self.data):
            self.is_broken = True
            return None
        return Entry(number, type, count, self.data[start : start + size], self.order)

    def _number(self, letter: str, at: int) -> int:
        return int(struct.unpack_from(self.order + letter, self.data, at)[0])


def open_tree(data: memoryview) -> Tree | None:
    """The structure's head read; None when the bytes are no TIFF structure."""
    order = {b"II": "<", b"MM": ">"}.get(bytes(data[:2]))
    if order is None or len(data) < 8:
        return None
    magic = struct.unpack_from(order + "H", data, 2)[0]
    if magic == 43 and len(data) >= 16:
        if struct.unpack_from(order + "HH", data, 4) != (8, 0):
            return None
        return Tree(data, order, is_big=True, first=struct.unpack_from(order + "Q", data, 8)[0])
    # Some cameras write their own number here (Olympus, Panasonic); the rest is as usual.
    return Tree(data, order, first=struct.unpack_from(order + "I", data, 4)[0])
