"""JPEG: segments and scans (ITU-T T.81), up to the end of a picture."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from safelight.codecs.reading import part, starts
from safelight.errors import ContainerBroken

SOI, EOI, SOS, DNL, DRI, DQT, DHT, DAC, COM = 0xD8, 0xD9, 0xDA, 0xDC, 0xDD, 0xDB, 0xC4, 0xCC, 0xFE
FRAMES = frozenset({0xC0, 0xC1, 0xC2, 0xC9, 0xCA})
REFUSED_FRAMES = frozenset({0xC3, 0xC5, 0xC6, 0xC7, 0xCB, 0xCD, 0xCE, 0xCF})
PROGRESSIVE = frozenset({0xC2, 0xCA})
BARE = frozenset({0x01, *range(0xD0, 0xD8)})
APPS = range(0xE0, 0xF0)
# The end of coded data: a marker that is neither a stuffed zero, nor a restart, nor fill.
END_OF_SCAN = re.compile(rb"\xff(?=[^\x00\xd0-\xd7\xff])")
# Without a restart interval, a restart marker ends what a decoder reads; the rest is skipped by it.
END_OF_PLAIN_SCAN = re.compile(rb"\xff(?=[^\x00\xff])")

MAX_SEGMENTS = 8_192


@dataclass(frozen=True, slots=True)
class Segment:
    """One marker and what belongs to it.

    start is the marker's own FF; stray are bytes found before it.

    For a scan, body holds its parameters and coded the entropy-coded data that follow.
    """

    marker: int
    start: int
    body: memoryview
    coded: memoryview | None = None
    stray: memoryview = memoryview(b"")


def segments(data: memoryview, *, until_scan: bool = False) -> Iterator[Segment]:
    """Every segment up to the end of the first image, in order; EOI's body is whatever follows it.

    With until_scan it stops at the first scan, whose data it does not look at. Raises
    ContainerBroken when the picture ends before its end marker, or its segments are too many.
    """
    if not starts(data, b"\xff\xd8"):
        raise ContainerBroken("the JPEG does not start like one")
    at, has_restarts = 2, False
    for _ in range(MAX_SEGMENTS):
        mark = END_OF_PLAIN_SCAN.search(data, at)
        if mark is None:
            raise ContainerBroken("the JPEG is truncated: it has no end marker")
        start, marker = mark.start(), data[mark.start() + 1]
        stray = data[at:start]
        if marker in BARE:
            at = start + 2
            yield Segment(marker, start, data[:0], stray=stray)
            continue
        if marker == EOI:
            yield Segment(EOI, start, data[start + 2 :], stray=stray)
            return
        size = struct.unpack_from(">H", part(data, start + 2, 2))[0]
        body = part(data, start + 4, size - 2)
        at, coded = start + 2 + size, None
        if marker == DRI:
            has_restarts = bytes(body) != b"\0\0"
        if marker == SOS and not until_scan:
            coded = _coded(data, at, has_restarts=has_restarts)
            at += len(coded)
        yield Segment(marker, start, body, coded, stray)
        if marker == SOS and until_scan:
            return
    raise ContainerBroken("the JPEG has too many segments")


def _coded(data: memoryview, at: int, *, has_restarts: bool) -> memoryview:
    end = (END_OF_SCAN if has_restarts else END_OF_PLAIN_SCAN).search(data, at)
    if end is None:
        raise ContainerBroken("the JPEG is truncated: it ends within its pixels")
    stop = end.start()
    while stop > at and data[stop - 1] == 0xFF:
        stop -= 1
    return data[at:stop]


def transform_of(body: memoryview, before: int) -> int:
    """The colour transform of an Adobe segment, or what it was before when this is none."""
    return body[11] if starts(body, b"Adobe") and len(body) >= 12 else before
