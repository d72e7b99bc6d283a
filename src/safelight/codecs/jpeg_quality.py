"""The quality that a JPEG was saved with, told from its own table of quantisation for luma."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from functools import cache

# The example table of ITU-T T.81, K.1, which the common encoders scale. Its order does not matter
# here: only the sum of a table is compared.
EXAMPLE = (
    *(16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55),
    *(14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62),
    *(18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92),
    *(49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99),
)
ENTRIES = 64


def quality_of(bodies: Iterable[memoryview]) -> int | None:
    """The quality, 1 to 100, whose table comes nearest to table 0 of these segments.

    Exact for tables that were scaled as the reference encoder does, a fair likeness for others.
    None without a table 0.
    """
    for body in bodies:
        at = 0
        while at < len(body):
            is_wide, number = body[at] >> 4 > 0, body[at] & 15
            size = ENTRIES * (2 if is_wide else 1)
            entries = bytes(body[at + 1 : at + 1 + size])
            if number == 0 and len(entries) == size:
                return _nearest(
                    256 * sum(entries[::2]) + sum(entries[1::2]) if is_wide else sum(entries)
                )
            at += 1 + size
    return None


def _nearest(total: int) -> int:
    sums = _sums()
    place = bisect_left(sums, total)
    near = range(max(place - 1, 0), min(place + 1, len(sums)))
    return 100 - min(near, key=lambda index: abs(sums[index] - total))


@cache
def _sums() -> tuple[int, ...]:
    """The sum of the scaled example at quality 100, 99, and so on down to 1."""
    return tuple(sum(_scaled(quality)) for quality in range(100, 0, -1))


def _scaled(quality: int) -> list[int]:
    percent = 5_000 // quality if quality < 50 else 200 - 2 * quality
    return [min(max((entry * percent + 50) // 100, 1), 255) for entry in EXAMPLE]
