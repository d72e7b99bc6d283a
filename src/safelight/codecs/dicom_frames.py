"""The pixels of a DICOM object, as shown unchanged, with nothing between and behind them.

stored                    what goes
native                    bytes behind the last frame; bits of a sample above and below those that
                          are stored (overlays of old): zero, or the sign
JPEG, JPEG-LS, JPEG 2000  comments and application data within, what follows the end of a frame
RLE                       what follows the last sample of a segment, and the gaps
others (films, JPEG XL)   nothing: items are copied as they are
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from safelight.codecs.coded_jpeg import bare_jpeg
from safelight.codecs.dicom_j2k import bare_j2k
from safelight.codecs.dicom_rle import bare_jls, bare_rle
from safelight.codecs.reading import part
from safelight.errors import ContainerBroken

ITEM = b"\xfe\xff\x00\xe0"
CODED = "1.2.840.10008.1.2."
NATIVE = frozenset({"1.2.840.10008.1.2", f"{CODED}1", f"{CODED}1.99", f"{CODED}2"})
BIG_ENDIAN = f"{CODED}2"
RLE = f"{CODED}5"
JPEG = frozenset(f"{CODED}4.{number}" for number in range(50, 71))
JPEG_LS = frozenset({f"{CODED}4.80", f"{CODED}4.81"})
JPEG_2000 = frozenset(f"{CODED}4.{number}" for number in (90, 91, 92, 93, 201, 202, 203))
STARTS = (b"\xff\xd8\xff", b"\xff\x4f\xff\x51")
FLOATS = {"FloatPixelData": 32, "DoubleFloatPixelData": 64}
TABLE, LENGTHS = "ExtendedOffsetTable", "ExtendedOffsetTableLengths"


@dataclass(frozen=True, slots=True)
class Tidied:
    """Pixels by keyword, and what was taken away from them in words."""

    values: dict[str, bytes]
    told: tuple[str, ...] = ()


def tidied(found: Any) -> Tidied:
    """Raises ContainerBroken for coded pixels in disorder, and what damaged tags make it raise."""
    for keyword, bits in FLOATS.items():
        if keyword in found:
            return _cut(keyword, found[keyword].value, _size(found, bits))
    coding = str(found.file_meta.TransferSyntaxUID)
    raw = bytes(found["PixelData"].value or b"")
    if coding in NATIVE or not coding.startswith(CODED):
        return _native(found, raw, coding)
    table, items = items_of(memoryview(raw))
    bare = _cleaner(found, coding)
    if bare is None:
        return Tidied({"PixelData": raw} | _offsets_as_they_are(found))
    return _encapsulated(found, table, items, bare)


def _offsets_as_they_are(found: Any) -> dict[str, bytes]:
    """An index of frames that nobody changed, no longer than there are frames."""
    most = 8 * _frames(found)
    held = {
        keyword: bytes(found[keyword].value) for keyword in (TABLE, LENGTHS) if keyword in found
    }
    return held if all(len(value) == most for value in held.values()) else {}


def _frames(found: Any) -> int:
    return max(1, _number(found, "NumberOfFrames", 1))


def _number(found: Any, keyword: str, usual: int) -> int:
    """The value of a tag, or what is usual where it is absent, empty or no number."""
    try:
        return int(found.get(keyword) or usual)
    except (ValueError, TypeError):
        return usual


def _size(found: Any, bits: int) -> int:
    """How many bytes all frames have."""
    samples = _number(found, "SamplesPerPixel", 1)
    if samples == 3 and found.get("PhotometricInterpretation") == "YBR_FULL_422":
        samples = 2
    pixels = int(found.Rows) * int(found.Columns) * samples
    return -(-pixels * bits * _frames(found) // 8)


def _cut(keyword: str, raw: bytes, size: int) -> Tidied:
    kept = raw[:size]
    told = ("bytes behind the last frame",) if any(raw[size:]) or len(raw) > size + 1 else ()
    return Tidied({keyword: kept + b"\0" * (len(kept) % 2)}, told)


def _native(found: Any, raw: bytes, coding: str) -> Tidied:
    bits = int(found.BitsAllocated)
    stored = _number(found, "BitsStored", bits)
    high = _number(found, "HighBit", stored - 1)
    size = _size(found, bits)
    # Words of two bytes are turned round there: the last sample of an odd number lies behind its
    # pad.
    cut = _cut("PixelData", raw, size + size % 2 if coding == BIG_ENDIAN else size)
    if bits not in (8, 16, 32) or not 0 < stored < bits or not stored <= high + 1 <= bits:
        return cut
    held = cut.values["PixelData"]
    is_signed = _number(found, "PixelRepresentation", 0) == 1
    masked = _masked(held, (bits, stored, high), ">" if coding == BIG_ENDIAN else "<", is_signed)
    more = () if masked == held else ("bits that no pixel uses",)
    return Tidied({"PixelData": masked}, (*cut.told, *more))


def _masked(raw: bytes, depth: tuple[int, int, int], order: str, is_signed: bool) -> bytes:
    """Every sample with the bits that are stored; the sign, or nothing, above them."""
    import numpy as np

    bits, stored, high = depth
    whole = len(raw) - len(raw) % (bits // 8)
    samples = np.frombuffer(raw[:whole], f"{order}{'i' if is_signed else 'u'}{bits // 8}")
    kept = (samples << (bits - 1 - high)) >> (bits - stored) << (high + 1 - stored)
    return kept.astype(samples.dtype).tobytes() + bytes(len(raw) - whole)


def items_of(coded: memoryview) -> tuple[bytes, list[memoryview]]:
    """The index and the items of coded pixels. Raises ContainerBroken unless they lie one behind
    the other, and nothing else: decoders pass over what lies between them.
    """
    at, items = 0, []
    while at < len(coded):
        mark, size = struct.unpack_from("<4sI", part(coded, at, 8))
        if mark != ITEM:
            raise ContainerBroken("the coded pixels of the dicom data are in disorder")
        items.append(part(coded, at + 8, size))
        at += 8 + size
    return (bytes(items[0]), items[1:]) if items else (b"", [])


def _cleaner(found: Any, coding: str) -> Callable[[memoryview], bytes | memoryview] | None:
    if coding in JPEG:
        return bare_jpeg
    if coding in JPEG_2000:
        return bare_j2k
    if coding in JPEG_LS:
        return bare_jls
    samples = int(found.Rows) * int(found.Columns)
    return (lambda frame: bare_rle(frame, samples)) if coding == RLE else None


def _encapsulated(
    found: Any,
    table: bytes,
    items: list[memoryview],
    bare: Callable[[memoryview], bytes | memoryview],
) -> Tidied:
    """One item for each frame, and an index where there was one."""
    frames = _grouped(items, table, _frames(found))
    clean = [bytes(bare(memoryview(frame))) for frame in frames]
    is_more = any(
        frame[: len(one)] != one or any(frame[len(one) :])
        for frame, one in zip(frames, clean, strict=True)
    )
    padded = [one + b"\0" * (len(one) % 2) for one in clean]
    starts = [sum(len(one) + 8 for one in padded[:number]) for number in range(len(padded))]
    is_extended = TABLE in found
    index = struct.pack(f"<{len(starts)}I", *starts) if table and not is_extended else b""
    out = b"".join(ITEM + struct.pack("<I", len(one)) + one for one in (index, *padded))
    values = {"PixelData": out}
    if is_extended:
        values[TABLE] = struct.pack(f"<{len(starts)}Q", *starts)
        values[LENGTHS] = struct.pack(f"<{len(padded)}Q", *map(len, padded))
    return Tidied(values, ("words between coded pixels",) if is_more else ())


def _grouped(items: list[memoryview], table: bytes, count: int) -> list[bytes]:
    """The coded bytes of each frame: an item each, as the index says, or as their starts show."""
    if len(items) == count:
        return [bytes(item) for item in items]
    begins = set(struct.unpack(f"<{len(table) // 4}I", table[: len(table) // 4 * 4]))
    groups: list[list[memoryview]] = []
    at = 0
    for item in items:
        is_first = at in begins if begins else bytes(item[:4]).startswith(STARTS)
        if not groups or (is_first and count > 1):
            groups.append([])
        groups[-1].append(item)
        at += 8 + len(item)
    if len(groups) != count:
        raise ContainerBroken("the coded pixels of the dicom data are not as many as it says")
    return [b"".join(group) for group in groups]
