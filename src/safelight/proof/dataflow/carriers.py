"""Carriers: metadata that lies in no picture we read, put into one so that the cage can read it.

A sidecar, and a block that is found by its mark in a file of another format, become chunks of a
PNG of one pixel. The bytes are copied, not parsed: who reads them is a worker in the cage.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator

# Of a file that is read by its marks; most keep their metadata at the start.
MOST_SEARCHED = 32_000_000
MOST_BLOCKS = 8
MOST_EXIF = 1_000_000
MOST_XMP = 2_000_000
_EXIF = re.compile(rb"Exif\0\0(?=II\*\0|MM\0\*)")
# The start of a TIFF structure; raw formats of several makers are one, with marks of their own.
_TIFF = re.compile(rb"II\*\0|MM\0\*|IIU\0|IIRO|IIRS|MMOR")
_XMP = re.compile(rb"<x:x[am]pmeta.{0,2000000}?</x:x[am]pmeta>", re.DOTALL)
_PLAIN = {b"IIU\0": b"II*\0", b"IIRO": b"II*\0", b"IIRS": b"II*\0", b"MMOR": b"MM\0*"}
SIGNATURE = b"\x89PNG\r\n\x1a\n"


def carrier(*, exif: bytes = b"", xmp: bytes = b"") -> bytes:
    """A PNG of one grey pixel with these blocks, each as it is."""
    parts = [_chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))]
    if exif:
        parts.append(_chunk(b"eXIf", exif))
    if xmp:
        parts.append(_chunk(b"iTXt", b"XML:com.adobe.xmp" + bytes(5) + xmp))
    parts += [_chunk(b"IDAT", zlib.compress(b"\0\0")), _chunk(b"IEND", b"")]
    return SIGNATURE + b"".join(parts)


def carriers_in(data: bytes) -> Iterator[bytes]:
    """One carrier for each block of EXIF and XMP that its mark shows, at most 8 of each."""
    exif = [match.end() for match in _EXIF.finditer(data)][:MOST_BLOCKS]
    if _TIFF.match(data):
        exif.insert(0, 0)
    for at in exif:
        block = data[at : at + MOST_EXIF]
        yield carrier(exif=_PLAIN.get(block[:4], block[:4]) + block[4:])
    for match in list(_XMP.finditer(data))[:MOST_BLOCKS]:
        if len(match[0]) <= MOST_XMP:
            yield carrier(xmp=match[0])


def _chunk(kind: bytes, body: bytes) -> bytes:
    checksum = zlib.crc32(kind + body)
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", checksum)
