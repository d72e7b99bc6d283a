"""What a comparison measured, in front of the records and cut to their size.

As on the wire, every name that starts with `untrusted_` is hostile, and a part that breaks a rule
raises WireBroken: what comes through is none, or every measure once, each a number in its range.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping

from safelight.image import MEASURES, Measure
from safelight.limits import MAX_INPUT_PIXELS
from safelight.worker.records import RECORD_BYTES
from safelight.worker.wire import Rules

# kind, zeros, numbers in the order of MEASURES, zeros
_PART = struct.Struct(f"<B65s{len(MEASURES)}d{256 - 8 * len(MEASURES)}s")
KIND = 254
# The least and the most that each can be.
RANGES: dict[Measure, tuple[float, float]] = {
    "error": (0, 1),
    "ssim": (-1, 1),
    "pixels": (1, MAX_INPUT_PIXELS),
    "identical": (0, MAX_INPUT_PIXELS),
    "largest": (0, 1),
    "step": (0, 1),
}


def pack_measures(measures: Mapping[Measure, float]) -> bytes:
    """One part of the size of a record; nothing for none."""
    if not measures:
        return b""
    numbers = (min(max(measures[name], RANGES[name][0]), RANGES[name][1]) for name in MEASURES)
    return _PART.pack(KIND, b"", *numbers, b"")


def parse_measures(untrusted: memoryview) -> tuple[dict[Measure, float], memoryview]:
    """The measures at the front, and what follows them. Raises WireBroken."""
    if len(untrusted) < RECORD_BYTES or untrusted[0] != KIND:
        return {}, untrusted
    with Rules("measures"):
        _, zeros, *untrusted_numbers, rest = _PART.unpack(untrusted[:RECORD_BYTES])
        if zeros.strip(b"\0") or rest.strip(b"\0"):
            raise ValueError("bytes beside the measures")
        for name, number in zip(MEASURES, untrusted_numbers, strict=True):
            low, high = RANGES[name]
            if not (math.isfinite(number) and low <= number <= high):
                raise ValueError("a measure out of its range")
    return dict(zip(MEASURES, untrusted_numbers, strict=True)), untrusted[RECORD_BYTES:]
