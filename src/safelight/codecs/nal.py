"""HEVC (network abstraction layer units): the units that make pixels, without the others.

Supplemental messages hold free bytes: encoders write their name and settings there. Messages that a
display needs to know of light are kept, when each is exactly as long as it must be.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from safelight.codecs.isobmff import Cursor
from safelight.codecs.reading import part
from safelight.errors import ContainerBroken

# Slices, then parameter sets; 36 and 37 end a sequence and hold nothing.
SLICES = range(32)
SETS = range(32, 35)
MESSAGES = (39, 40)
# Mastering display, content light level, alternative transfer: their type and length.
LIGHT = {137: 24, 144: 4, 147: 1}
MAX_UNITS = 100_000
CONFIGURATION = 22


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit: its type, its bytes with the length before them, and its bytes."""

    type: int
    raw: memoryview
    body: memoryview


def units(data: memoryview, length_size: int) -> Iterator[Unit]:
    """Every unit. Raises ContainerBroken when they do not fill the data."""
    at = 0
    for _ in range(MAX_UNITS):
        if at == len(data):
            return
        size = int.from_bytes(part(data, at, length_size), "big")
        body = part(data, at + length_size, size)
        yield Unit(_type(body), data[at : at + length_size + size], body)
        at += length_size + size
    raise ContainerBroken("the HEVC data have too many units")


def is_needed(unit: Unit) -> bool:
    """True for slices, parameter sets, and messages of light that hold nothing else."""
    if unit.type in MESSAGES:
        return _is_light(bytes(unit.body[2:]))
    return len(unit.body) >= 2 and (unit.type in SLICES or unit.type in SETS)


def _type(body: memoryview) -> int:
    return body[0] >> 1 & 63 if len(body) else 63


def _is_light(message: bytes) -> bool:
    """One or more messages of a known kind and length, and the bit that ends them."""
    at, raw = 0, message.replace(b"\0\0\3", b"\0\0")
    while at + 2 <= len(raw):
        kind, size = raw[at], raw[at + 1]
        if LIGHT.get(kind) != size:
            return False
        at += 2 + size
    return at > 0 and raw[at:] == b"\x80"


@dataclass(frozen=True, slots=True)
class Configuration:
    """A decoder configuration (ISO 14496-15): its fixed head, how long lengths are, the units."""

    head: memoryview
    length_size: int
    units: list[tuple[int, memoryview]]


def configuration(body: memoryview) -> Configuration:
    """Read a hvcC box. Raises ContainerBroken."""
    cursor = Cursor(body, CONFIGURATION)
    found: list[tuple[int, memoryview]] = []
    for _ in range(cursor.take(1)):
        head = cursor.take(1)
        for _ in range(cursor.take(2)):
            size = cursor.take(2)
            found.append((head, part(body, cursor.at, size)))
            cursor.at += size
    fixed = part(body, 0, CONFIGURATION)
    return Configuration(fixed, (fixed[21] & 3) + 1, found)


def clean_configuration(body: memoryview) -> bytes:
    """The box's content built anew, with parameter sets alone. Raises ContainerBroken."""
    given = configuration(body)
    kept: dict[int, list[memoryview]] = {}
    for head, unit in given.units:
        if head & 63 in SETS and _type(unit) == head & 63:
            kept.setdefault(head & 0xBF, []).append(unit)
    out = bytearray(given.head) + bytes((len(kept),))
    for head, found in kept.items():
        out += struct.pack(">BH", head, len(found))
        for unit in found:
            out += struct.pack(">H", len(unit)) + unit
    return bytes(out)
