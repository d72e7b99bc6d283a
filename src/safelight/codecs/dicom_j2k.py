"""A codestream of JPEG 2000 (T.800; T.814) with what its pixels need, bit for bit: comments,
unknown segments, lists of lengths and what follows the end are left out.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from safelight.codecs.reading import part, starts
from safelight.errors import ContainerBroken

SOC, SIZ, TLM, SOT, SOD, EOC = 0xFF4F, 0xFF51, 0xFF55, 0xFF90, 0xFF93, 0xFFD9
# CAP, SIZ, COD, COC, CPF, QCD, QCC, RGN, POC, PPM, PPT.
NEEDED = frozenset(
    {*(0xFF50, SIZ, 0xFF52, 0xFF53, 0xFF59, 0xFF5C, 0xFF5D, 0xFF5E, 0xFF5F), 0xFF60, 0xFF61}
)
TILE_HEAD = 12
MAX_SEGMENTS = 65_536
# Lengths of tile-parts in one segment: a number of two bytes and a length of four for each.
LISTED = 10_000


def bare_j2k(data: memoryview) -> bytes:
    """The codestream anew. Raises ContainerBroken."""
    if not starts(data, b"\xff\x4f\xff\x51"):
        raise ContainerBroken("the JPEG 2000 picture does not start like one")
    head, has_lengths, at = _header(data, 2, SOT)
    tiles = list(_tiles(data, at))
    listed = _lengths(tiles) if has_lengths else b""
    return b"".join((b"\xff\x4f", head, listed, *tiles, b"\xff\xd9"))


def _header(data: memoryview, at: int, end: int) -> tuple[bytes, bool, int]:
    """The needed segments up to a marker; whether lengths were listed; where the marker is."""
    kept, has_lengths = bytearray(), False
    for _ in range(MAX_SEGMENTS):
        (marker,) = struct.unpack(">H", part(data, at, 2))
        if marker == end:
            return bytes(kept), has_lengths, at
        (size,) = struct.unpack(">H", part(data, at + 2, 2))
        if size < 2 or not 0xFF50 <= marker <= 0xFF7F:
            raise ContainerBroken("the JPEG 2000 picture has a wrong marker")
        body = part(data, at, size + 2)
        if marker == SIZ and size != 38 + 3 * struct.unpack_from(">H", part(body, 0, 40), 38)[0]:
            raise ContainerBroken("the JPEG 2000 picture has a wrong header")
        kept += body if marker in NEEDED else b""
        has_lengths = has_lengths or marker == TLM
        at += size + 2
    raise ContainerBroken("the JPEG 2000 picture has too many segments")


def _tiles(data: memoryview, at: int) -> Iterator[bytes]:
    """Every tile-part with its length anew, up to the end marker or the end of the data."""
    while at + 2 <= len(data):
        (marker,) = struct.unpack_from(">H", data, at)
        if marker == EOC:
            return
        if marker != SOT:
            break
        _, size, tile, length, number, parts = struct.unpack(">HHHIBB", part(data, at, TILE_HEAD))
        stop = at + length if length else _end(data)
        if size != TILE_HEAD - 2 or not at + TILE_HEAD + 2 <= stop <= len(data):
            raise ContainerBroken("the JPEG 2000 picture has a wrong tile")
        head, _, begin = _header(data[:stop], at + TILE_HEAD, SOD)
        body = head + data[begin:stop]
        fields = (SOT, size, tile, TILE_HEAD + len(body), number, parts)
        yield struct.pack(">HHHIBB", *fields) + body
        at = stop
    if any(data[at:]):
        raise ContainerBroken("the JPEG 2000 picture is in disorder")


def _end(data: memoryview) -> int:
    """Where the last tile-part ends that does not say so: at the last end marker."""
    found = bytes(data).rfind(b"\xff\xd9")
    return found if found >= 0 else len(data)


def _lengths(tiles: list[bytes]) -> bytes:
    out = bytearray()
    for number, first in enumerate(range(0, len(tiles), LISTED)):
        some = tiles[first : first + LISTED]
        out += struct.pack(">HHBB", TLM, 4 + 6 * len(some), number & 0xFF, 0x60)
        out += b"".join(tile[4:6] + struct.pack(">I", len(tile)) for tile in some)
    return bytes(out)
