"""Look-up tables of ICC profiles, copied number by number: no gap comes along."""

from __future__ import annotations

import struct
from collections.abc import Callable
from math import prod

from safelight.codecs.reading import starts

CurveCleaner = Callable[[memoryview], bytes]
MAX_CHANNELS = 15


def clean_lut(raw: memoryview, clean_curve: CurveCleaner) -> bytes | None:
    """The table rebuilt, or None for a type that is not known or a table that is not all there."""
    kind = bytes(raw[:4])
    if kind in (b"mft1", b"mft2"):
        return _old(raw, width=1 if kind == b"mft1" else 2)
    if kind in (b"mAB ", b"mBA "):
        return _new(raw, clean_curve)
    return None


def _old(raw: memoryview, *, width: int) -> bytes | None:
    across, out, grid = raw[8], raw[9], raw[10]
    head = 48 if width == 1 else 52
    entries = (256, 256) if width == 1 else struct.unpack_from(">HH", raw, 48)
    if not 1 <= across <= MAX_CHANNELS or not 1 <= out <= MAX_CHANNELS:
        return None
    size = head + width * (entries[0] * across + grid**across * out + entries[1] * out)
    if size > len(raw):
        return None
    return bytes(raw[:4]) + bytes(4) + bytes(raw[8:11]) + b"\0" + bytes(raw[12:size])


def _new(raw: memoryview, clean_curve: CurveCleaner) -> bytes | None:
    """B curves, matrix, M curves, grid, A curves: those that are there, packed in this order."""
    is_from_device = starts(raw, b"mAB ")
    across, out = raw[8], raw[9]
    if not 1 <= across <= MAX_CHANNELS or not 1 <= out <= MAX_CHANNELS:
        return None
    b_count, a_count = (out, across) if is_from_device else (across, out)
    offsets = struct.unpack_from(">5I", raw, 12)
    readers: tuple[Callable[[int], bytes], ...] = (
        lambda at: _curves(raw[at:], b_count, clean_curve),
        lambda at: _exact(raw, at, 48),
        lambda at: _curves(raw[at:], b_count, clean_curve),
        lambda at: _grid(raw[at:], across, out),
        lambda at: _curves(raw[at:], a_count, clean_curve),
    )
    body, placed = bytearray(), []
    for offset, reader in zip(offsets, readers, strict=True):
        placed.append(32 + len(body) if offset else 0)
        body += reader(offset) if offset else b""
    head = bytes(raw[:4]) + bytes(4) + bytes((across, out, 0, 0))
    return head + struct.pack(">5I", *placed) + bytes(body)


def _curves(raw: memoryview, count: int, clean_curve: CurveCleaner) -> bytes:
    out, at = bytearray(), 0
    for _ in range(count):
        curve = clean_curve(raw[at:])
        out += curve + bytes(-len(curve) % 4)
        at = len(out)
    return bytes(out)


def _grid(raw: memoryview, across: int, out: int) -> bytes:
    width = raw[16]
    if width not in (1, 2):
        raise ValueError("a grid of unknown width")
    points = bytes(raw[:across])
    size = prod(points) * out * width
    grid = _exact(raw, 20, size)
    return points + bytes(16 - across) + bytes((width, 0, 0, 0)) + grid + bytes(-size % 4)


def _exact(raw: memoryview, at: int, size: int) -> bytes:
    if at + size > len(raw):
        raise ValueError("a table that is not all there")
    return bytes(raw[at : at + size])
