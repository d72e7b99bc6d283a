"""Multi-processing elements of ICC profiles (version 4), copied number by number.

A colour engine prefers them to the older tables: without them the colours would change.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from math import prod

from safelight.codecs.reading import starts

MAX_CHANNELS, MAX_ELEMENTS, MAX_SEGMENTS = 15, 64, 256
# Parameters of a formula by its kind.
PARAMETERS = (4, 5, 5)


def clean_elements(raw: memoryview) -> bytes | None:
    """The elements rebuilt, or None for one that is not known. Raises ValueError, IndexError or
    struct.error for one that is not all there.
    """
    across, out, count = struct.unpack_from(">HHI", raw, 8)
    if not starts(raw, b"mpet") or not _fits(across, out) or not 1 <= count <= MAX_ELEMENTS:
        return None
    elements = []
    for offset, size in struct.iter_unpack(">II", _exact(raw, 16, 8 * count)):
        element = _exact(raw, offset, size)
        kind = bytes(element[:4])
        if kind not in ELEMENTS:
            return None
        elements.append(ELEMENTS[kind](element))
    head = b"mpet" + bytes(4) + struct.pack(">HHI", across, out, count)
    return _with_places(head, elements)


def _with_places(head: bytes, parts: list[bytes]) -> bytes:
    """The parts behind a table that tells where each starts and how long it is."""
    table, body = bytearray(), bytearray()
    start = len(head) + 8 * len(parts)
    for part in parts:
        table += struct.pack(">II", start + len(body), len(part))
        body += part + bytes(-len(part) % 4)
    return head + bytes(table + body)


def _curves(raw: memoryview) -> bytes:
    across, out = _channels(raw)
    if across != out:
        raise ValueError("curves for another number of channels")
    places = struct.iter_unpack(">II", _exact(raw, 12, 8 * across))
    curves = [_curve(_exact(raw, offset, size)) for offset, size in places]
    return _with_places(b"cvst" + bytes(4) + struct.pack(">HH", across, out), curves)


def _curve(raw: memoryview) -> bytes:
    """A curve in segments: where each ends, then a formula or samples for each."""
    count = struct.unpack_from(">H", raw, 8)[0]
    if not starts(raw, b"curf") or not 1 <= count <= MAX_SEGMENTS:
        raise ValueError("no curve in segments")
    at = 12 + 4 * (count - 1)
    out = b"curf" + bytes(4) + struct.pack(">HH", count, 0) + bytes(_exact(raw, 12, at - 12))
    for _ in range(count):
        segment, size = _segment(raw[at:])
        out += segment
        at += size
    return out


def _segment(raw: memoryview) -> tuple[bytes, int]:
    if starts(raw, b"parf"):
        kind = struct.unpack_from(">H", raw, 8)[0]
        size = 12 + 4 * PARAMETERS[kind]
        head = b"parf" + bytes(4) + struct.pack(">HH", kind, 0)
        return head + bytes(_exact(raw, 12, size - 12)), size
    if not starts(raw, b"samf"):
        raise ValueError("a segment of another kind")
    count = struct.unpack_from(">I", raw, 8)[0]
    return b"samf" + bytes(4) + bytes(_exact(raw, 8, 4 + 4 * count)), 12 + 4 * count


def _matrix(raw: memoryview) -> bytes:
    across, out = _channels(raw)
    return b"matf" + bytes(4) + bytes(_exact(raw, 8, 4 + 4 * (across + 1) * out))


def _table(raw: memoryview) -> bytes:
    across, out = _channels(raw)
    points = bytes(_exact(raw, 12, 16))[:across]
    numbers = _exact(raw, 28, 4 * prod(points) * out)
    head = b"clut" + bytes(4) + struct.pack(">HH", across, out)
    return head + points + bytes(16 - across) + bytes(numbers)


def _nothing(raw: memoryview) -> bytes:
    """A mark for extensions: it changes nothing."""
    _exact(raw, 0, 16)
    return bytes(raw[:4]) + bytes(4) + bytes(raw[8:12]) + bytes(4)


def _channels(raw: memoryview) -> tuple[int, int]:
    across, out = struct.unpack_from(">HH", raw, 8)
    if not _fits(across, out):
        raise ValueError("too many channels")
    return across, out


def _fits(across: int, out: int) -> bool:
    return 1 <= across <= MAX_CHANNELS and 1 <= out <= MAX_CHANNELS


def _exact(raw: memoryview, at: int, size: int) -> memoryview:
    if at + size > len(raw):
        raise ValueError("an element that is not all there")
    return raw[at : at + size]


ELEMENTS: dict[bytes, Callable[[memoryview], bytes]] = {
    b"cvst": _curves,
    b"matf": _matrix,
    b"clut": _table,
    b"bACS": _nothing,
    b"eACS": _nothing,
}
