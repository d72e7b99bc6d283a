"""The end code of an LZW stream, found without following its strings.

Between two clear codes the width of each code depends on its place alone, so the codes are cut out
in bulk. Pixels are not counted: that takes a look at every code, which long streams are spared.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

MOST_BITS = 12
STEP = 4_096
# Ways to write a number, with the bits of a digit: fewer digits are searched sooner.
DIGITS = (("x", 4), ("o", 3))


@dataclass(frozen=True, slots=True)
class Coding:
    """The clear code (the end code follows it), whether a code starts with its highest bit, and
    whether codes get wider one code early.
    """

    clear: int
    is_high_first: bool
    is_early: bool

    def widths(self) -> Iterator[tuple[int, int]]:
        """How many codes have how many bits, in their order after a clear code."""
        width = self.clear.bit_length()
        yield self.clear - 1 - self.is_early, width
        while (width := width + 1) < MOST_BITS:
            yield 1 << width - 1, width
        while True:
            yield STEP, MOST_BITS


TIFF = Coding(256, is_high_first=True, is_early=True)


def bits_until_end(stream: bytes | memoryview, coding: Coding) -> int:
    """How many bits there are up to the end code and with it; all of them where there is none."""
    total, at = 8 * len(stream), 0
    while at < total:
        for count, width in coding.widths():
            count = min(count, (total - at) // width)
            if count <= 0:
                return total
            place, is_end = _special(stream, at, (count, width), coding)
            if place < 0:
                at += count * width
                continue
            at += (place + 1) * width
            if is_end:
                return at
            break
    return total


def _special(
    stream: bytes | memoryview, at: int, codes: tuple[int, int], coding: Coding
) -> tuple[int, bool]:
    """The place of the first clear or end code among so many of this width, below 0 for none."""
    count, width = codes
    size = count * width
    first, last = at // 8, -(-(at + size) // 8)
    value = int.from_bytes(stream[first:last], "big" if coding.is_high_first else "little")
    value >>= 8 * last - at - size if coding.is_high_first else at - 8 * first
    letter, bits = next((known for known in DIGITS if width % known[1] == 0), ("b", 1))
    digits = format(value & (1 << size) - 1, f"0{size // bits}{letter}")
    clear = _place(digits, format(coding.clear, f"0{width // bits}{letter}"), coding)
    end = _place(digits, format(coding.clear + 1, f"0{width // bits}{letter}"), coding)
    is_end = end >= 0 and (clear < 0 or end < clear)
    return (end if is_end else clear), is_end


def _place(digits: str, code: str, coding: Coding) -> int:
    """Which of the codes is the first of these, below 0 for none."""
    width, size = len(code), len(digits)
    if coding.is_high_first:
        found = digits.find(code)
        while found >= 0 and found % width:
            found = digits.find(code, found + 1)
        return found // width if found >= 0 else -1
    found = digits.rfind(code)
    while found >= 0 and (size - found) % width:
        found = digits.rfind(code, 0, found + width - 1)
    return (size - found) // width - 1 if found >= 0 else -1
