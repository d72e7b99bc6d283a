"""The vector that comes with an outcome, in front of the records and cut to their size.

As on the wire, every name that starts with `untrusted_` is hostile, and a part that breaks a rule
raises WireBroken: what comes through is a direction of at most MAX_VECTOR finite numbers, or none.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence

from safelight.limits import MAX_VECTOR, bounded
from safelight.worker.records import RECORD_BYTES
from safelight.worker.wire import Rules

# kind, count of numbers, zeros, numbers
PART = 64
_PART = struct.Struct(f"<BB64s{PART}f")
KIND = 255
LENGTH_TOLERANCE = 1e-3


def pack_vector(vector: Sequence[float]) -> bytes:
    """A vector of length 1 as parts of the size of a record; nothing for none."""
    parts = []
    for start in range(0, len(vector), PART):
        numbers = list(vector[start : start + PART])
        padding = [0.0] * (PART - len(numbers))
        parts.append(_PART.pack(KIND, len(numbers), b"", *numbers, *padding))
    return b"".join(parts)


def parse_vector(untrusted: memoryview) -> tuple[tuple[float, ...], memoryview]:
    """The vector at the front, and what follows it. Raises WireBroken."""
    vector: list[float] = []
    with Rules("vector"):
        while len(untrusted) >= RECORD_BYTES and untrusted[0] == KIND:
            vector += _numbers(untrusted[:RECORD_BYTES])
            bounded(len(vector), 1, MAX_VECTOR)
            untrusted = untrusted[RECORD_BYTES:]
        length = math.hypot(*vector)
        if vector and not abs(length - 1) <= LENGTH_TOLERANCE:
            raise ValueError("a vector that is no direction")
    return tuple(vector), untrusted


def _numbers(untrusted: memoryview) -> Sequence[float]:
    _, count, zeros, *numbers = _PART.unpack(untrusted)
    bounded(count, 1, PART)
    if zeros.strip(b"\0") or any(numbers[count:]):
        raise ValueError("bytes after the end of a vector")
    if not all(math.isfinite(number) for number in numbers):
        raise ValueError("a number that is none")
    return numbers[:count]
