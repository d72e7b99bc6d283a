"""AV1 (open bitstream units): the units that make pixels, without the others.

Metadata units can hold free bytes of a maker, padding and reserved units anything. What a display
needs to know of light is kept, when it is exactly as long as it says.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from safelight.codecs.reading import part
from safelight.errors import ContainerBroken

# Sequence header, temporal delimiter, frame header, tile group, frame, redundant frame header.
PIXELS = frozenset({1, 2, 3, 4, 6, 7})
METADATA = 5
# Content light level, mastering display: their metadata type and how long they are.
LIGHT = {1: 4, 2: 24}
MAX_UNITS = 100_000


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit: its type, all its bytes, and what it holds."""

    type: int
    raw: memoryview
    body: memoryview


def units(data: memoryview) -> Iterator[Unit]:
    """Every unit. Raises ContainerBroken when they do not fill the data."""
    at = 0
    for _ in range(MAX_UNITS):
        if at == len(data):
            return
        head = data[at]
        start = at + 1 + (head >> 2 & 1)
        if head & 0x81:
            raise ContainerBroken("the AV1 data have an impossible unit")
        size, start = _leb128(data, start) if head & 2 else (len(data) - start, start)
        body = part(data, start, size)
        yield Unit(head >> 3 & 15, data[at : start + size], body)
        at = start + size
    raise ContainerBroken("the AV1 data have too many units")


def is_needed(unit: Unit) -> bool:
    """True for pixels, and for a light level that is exactly one."""
    if unit.type == METADATA and len(unit.body):
        # One more byte: the bit that ends a unit's content.
        return len(unit.body) == LIGHT.get(unit.body[0], -2) + 2 and unit.body[-1] == 0x80
    return unit.type in PIXELS


def _leb128(data: memoryview, at: int) -> tuple[int, int]:
    value = 0
    for step in range(8):
        byte = part(data, at + step, 1)[0]
        value |= (byte & 0x7F) << 7 * step
        if not byte & 0x80:
            return value, at + step + 1
    raise ContainerBroken("the AV1 data have an impossible unit")
