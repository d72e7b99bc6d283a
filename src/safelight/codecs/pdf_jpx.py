"""JPEG 2000 in a PDF: the boxes that are the picture and its colour, each written to its length."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from safelight.codecs import icc
from safelight.codecs.dicom_j2k import bare_j2k
from safelight.codecs.isobmff import boxed, top_boxes
from safelight.codecs.reading import starts
from safelight.errors import ContainerBroken

CODESTREAM = b"\xff\x4f\xff\x51"
SIGNATURE = b"\r\n\x87\n"
BRANDS = frozenset({b"jp2 ", b"jpx ", b"jpxb", b"jph ", b"jpm "})
# What a reader must be able to do: nothing that it would have to look up.
NO_NEEDS = bytes((1, 0, 0, 0, 0, 0, 0))
COMMENT, TILE = 0xFF64, 0xFF90
# Colours by a number: how many bytes of numbers follow it, by their number (L*a*b*, CIEJab).
ENUMERATED = {14: 28, 19: 24}
MAX_ENTRIES = 1_024
GREY, COLOUR, CMYK = 17, 16, 12
Head = dict[bytes, list[memoryview]]


def bare_jpx(raw: memoryview) -> bytes:
    """The picture without words. What is no JPEG 2000 at all stays as it is."""
    if starts(raw, CODESTREAM):
        return _codestream(raw)
    if not starts(raw, b"jP  ", 4):
        return bytes(raw)
    found: Head = {}
    for box in top_boxes(raw)[0]:
        found.setdefault(box.type, []).append(box.body)
    out = boxed(b"jP  ", SIGNATURE) + boxed(b"ftyp", _brands(bytes(found.get(b"ftyp", [b""])[0])))
    if b"rreq" in found:
        out += boxed(b"rreq", NO_NEEDS)
    if b"jp2h" in found:
        out += boxed(b"jp2h", head(found[b"jp2h"][0]))
    if b"jp2c" in found:
        out += boxed(b"jp2c", _codestream(found[b"jp2c"][0]))
    return out


def _brands(body: bytes) -> bytes:
    """The known ones among the brands, each once."""
    major = body[:4] if body[:4] in BRANDS else b"jp2 "
    others = [body[at : at + 4] for at in range(8, len(body), 4)]
    known = dict.fromkeys(brand for brand in others if brand in BRANDS)
    return major + bytes(4) + b"".join(known or [major])


def head(body: memoryview) -> bytes:
    """The boxes that say how samples become colours, with nothing behind their numbers."""
    found: Head = {}
    for box in top_boxes(body)[0]:
        found.setdefault(box.type, []).append(box.body)
    out = b""
    count = 3
    if b"ihdr" in found and len(found[b"ihdr"][0]) >= 14:
        data = bytes(found[b"ihdr"][0][:14])
        (count,) = struct.unpack_from(">H", data, 8)
        out += boxed(b"ihdr", data)
    if b"bpcc" in found:
        out += boxed(b"bpcc", found[b"bpcc"][0][:count])
    colours = [one for body in found.get(b"colr", []) if (one := _colour(bytes(body)))]
    if b"colr" in found and not colours:
        usual = GREY if count < 3 else COLOUR if count == 3 else CMYK
        colours = [b"\x01\0\0" + struct.pack(">I", usual)]
    out += b"".join(boxed(b"colr", one) for one in colours)
    return out + b"".join(boxed(kind, data) for kind, data in _palette(found))


def _colour(body: bytes) -> bytes:
    """One description of the colours, empty for one that is not known."""
    method = body[:1]
    if method == b"\x01" and len(body) >= 7:
        (kind,) = struct.unpack_from(">I", body, 3)
        return body[: 7 + ENUMERATED.get(kind, 0)]
    if method in (b"\x02", b"\x03"):
        profile = icc.clean(body[3:])
        return body[:3] + profile if profile else b""
    return body[:10] if method == b"\x05" and len(body) >= 10 else b""


def _palette(found: Head) -> Iterator[tuple[bytes, bytes]]:
    """The table of colours, what points into it, and what each channel is for."""
    table = bytes(found.get(b"pclr", [memoryview(b"")])[0])
    if len(table) >= 3:
        entries, columns = struct.unpack_from(">HB", table)
        depths = table[3 : 3 + columns]
        size = 3 + columns + entries * sum(((depth & 0x7F) + 8) // 8 for depth in depths)
        if entries <= MAX_ENTRIES and len(depths) == columns and size <= len(table):
            yield b"pclr", table[:size]
            if b"cmap" in found:
                yield b"cmap", bytes(found[b"cmap"][0][: 4 * columns])
    channels = bytes(found.get(b"cdef", [memoryview(b"")])[0])
    if len(channels) >= 2:
        (count,) = struct.unpack_from(">H", channels)
        yield b"cdef", channels[: 2 + 6 * count]


def _codestream(data: memoryview) -> bytes:
    """With what its pixels need, up to its end."""
    try:
        return bare_j2k(data)
    except (ContainerBroken, struct.error):
        return _damaged(data)


def _damaged(data: memoryview) -> bytes:
    """One that is not in order: without the comments of its main header, and up to its end."""
    at, out = 2, bytearray(data[:2])
    while at + 4 <= len(data):
        marker, size = struct.unpack_from(">HH", data, at)
        if marker == TILE or marker < 0xFF00 or size < 2:
            break
        if marker != COMMENT:
            out += data[at : at + 2 + size]
        at += 2 + size
    rest = bytes(data[at:])
    end = rest.rfind(b"\xff\xd9")
    return bytes(out + (rest if end < 0 else rest[: end + 2]))
