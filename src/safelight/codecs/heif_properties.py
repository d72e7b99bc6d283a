"""Properties of HEIF items, each built anew from the numbers that it is made of.

What is not listed here is not written. An item that cannot be shown without such a one (it is
marked essential) is not kept.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from fractions import Fraction

from safelight.codecs import icc, nal, obu
from safelight.codecs.heif_roles import ROLE_OF
from safelight.codecs.isobmff import Cursor, boxed, full_box
from safelight.codecs.reading import part
from safelight.errors import ContainerBroken

# Code points of ITU-T H.273.
MOST_PRIMARIES, MOST_TRANSFERS, MOST_MATRICES = 22, 18, 17
# Those that are nothing but numbers, by their length.
PLAIN: dict[bytes, int] = {
    b"irot": 1,
    b"imir": 1,
    b"clli": 4,
    b"mdcv": 24,
    b"a1op": 1,
    b"lsel": 2,
}
MASKS: dict[bytes, int] = {b"irot": 3, b"imir": 1}
# Ten-thousandths of a candela per square metre, and a chromaticity of 1.
MOST_LIGHT, WHOLE = 100_000_000, 50_000
# Ten-thousandths of a lux.
SUNLIGHT = 1_500_000_000
# The widest picture, the flattest pixel, and the smallest part of one that a fraction names.
MOST_PIXELS, MOST_ASPECT, PARTS = 65_536, 256, 4_096


def cleaned(kind: bytes, body: memoryview, *, standard: bool) -> bytes | None:
    """The property as a box; None for one that is not kept.

    With standard a colour profile is a standard one or has no name. Raises ContainerBroken for one
    that is too short.
    """
    if kind in PLAIN:
        return _plain(kind, body)
    if kind == b"colr":
        return _colour(body, standard=standard)
    return CLEANERS[kind](body) if kind in CLEANERS else None


def _plain(kind: bytes, body: memoryview) -> bytes | None:
    raw = part(body, 0, PLAIN[kind])
    if kind == b"mdcv" and not _is_display(Cursor(raw)):
        return None
    if kind in MASKS:
        return boxed(kind, bytes((raw[0] & MASKS[kind],)))
    return boxed(kind, raw)


def _is_display(cursor: Cursor) -> bool:
    points = [(cursor.take(2), cursor.take(2)) for _ in range(4)]
    most, least = cursor.take(4), cursor.take(4)
    return all(x + y <= WHOLE for x, y in points) and least < most <= MOST_LIGHT


def _colour(body: memoryview, *, standard: bool) -> bytes | None:
    kind = bytes(part(body, 0, 4))
    if kind in (b"prof", b"rICC"):
        profile = icc.clean(body[4:], standard=standard)
        return boxed(b"colr", b"prof", profile) if profile else None
    if kind not in (b"nclx", b"nclc"):
        return None
    cursor = Cursor(body, 4)
    numbers = [cursor.take(2) for _ in range(3)]
    bounds = (MOST_PRIMARIES, MOST_TRANSFERS, MOST_MATRICES)
    if any(number > most for number, most in zip(numbers, bounds, strict=True)):
        raise ContainerBroken("the picture has colours that cannot be")
    is_full = bytes((cursor.take(1) & 0x80,)) if kind == b"nclx" else b""
    return boxed(b"colr", kind, body[4:10], is_full)


def _size(body: memoryview) -> bytes:
    return full_box(b"ispe", 0, 0, part(body, 4, 8))


def _depth(body: memoryview) -> bytes:
    count = part(body, 4, 1)[0]
    return full_box(b"pixi", 0, 0, part(body, 4, 1 + count))


def _auxiliary(body: memoryview) -> bytes | None:
    address = bytes(body[4:]).split(b"\0")[0]
    return full_box(b"auxC", 0, 0, address + b"\0") if address in ROLE_OF else None


def _av1(body: memoryview) -> bytes:
    units = [unit.raw for unit in obu.units(part(body, 4, len(body) - 4)) if obu.is_needed(unit)]
    return boxed(b"av1C", body[:4], *units)


def _hevc(body: memoryview) -> bytes:
    return boxed(b"hvcC", nal.clean_configuration(body))


def _layers(body: memoryview) -> bytes:
    wide = 4 if part(body, 0, 1)[0] & 1 else 2
    return boxed(b"a1lx", bytes((body[0] & 1,)), part(body, 1, 3 * wide))


def _crop(body: memoryview) -> bytes | None:
    """Sides of the picture as shown and how far its middle is moved: fractions in one form."""
    cursor, found = Cursor(part(body, 0, 32)), []
    for number in range(4):
        over, under = cursor.take(4), cursor.take(4)
        # Offsets have a sign.
        over -= (over >> 31 << 32) if number > 1 else 0
        if not under or abs(over) > MOST_PIXELS * under or (number < 2 and not over):
            return None
        found.append(Fraction(over, under).limit_denominator(PARTS))
    pairs = [(one.numerator & 0xFFFFFFFF, one.denominator) for one in found]
    return boxed(b"clap", *(struct.pack(">II", *pair) for pair in pairs))


def _aspect(body: memoryview) -> bytes | None:
    """How wide a pixel is for its height, as a fraction in one form."""
    cursor = Cursor(part(body, 0, 8))
    across, down = cursor.take(4), cursor.take(4)
    if not across or not down or max(across, down) > MOST_ASPECT * min(across, down):
        return None
    ratio = Fraction(across, down).limit_denominator(PARTS)
    return boxed(b"pasp", struct.pack(">II", ratio.numerator, ratio.denominator))


def _surroundings(body: memoryview) -> bytes | None:
    cursor = Cursor(part(body, 0, 8))
    light, x, y = cursor.take(4), cursor.take(2), cursor.take(2)
    return boxed(b"amve", body[:8]) if light <= SUNLIGHT and x + y <= WHOLE else None


CLEANERS: dict[bytes, Callable[[memoryview], bytes | None]] = {
    b"ispe": _size,
    b"pixi": _depth,
    b"auxC": _auxiliary,
    b"av1C": _av1,
    b"hvcC": _hevc,
    b"a1lx": _layers,
    b"amve": _surroundings,
    b"clap": _crop,
    b"pasp": _aspect,
}
