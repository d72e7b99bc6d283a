"""Files changed a little, drawn from a seed: the same seed gives the same changes."""

from __future__ import annotations

import random
import re
import struct
import zlib
from collections.abc import Callable, Sequence

MOST_BYTES = 96_000
# One change alone leaves most of a file as it was, and so gets furthest.
STEPS = (1, 1, 1, 2, 3, 6)
NUMBERS = (0, 1, 2, 7, 8, 127, 128, 255, 256, 32_767, 65_535, 2**31 - 1, 2**31, 2**32 - 1)
SHAPES = ("B", ">H", "<H", ">I", "<I", ">Q", "<Q")
WORD = re.compile(rb"[A-Za-z0-9][A-Za-z0-9 ]{2}[A-Za-z0-9 ]")
MOST_WORDS = 4_000
Step = Callable[[bytearray, random.Random], None]


class Mutator:
    """Changes files of one format; words are the names that its seeds hold."""

    def __init__(self, seeds: Sequence[bytes], dice: random.Random) -> None:
        found = {word for seed in seeds for word in WORD.findall(seed[:20_000])}
        self._words = sorted(found)[:MOST_WORDS] or [b"name"]
        self._seeds = seeds
        self._dice = dice
        self._steps: tuple[Step, ...] = (
            *(_flip, _replace, _number, _number, _shorten, _double, _insert, _cut),
            *(_nudge, self._name, self._splice),
        )

    def changed(self, data: bytes) -> bytes:
        """One to six changes; a PNG gets right checksums again, mostly."""
        made = bytearray(data)
        for _ in range(self._dice.choice(STEPS)):
            if made:
                self._dice.choice(self._steps)(made, self._dice)
        del made[MOST_BYTES:]
        if made.startswith(b"\x89PNG") and self._dice.random() < 0.8:
            return with_checksums(bytes(made))
        return bytes(made)

    def _name(self, data: bytearray, dice: random.Random) -> None:
        """Another name where one stands."""
        places = [found.start() for found in WORD.finditer(data[:20_000])]
        at = dice.choice(places) if places else place(data, dice)
        word = dice.choice(self._words)
        data[at : at + len(word)] = word

    def _splice(self, data: bytearray, dice: random.Random) -> None:
        """A part of another seed."""
        other = dice.choice(self._seeds)
        start = dice.randrange(len(other))
        piece = other[start : start + dice.randint(1, 2_000)]
        at = place(data, dice)
        data[at : at + dice.choice((0, len(piece)))] = piece


def place(data: bytearray, dice: random.Random) -> int:
    """Anywhere, but rather near the start, where containers say what they are."""
    return int(len(data) * dice.random() ** dice.choice((1, 1, 3)))


def _flip(data: bytearray, dice: random.Random) -> None:
    data[place(data, dice)] ^= 1 << dice.randrange(8)


def _replace(data: bytearray, dice: random.Random) -> None:
    at = place(data, dice)
    size = dice.randint(1, 8)
    data[at : at + size] = dice.randbytes(size)


def _number(data: bytearray, dice: random.Random) -> None:
    """A number that is often wrong: none, the largest, about the size of the file."""
    shape = dice.choice(SHAPES)
    at = place(data, dice)
    value = dice.choice((*NUMBERS, len(data), len(data) - at))
    most = 1 << 8 * struct.calcsize(shape)
    data[at : at + struct.calcsize(shape)] = struct.pack(shape, value % most)


def _nudge(data: bytearray, dice: random.Random) -> None:
    """A number there, a little larger or smaller."""
    shape = dice.choice(SHAPES)
    size = struct.calcsize(shape)
    at = min(place(data, dice), len(data) - size)
    if at >= 0:
        (value,) = struct.unpack_from(shape, data, at)
        moved = (value + dice.choice((-8, -4, -2, -1, 1, 2, 4, 8))) % (1 << 8 * size)
        data[at : at + size] = struct.pack(shape, moved)


def _shorten(data: bytearray, dice: random.Random) -> None:
    at = place(data, dice)
    del data[at : at + dice.choice((1, 2, 4, 8, 64, 512))]


def _double(data: bytearray, dice: random.Random) -> None:
    at = place(data, dice)
    data[at:at] = data[at : at + dice.choice((4, 8, 12, 64, 512))]


def _insert(data: bytearray, dice: random.Random) -> None:
    at = place(data, dice)
    data[at:at] = dice.randbytes(dice.randint(1, 16))


def _cut(data: bytearray, dice: random.Random) -> None:
    if dice.random() < 0.3:
        del data[place(data, dice) :]


def with_checksums(data: bytes) -> bytes:
    """A PNG whose chunks, as far as they can be followed, have right checksums."""
    made = bytearray(data)
    at = 8
    while at + 12 <= len(made):
        (size,) = struct.unpack_from(">I", made, at)
        end = at + 8 + size
        if end + 4 > len(made):
            break
        made[end : end + 4] = struct.pack(">I", zlib.crc32(memoryview(made)[at + 4 : end]))
        at = end + 4
    return bytes(made)


def smaller(data: bytes, fails: Callable[[bytes], bool], most_tries: int = 400) -> bytes:
    """The file with whatever parts taken out that it fails without."""
    size, tries = len(data) // 2, 0
    while size and tries < most_tries:
        at = 0
        while at < len(data) and tries < most_tries:
            less = data[:at] + data[at + size :]
            tries += 1
            if fails(less):
                data = less
            else:
                at += size
        size //= 2
    return data
