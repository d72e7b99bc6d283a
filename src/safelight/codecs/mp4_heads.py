"""The heads of a film and of its tracks written anew: times, sides, turns, and no more."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from safelight.codecs.isobmff import boxed, full_box
from safelight.codecs.reading import part
from safelight.codecs.sample_tables import matrix
from safelight.errors import FormatUnknown

FULL_VOLUME, USUAL_RATE = 0x100, 0x10000
# Of the flags of a track: enabled, in the film, in its preview, its sides are a ratio.
TRACK_FLAGS = 15
# How QuickTime lays a track over another: as it is, dithered, by its transparency.
MODES = frozenset({0, 0x40, 0x100, 0x101, 0x102, 0x103})
# The head of media that QuickTime gives no kind of its own, and its place for text.
GENERAL = full_box(b"gmin", 0, 0, struct.pack(">HHHHhH", 0x40, 0x8000, 0x8000, 0x8000, 0, 0))
UPRIGHT = boxed(b"text", struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000))


@dataclass(frozen=True, slots=True)
class Head:
    """A head cut at its times: what stands between them and the length, the length, the rest."""

    wide: int
    numbers: memoryview
    span: memoryview
    rest: memoryview

    @classmethod
    def of(cls, body: memoryview, between: int) -> Head:
        """between: how many bytes of numbers stand before the length. Raises ContainerBroken."""
        wide = int(body[0] == 1)
        at, size = (20, 8) if wide else (12, 4)
        numbers, span = part(body, at, between), part(body, at + between, size)
        return cls(wide, numbers, span, body[at + between + size :])

    def times(self, seconds: int) -> bytes:
        """When it was made and changed."""
        return struct.pack(">QQ" if self.wide else ">II", seconds, seconds)


def film_head(body: memoryview, seconds: int, *, following: int) -> bytes:
    """mvhd; previews and selections of an editor are zero."""
    head = Head.of(body, 4)
    volume = min(struct.unpack_from(">H", head.rest, 4)[0], FULL_VOLUME)
    fixed = struct.pack(">IH10x", USUAL_RATE, volume) + _turned(head.rest[16:])
    following_number = struct.pack(">24xI", following)
    told = (head.times(seconds), head.numbers, head.span, fixed, following_number)
    return full_box(b"mvhd", head.wide, 0, *told)


def track_head(body: memoryview, seconds: int) -> bytes:
    """tkhd: number, length, what lies above what, loudness, turn and sides."""
    head = Head.of(body, 8)
    layer, group, volume = struct.unpack_from(">hHH", head.rest, 8)
    told = head.times(seconds) + bytes(head.numbers[:4]) + bytes(4) + bytes(head.span) + bytes(8)
    told += struct.pack(">hHHH", layer, group, min(volume, FULL_VOLUME), 0)
    turned, sides = _turned(head.rest[16:]), part(head.rest, 52, 8)
    return full_box(b"tkhd", head.wide, body[3] & TRACK_FLAGS, told, turned, sides)


def media_head(body: memoryview, seconds: int) -> bytes:
    """mdhd: how long in which ticks, and the language."""
    head = Head.of(body, 4)
    told = (head.times(seconds), head.numbers, head.span, part(head.rest, 0, 2), bytes(2))
    return full_box(b"mdhd", head.wide, 0, *told)


def kind_head(kind: bytes, body: memoryview) -> bytes:
    """vmhd, smhd, nmhd or sthd: how pictures are laid over others, and where sound comes from."""
    if kind == b"vmhd":
        mode = struct.unpack(">H", part(body, 4, 2))[0]
        return full_box(kind, 0, 1, struct.pack(">H6x", mode if mode in MODES else 0))
    if kind == b"smhd":
        side = struct.unpack(">h", part(body, 4, 2))[0]
        return full_box(kind, 0, 0, struct.pack(">hH", side if abs(side) <= FULL_VOLUME else 0, 0))
    return full_box(kind, 0, 0)


def _turned(raw: memoryview) -> bytes:
    made = matrix(raw)
    if made is None:
        raise FormatUnknown(
            "a film that is turned by less than a quarter, or stretched, is not rewritten",
            hint="save the film as it is shown first",
        )
    return made
