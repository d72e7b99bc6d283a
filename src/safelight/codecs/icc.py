"""ICC profiles built anew: the numbers that make colour, and neutral words (ICC.1:2022).

A profile holds free text, dates, serial-like identifiers, private tags and gaps. Here only tags
that a colour engine needs are copied, each cut to what its own type says it holds; a profile that
breaks the rules is dropped.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

from safelight.codecs.icc_lut import clean_lut
from safelight.codecs.icc_mpe import clean_elements
from safelight.codecs.icc_writing import HEAD, built, curve, written, xyz
from safelight.codecs.reading import decoded, starts

MAX_TAGS = 200
# What the numbered parts of a JPEG can hold, and far more than any real profile.
MAX_BYTES = 16_000_000
CLASSES = (b"scnr", b"mntr", b"prtr", b"spac")
SPACES = (b"RGB ", b"GRAY", b"CMYK", b"Lab ")
CONNECTIONS = (b"XYZ ", b"Lab ")
KNOWN_NAMES = (
    "sRGB IEC61966-2.1",
    "sRGB",
    "Display P3",
    "Adobe RGB (1998)",
    "ProPhoto RGB",
    "Rec. 2020",
    "Dot Gain 20%",
    "Gray Gamma 2.2",
)
NEUTRAL = "colour profile"
# What sRGB's columns are when adapted to D50, and how far a profile may be from them to count as
# sRGB.
SRGB_COLUMNS = (
    (0.43607, 0.22249, 0.01392),
    (0.38515, 0.71687, 0.09708),
    (0.14307, 0.06061, 0.7141),
)
NEAR = 0.002
SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)


class Malformed(Exception):
    """The bytes are no profile that can be rebuilt."""


def clean(profile: bytes | memoryview, *, standard: bool = False) -> bytes | None:
    """The profile with only colour in it; None when it is malformed.

    With standard, one that means sRGB is replaced by our own and every other loses its name as
    well.
    """
    try:
        head, tags = _opened(memoryview(profile))
        kept = {name: _cleaned(name, raw) for name, raw in tags.items() if name in CLEANERS}
        _complete(head, kept)
        if standard and _is_srgb(head, kept):
            return srgb()
        name = description(profile)
        words = name if name in KNOWN_NAMES and not standard else NEUTRAL
        return written(head, kept, words)
    except (Malformed, struct.error, IndexError, ValueError):
        return None


def description(profile: bytes | memoryview) -> str:
    """The profile's own name as a printable line; empty when it has none that can be read."""
    try:
        _, tags = _opened(memoryview(profile))
        raw = tags[b"desc"]
        if starts(raw, b"mluc"):
            size, offset = struct.unpack_from(">II", raw, 20)
            return decoded(
                bytes(raw[offset : offset + size]).decode("utf-16-be", "replace").encode()
            )
        size = struct.unpack_from(">I", raw, 8)[0]
        return decoded(raw[12 : 12 + min(size, 400)])
    except (Malformed, struct.error, IndexError, KeyError):
        return ""


def _opened(profile: memoryview) -> tuple[memoryview, dict[bytes, memoryview]]:
    if len(profile) < HEAD + 4 or not starts(profile, b"acsp", 36):
        raise Malformed
    size, count = struct.unpack_from(">I", profile)[0], struct.unpack_from(">I", profile, HEAD)[0]
    if not HEAD < size <= min(len(profile), MAX_BYTES) or count > MAX_TAGS:
        raise Malformed
    tags: dict[bytes, memoryview] = {}
    for number in range(count):
        name, start, length = struct.unpack_from(">4sII", profile, HEAD + 4 + 12 * number)
        if start + length > size or length < 8:
            raise Malformed
        tags.setdefault(name, profile[start : start + length])
    return profile[:HEAD], tags


def _complete(head: memoryview, kept: dict[bytes, bytes]) -> None:
    """A profile that lost what its kind needs would give other colours: better none."""
    kind, space, connection = bytes(head[12:16]), bytes(head[16:20]), bytes(head[20:24])
    if kind not in CLASSES or space not in SPACES or connection not in CONNECTIONS:
        raise Malformed
    matrix = {b"rXYZ", b"gXYZ", b"bXYZ", b"rTRC", b"gTRC", b"bTRC"}
    is_whole = {
        b"RGB ": matrix <= kept.keys() or b"A2B0" in kept,
        b"GRAY": b"kTRC" in kept or b"A2B0" in kept,
    }.get(space, b"A2B0" in kept)
    if not is_whole:
        raise Malformed


def _cleaned(name: bytes, raw: memoryview) -> bytes:
    return CLEANERS[name](raw)


def _xyz(raw: memoryview) -> bytes:
    if not starts(raw, b"XYZ ") or len(raw) < 20:
        raise Malformed
    return b"XYZ \0\0\0\0" + bytes(raw[8:20])


def clean_curve(raw: memoryview) -> bytes:
    """One curve, cut to its own length. Raises Malformed."""
    if starts(raw, b"curv"):
        count = struct.unpack_from(">I", raw, 8)[0]
        if len(raw) < 12 + 2 * count:
            raise Malformed
        return b"curv\0\0\0\0" + bytes(raw[8 : 12 + 2 * count])
    if not starts(raw, b"para"):
        raise Malformed
    kind = struct.unpack_from(">H", raw, 8)[0]
    count = (1, 3, 4, 5, 7)[kind]
    if len(raw) < 12 + 4 * count:
        raise Malformed
    return b"para\0\0\0\0" + struct.pack(">HH", kind, 0) + bytes(raw[12 : 12 + 4 * count])


def _adaptation(raw: memoryview) -> bytes:
    if not starts(raw, b"sf32") or len(raw) < 44:
        raise Malformed
    return b"sf32\0\0\0\0" + bytes(raw[8:44])


def _code_points(raw: memoryview) -> bytes:
    if not starts(raw, b"cicp") or len(raw) < 12:
        raise Malformed
    return b"cicp\0\0\0\0" + bytes(raw[8:12])


def _lut(raw: memoryview) -> bytes:
    cleaned = clean_lut(raw, clean_curve)
    if cleaned is None:
        raise Malformed
    return cleaned


def _elements(raw: memoryview) -> bytes:
    cleaned = clean_elements(raw)
    if cleaned is None:
        raise Malformed
    return cleaned


CLEANERS: dict[bytes, Callable[[memoryview], bytes]] = {
    **dict.fromkeys((b"wtpt", b"rXYZ", b"gXYZ", b"bXYZ"), _xyz),
    **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC", b"kTRC"), clean_curve),
    **dict.fromkeys((b"A2B0", b"A2B1", b"A2B2", b"B2A0", b"B2A1", b"B2A2"), _lut),
    **dict.fromkeys((b"D2B0", b"D2B1", b"D2B2", b"D2B3"), _elements),
    **dict.fromkeys((b"B2D0", b"B2D1", b"B2D2", b"B2D3"), _elements),
    b"chad": _adaptation,
    b"cicp": _code_points,
}


def is_within_srgb(profile: bytes | memoryview) -> bool:
    """True if it surely has no colour outside sRGB: it is grey, or has sRGB's own primaries."""
    try:
        head, tags = _opened(memoryview(profile))
        if starts(head, b"GRAY", 16):
            return True
        return _has_its_primaries(head, {name: bytes(raw) for name, raw in tags.items()})
    except (Malformed, struct.error, KeyError):
        return False


def _is_srgb(head: memoryview, kept: dict[bytes, bytes]) -> bool:
    if not _has_its_primaries(head, kept):
        return False
    return all(_bends_as_srgb(kept[name]) for name in (b"rTRC", b"gTRC", b"bTRC"))


def _has_its_primaries(head: memoryview, kept: dict[bytes, bytes]) -> bool:
    if not starts(head, b"RGB ", 16) or any(name in kept for name in (b"A2B0", b"D2B0")):
        return False
    for name, wanted in zip((b"rXYZ", b"gXYZ", b"bXYZ"), SRGB_COLUMNS, strict=True):
        found = (number / 65_536 for number in struct.unpack_from(">iii", kept[name], 8))
        if any(abs(one - other) > NEAR for one, other in zip(found, wanted, strict=True)):
            return False
    return True


def _bends_as_srgb(curve: bytes) -> bool:
    """True when the curve gives sRGB's light at a few inputs, to a hundredth."""
    for step in (0.1, 0.25, 0.5, 0.75):
        wanted = ((step + 0.055) / 1.055) ** 2.4
        if abs(_light(curve, step) - wanted) > 0.01:
            return False
    return True


def _light(curve: bytes, at: float) -> float:
    if curve[:4] == b"para":
        kind = struct.unpack_from(">H", curve, 8)[0]
        gamma, a, b, *_ = [n / 65_536 for n in struct.unpack_from(">iii", curve + bytes(12), 12)]
        base = at if kind == 0 else max(0.0, a * at + b)
        # Powers that no curve has: huge ones do not fit a number, nor does a negative one of zero.
        return float(base**gamma) if base and abs(gamma) < 64 and base < 64 else 0.0
    count = struct.unpack_from(">I", curve, 8)[0]
    if count < 2:
        gamma = struct.unpack_from(">H", curve, 12)[0] / 256 if count else 1.0
        return float(at**gamma)
    return float(struct.unpack_from(">H", curve, 12 + 2 * round(at * (count - 1)))[0] / 65_535)


def srgb() -> bytes:
    """A small sRGB profile of our own, version 4."""
    tags = {
        name: xyz(column)
        for name, column in zip((b"rXYZ", b"gXYZ", b"bXYZ"), SRGB_COLUMNS, strict=True)
    }
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve(3, SRGB_CURVE))
    return built(tags, b"RGB ", "sRGB")
