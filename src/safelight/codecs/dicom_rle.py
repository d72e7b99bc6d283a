"""Frames of DICOM in RLE (PS3.5, annex G) and in JPEG-LS (T.87), without what no pixel needs."""

from __future__ import annotations

import re
import struct

from safelight.codecs.reading import part, starts
from safelight.errors import ContainerBroken

HEAD, MOST = 64, 15
# JPEG-LS: a marker in coded data has the high bit set; a restart is part of them.
END_OF_SCAN = re.compile(rb"\xff(?=[\x80-\xcf\xd8-\xfe])")
SOI, EOI, SOS = 0xD8, 0xD9, 0xDA
# SOF55, LSE, DNL, DRI, SOS.
NEEDED = frozenset({0xF7, 0xF8, 0xDC, 0xDD, SOS})
COLOUR = re.compile(rb"mrfx[\x00-\x03]")


def bare_rle(data: memoryview, samples: int) -> bytes:
    """The frame with segments of this many samples each. Raises ContainerBroken."""
    count, *places = struct.unpack("<16I", part(data, 0, HEAD))
    if not 1 <= count <= MOST:
        raise ContainerBroken("the RLE picture has an impossible number of segments")
    ends = [*places[1:count], len(data)]
    out, begins = bytearray(), []
    for first, end in zip(places[:count], ends, strict=True):
        if not HEAD <= first <= end <= len(data):
            raise ContainerBroken("the RLE picture has a wrong index")
        begins.append(HEAD + len(out))
        out += _packed(bytes(data[first:end]), samples)
        out += b"\0" * (len(out) % 2)
    return struct.pack("<16I", count, *begins, *[0] * (MOST - count)) + bytes(out)


def _packed(data: bytes, samples: int) -> bytes:
    """PackBits up to the last sample; one that ends too soon stays as it is."""
    at, left = 0, samples
    out = bytearray()
    while left > 0 and at + 1 < len(data):
        control = data[at]
        if control == 0x80:
            at += 1
            continue
        size = min(257 - control if control > 0x80 else control + 1, left)
        if control > 0x80 and size > 1:
            out += bytes((257 - size,)) + data[at + 1 : at + 2]
        else:
            out += bytes((size - 1,)) + data[at + 1 : at + 1 + size]
        at += 2 if control > 0x80 else control + 2
        left -= size
    return bytes(out)


def bare_jls(data: memoryview) -> bytes:
    """The picture in JPEG-LS without comments and application data. Raises ContainerBroken."""
    if not starts(data, b"\xff\xd8\xff"):
        raise ContainerBroken("the JPEG-LS picture does not start like one")
    out, at = bytearray(b"\xff\xd8"), 2
    while True:
        mark, marker = struct.unpack(">BB", part(data, at, 2))
        if mark != 0xFF or marker < 0x80:
            raise ContainerBroken("the JPEG-LS picture is in disorder")
        if marker == EOI:
            return bytes(out + b"\xff\xd9")
        if marker == 0xFF:
            at += 1
            continue
        (size,) = struct.unpack(">H", part(data, at + 2, 2))
        body = part(data, at + 4, size - 2)
        end = at + 2 + size
        if marker == SOS:
            found = END_OF_SCAN.search(data, end)
            if found is None:
                raise ContainerBroken("the JPEG-LS picture is cut short")
            end = found.start()
        if marker in NEEDED or (marker == 0xE8 and COLOUR.fullmatch(body)):
            out += data[at:end]
        at = end
