"""Carriers: metadata that lies in no picture we read, put into one so that the cage can read it.

A sidecar, and a block that is found by its mark in a file of another format, become chunks of a
PNG of one pixel; a picture that lies whole in a file is cut out. The bytes are copied, not
understood: who reads them is a worker in the cage.
"""

from __future__ import annotations

import mmap
import re
import struct
import zlib
from collections.abc import Iterator

# Of a file that is read by its marks; most keep their metadata at the start.
MOST_SEARCHED = 32_000_000
MOST_BLOCKS = 8
MOST_EXIF, MOST_XMP, MOST_PICTURE = 1_000_000, 2_000_000, 8_000_000
MAKE, MODEL, SOFTWARE = 0x010F, 0x0110, 0x0131
# What stands before a TIFF structure: in an EXIF block, in Minolta's raw files, in Photoshop's.
_EXIF = re.compile(
    rb"(?:Exif\0\0|\0TTW.{4}|8BIM\x04\x22\0\0.{4})(?=II\*\0|MM\0\*)", re.DOTALL
)  # fmt: skip
# The start of a TIFF structure; raw formats of several makers are one, with marks of their own.
_TIFF = re.compile(rb"II\*\0|MM\0\*|IIU\0|IIRO|IIRS|MMOR")
_PLAIN = {b"IIU\0": b"II*\0", b"IIRO": b"II*\0", b"IIRS": b"II*\0", b"MMOR": b"MM\0*"}
_XMP = re.compile(rb"<x:x[am]pmeta.{0,2000000}?</x:x[am]pmeta>", re.DOTALL)
_PICTURE = re.compile(rb"\x89PNG\r\n\x1a\n\0\0\0\rIHDR|\xff\xd8\xff\xe1..Exif\0\0", re.DOTALL)
# Words behind a mark, and the tag that they are: Canon's own form of its first cameras, Sigma's
# raw files (two bytes a letter), the program of a RIFF, that of a Radiance picture.
_WORDS = (
    (re.compile(rb"Canon\0(Canon [ -~]{2,40})\0"), MODEL),
    (re.compile(rb"C\0A\0M\0M\0O\0D\0E\0L\0\0\0((?:[ -~]\0){2,40})\0\0"), MODEL),
    (re.compile(rb"ISFT.\0\0\0([ -~]{2,100})\0", re.DOTALL), SOFTWARE),
    (re.compile(rb"^SOFTWARE= ?([ -~]{2,150})$", re.MULTILINE), SOFTWARE),
)
SIGNATURE = b"\x89PNG\r\n\x1a\n"
ASCII = 2


def carrier(*, exif: bytes = b"", xmp: bytes = b"") -> bytes:
    """A PNG of one grey pixel with these blocks, each as it is."""
    parts = [_chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))]
    if exif:
        parts.append(_chunk(b"eXIf", exif))
    if xmp:
        parts.append(_chunk(b"iTXt", b"XML:com.adobe.xmp" + bytes(5) + xmp))
    parts += [_chunk(b"IDAT", zlib.compress(b"\0\0")), _chunk(b"IEND", b"")]
    return SIGNATURE + b"".join(parts)


def carriers_in(data: bytes | mmap.mmap) -> Iterator[bytes]:
    """One carrier for each block that its mark shows, and each picture within; 8 of a kind."""
    exif = [match.end() for match in _EXIF.finditer(data)][:MOST_BLOCKS]
    if _TIFF.match(data):
        exif.insert(0, 0)
    for at in exif:
        block = data[at : at + MOST_EXIF]
        yield carrier(exif=_PLAIN.get(block[:4], block[:4]) + block[4:])
    for match in list(_XMP.finditer(data))[:MOST_BLOCKS]:
        yield carrier(xmp=match[0])
    for match in list(_PICTURE.finditer(data))[:MOST_BLOCKS]:
        if match.start():
            yield data[match.start() : match.start() + MOST_PICTURE]
    for pattern, tag in _WORDS:
        if said := pattern.search(data):
            text = said[1].replace(b"\0", b"")
            words = {tag: text} | ({MAKE: text.split()[0]} if tag == MODEL else {})
            yield carrier(exif=_exif_of(words))


def _exif_of(words: dict[int, bytes]) -> bytes:
    """A directory with these texts alone."""
    at = 8 + 2 + 12 * len(words) + 4
    entries, texts = b"", b""
    for tag, text in sorted(words.items()):
        value = (text + b"\0").ljust(5, b"\0")  # longer than what an entry itself can hold
        entries += struct.pack("<HHII", tag, ASCII, len(value), at + len(texts))
        texts += value
    return b"II*\0" + struct.pack("<IH", 8, len(words)) + entries + bytes(4) + texts


def _chunk(kind: bytes, body: bytes) -> bytes:
    checksum = zlib.crc32(kind + body)
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", checksum)
