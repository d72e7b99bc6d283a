"""Chunks of a PNG that hold numbers about its look: the lengths and numbers that they may have.

What a real file never holds falls away: letters read as numbers are mostly far beyond.
"""

from __future__ import annotations

import struct

from safelight.codecs.png import Chunk, Layout

LENGTHS: dict[bytes, tuple[int, ...]] = {
    b"gAMA": (4,),
    b"cHRM": (32,),
    b"sRGB": (1,),
    b"cICP": (4,),
    b"mDCV": (24,),
    b"mDCv": (24,),
    b"cLLI": (8,),
    b"cLLi": (8,),
    b"pHYs": (9,),
}
# Ten-thousandths of a candela per square metre: no transfer function goes beyond 10,000 candela.
MOST_LIGHT = 100_000_000
RANGES: dict[bytes, tuple[str, int]] = {
    b"gAMA": (">I", 10_000_000),
    b"cHRM": (">8I", 1_000_000),
    b"pHYs": (">II", 10_000_000),
    b"cLLI": (">II", MOST_LIGHT),
    b"cLLi": (">II", MOST_LIGHT),
    b"sRGB": (">B", 3),
}
# Code points of ITU-T H.273.
PRIMARIES = frozenset({1, 2, *range(4, 13), 22})
TRANSFERS = frozenset({1, 2, *range(4, 19)})
PALETTE = 3
# A chromaticity of 1; x and y together are never more.
WHOLE = 50_000


def fits_depth(chunk: Chunk, layout: Layout) -> bool:
    """True when significant bits and a background are such as pixels of this depth can have."""
    if chunk.type == b"sBIT":
        depth = 8 if layout.colour_type == PALETTE else layout.bits
        return all(0 < bits <= depth for bits in chunk.body)
    if chunk.type == b"bKGD" and layout.colour_type != PALETTE:
        numbers = struct.unpack(f">{len(chunk.body) // 2}H", chunk.body)
        return all(number < 1 << layout.bits for number in numbers)
    return True


def is_plausible(chunk: Chunk) -> bool:
    """True when the numbers in a chunk of a right length can be meant."""
    body = chunk.body
    if chunk.type == b"cICP":
        primaries, transfer, matrix, is_full = body
        return (
            primaries in PRIMARIES and transfer in TRANSFERS and matrix == 0 and is_full in (0, 1)
        )
    if chunk.type in (b"mDCV", b"mDCv"):
        return _is_display(body)
    if chunk.type == b"pHYs" and body[8] > 1:
        return False
    layout, most = RANGES.get(chunk.type, ("", 0))
    return all(number <= most for number in struct.unpack_from(layout, body))


def _is_display(body: memoryview) -> bool:
    """Three primaries and a white point, then the most and the least light."""
    points = struct.iter_unpack(">HH", body[:16])
    most, least = struct.unpack_from(">II", body, 16)
    return all(x + y <= WHOLE for x, y in points) and bool(least < most <= MOST_LIGHT)
