"""Directories of a TIFF written anew, plain or big: entries in order, then their values."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from safelight.codecs.ifd import Entry

LONG, LONG8 = 4, 16


@dataclass(frozen=True, slots=True)
class Layout:
    """Byte order, and whether offsets have 8 bytes instead of 4."""

    order: str
    is_big: bool

    @property
    def word(self) -> int:
        """Bytes of an offset; a value that fits into so many lies in its entry."""
        return 8 if self.is_big else 4

    @property
    def letter(self) -> str:
        return "Q" if self.is_big else "I"

    def head(self) -> bytes:
        """The start of the file; the first directory follows it."""
        mark = b"II" if self.order == "<" else b"MM"
        if self.is_big:
            return mark + struct.pack(self.order + "HHHQ", 43, 8, 0, 16)
        return mark + struct.pack(self.order + "HI", 42, 8)

    def numbers(self, tag: int, values: list[int]) -> Entry:
        """A tag of offsets or lengths. Raises struct.error for one that does not fit."""
        raw = struct.pack(f"{self.order}{len(values)}{self.letter}", *values)
        kind = LONG8 if self.is_big else LONG
        return Entry(tag, kind, len(values), memoryview(raw), self.order)

    def size(self, entries: dict[int, Entry]) -> int:
        """Bytes of a directory with its values."""
        outside = (len(entry.raw) for entry in entries.values() if len(entry.raw) > self.word)
        return self._frame(entries) + sum(size + size % 2 for size in outside)

    def directory(self, entries: dict[int, Entry], at: int, following: int = 0) -> bytes:
        """The directory as it stands at this place; following is where the next page is, or 0."""
        count, word = ("Q", 8) if self.is_big else ("H", 4)
        head = bytearray(struct.pack(self.order + count, len(entries)))
        values = bytearray()
        start = at + self._frame(entries)
        for number in sorted(entries):
            entry = entries[number]
            head += struct.pack(f"{self.order}HH{self.letter}", number, entry.type, entry.count)
            if len(entry.raw) > word:
                head += struct.pack(self.order + self.letter, start + len(values))
                values += entry.raw
                values += b"\0" * (len(entry.raw) % 2)
            else:
                head += bytes(entry.raw).ljust(word, b"\0")
        return bytes(head + struct.pack(self.order + self.letter, following) + values)

    def _frame(self, entries: dict[int, Entry]) -> int:
        return 16 + 20 * len(entries) if self.is_big else 6 + 12 * len(entries)
