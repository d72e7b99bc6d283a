"""A font: which signs it has, by its own table; the browser has its shapes."""

from __future__ import annotations

import struct
from enum import IntEnum
from functools import cache
from typing import BinaryIO

import safelight_seams as seams
from safelight_tab.wanting import Wanted

LETTERS = "letters"
# Tables of a font: their number, then for each name, checksum, place and length.
TABLES, RECORD = struct.Struct(">4xH6x"), struct.Struct(">4s4xII")
# A table of signs by segments (format 4): lengths of its parts; by groups (format 12): the same.
SEGMENTS, GROUPS, GROUP = struct.Struct(">6xH6x"), struct.Struct(">12xI"), struct.Struct(">III")
UNICODE = ((3, 10), (0, 4), (3, 1), (0, 3))


class Layout(IntEnum):
    """How signs are put beside each other: one after the other."""

    BASIC = 0


class Font:
    """The font in one size in pixels."""

    def __init__(self, data: bytes, size: int) -> None:
        self._data, self.size = data, size

    def getmask(self, letter: str) -> Sign:
        """The sign of a letter, as something that can be compared."""
        return Sign(signs_of(self._data).get(ord(letter), 0).to_bytes(2, "big"))


class Sign(bytes):
    """The number of a sign; that of a letter that the font does not have is 0."""

    @property
    def size(self) -> tuple[int, int]:
        return (len(self), 1)


def truetype(file: BinaryIO, size: int, *, layout_engine: Layout = Layout.BASIC) -> Font:
    """A font that lies in memory. Raises Wanted until the browser has it."""
    del layout_engine
    if not seams.letters.ready():
        raise Wanted(LETTERS)
    return Font(file.read(), size)


@cache
def signs_of(data: bytes) -> dict[int, int]:
    """The number of the sign of each character, by the font's own table."""
    at = _tables(data)[b"cmap"]
    (count,) = struct.unpack_from(">2xH", data, at)
    kinds = {}
    for place in range(count):
        platform, coding, where = struct.unpack_from(">HHI", data, at + 4 + 8 * place)
        kinds[platform, coding] = at + where
    best = next(kinds[kind] for kind in UNICODE if kind in kinds)
    (form,) = struct.unpack_from(">H", data, best)
    return _by_groups(data, best) if form == 12 else _by_segments(data, best)


def _tables(data: bytes) -> dict[bytes, int]:
    (count,) = TABLES.unpack_from(data)
    records = (RECORD.unpack_from(data, TABLES.size + RECORD.size * n) for n in range(count))
    return {name: place for name, place, _ in records}


def _by_groups(data: bytes, at: int) -> dict[int, int]:
    (count,) = GROUPS.unpack_from(data, at)
    found = {}
    for number in range(count):
        first, last, sign = GROUP.unpack_from(data, at + GROUPS.size + GROUP.size * number)
        found.update({first + step: sign + step for step in range(last - first + 1)})
    return found


def _by_segments(data: bytes, at: int) -> dict[int, int]:
    (double,) = SEGMENTS.unpack_from(data, at)
    count, start = double // 2, at + SEGMENTS.size
    lasts = struct.unpack_from(f">{count}H", data, start)
    firsts = struct.unpack_from(f">{count}H", data, start + double + 2)
    deltas = struct.unpack_from(f">{count}H", data, start + 2 * double + 2)
    offsets_at = start + 3 * double + 2
    found = {}
    for place in range(count):
        (offset,) = struct.unpack_from(">H", data, offsets_at + 2 * place)
        for letter in range(firsts[place], min(lasts[place], 0xFFFE) + 1):
            sign = letter
            if offset:
                where = offsets_at + 2 * place + offset + 2 * (letter - firsts[place])
                (sign,) = struct.unpack_from(">H", data, where)
            if sign:
                found[letter] = (sign + deltas[place]) & 0xFFFF
    return found
