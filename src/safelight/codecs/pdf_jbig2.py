"""JBIG2 in a PDF (T.88): the segments that draw; no comments, unknown ones or what follows."""

from __future__ import annotations

import struct
from typing import NamedTuple

from safelight.codecs.reading import part
from safelight.errors import ContainerBroken

PAGE, END_OF_PAGE, END_OF_STRIPE = 48, 49, 50
GENERIC = 38
# Symbols, text, patterns, halftones, generic ones and their refinements, tables of codes.
DRAWING = frozenset({0, 4, 6, 7, 16, 20, 22, 23, 36, GENERIC, 39, 40, 42, 43, 53})
LENGTHS = {PAGE: 19, END_OF_PAGE: 0, END_OF_STRIPE: 4}
NO_LENGTH = 0xFFFFFFFF
MAX_SEGMENTS = 65_536
LONG_LIST = 7


class Segment(NamedTuple):
    """What a segment is for, its head without the length, and where its data lie."""

    kind: int
    head: bytes
    start: int
    length: int


def bare_jbig2(data: memoryview) -> bytes:
    """The segments that are needed; all bytes where the first one cannot be read."""
    out, at = bytearray(), 0
    for number in range(MAX_SEGMENTS):
        try:
            segment = _segment(data, at)
        except (ContainerBroken, struct.error):
            return bytes(out) if number else bytes(data)
        body, at = _body(data, segment)
        if segment.kind in DRAWING:
            length = NO_LENGTH if segment.length == NO_LENGTH else len(body)
            out += segment.head + struct.pack(">I", length) + body
        elif segment.kind in LENGTHS:
            body = body[: LENGTHS[segment.kind]]
            out += segment.head + struct.pack(">I", len(body)) + body
        if segment.kind == END_OF_PAGE or at >= len(data):
            break
    return bytes(out)


def _segment(data: memoryview, at: int) -> Segment:
    """One head (7.2). Raises ContainerBroken where the data end within it."""
    start = at
    number, flags, referred = struct.unpack(">IBB", part(data, at, 6))
    at += 5
    count = referred >> 5
    if count == LONG_LIST:
        (count,) = struct.unpack(">I", part(data, at, 4))
        count &= 0x1FFFFFFF
        at += 4 + (count + 8) // 8
    else:
        at += 1
    at += count * (1 if number <= 256 else 2 if number <= 65_536 else 4)
    at += 4 if flags & 0x40 else 1
    (length,) = struct.unpack(">I", part(data, at, 4))
    return Segment(flags & 0x3F, bytes(data[start:at]), at + 4, length)


def _body(data: memoryview, segment: Segment) -> tuple[bytes, int]:
    """The data of a segment, and where the next begins.

    A picture whose length is not known ends with its own mark and the number of its rows (7.2.7).
    """
    start = segment.start
    if segment.length != NO_LENGTH or segment.kind != GENERIC:
        stop = min(start + segment.length, len(data))
        return bytes(data[start:stop]), stop
    rest = bytes(data[start:])
    is_fax = len(rest) > 17 and rest[17] & 1
    end = rest.find(b"\0\0" if is_fax else b"\xff\xac", 18)
    size = len(rest) if end < 0 else min(end + 6, len(rest))
    return rest[:size], start + size
