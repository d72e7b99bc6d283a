"""The boxes within a description of samples, each built anew from the numbers it is made of.

What is not listed here is not written. What a decoder cannot do without, and cannot be checked,
makes the film one that is not rewritten.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

from safelight.codecs import heif_properties
from safelight.codecs.isobmff import Cursor, boxed, boxes
from safelight.codecs.mp4_codings import (
    clean_av1,
    clean_avc,
    clean_dolby,
    clean_flac,
    clean_hevc,
    clean_layers,
    clean_opus,
    clean_streams,
)
from safelight.codecs.reading import part
from safelight.errors import FormatUnknown

# Those that pictures in HEIF have as well.
AS_IN_PICTURES = frozenset({b"colr", b"clap", b"pasp", b"clli", b"mdcv", b"amve"})
# Those that are nothing but numbers, by their length.
PLAIN: dict[bytes, int] = {
    b"gama": 4,
    b"SmDm": 28,
    b"CoLL": 8,
    b"st3d": 5,
    b"hfov": 4,
    b"dac3": 3,
    b"ddts": 20,
    b"alac": 28,
    b"pcmC": 6,
    b"srat": 8,
    b"frma": 4,
    b"enda": 2,
}
# Heads that hold free bytes, and without which the samples cannot be decoded.
UNCHECKED = frozenset({b"vvcC", b"glbl", b"jpgC", b"dac4", b"udts", b"mhaC"})
# Projections and eyes: what stands within what, and how long it is.
WITHIN: dict[bytes, frozenset[bytes]] = {
    b"sv3d": frozenset({b"svhd", b"proj"}),
    b"proj": frozenset({b"prhd", b"equi", b"cbmp", b"prji"}),
    b"vexu": frozenset({b"eyes", b"proj", b"pack"}),
    b"eyes": frozenset({b"stri", b"hero", b"cams", b"cmfy"}),
    b"cams": frozenset({b"blin"}),
    b"cmfy": frozenset({b"dadj"}),
    b"pack": frozenset({b"pkin"}),
}
INNER: dict[bytes, int] = {
    b"prhd": 16,
    b"equi": 20,
    b"cbmp": 12,
    b"prji": 8,
    b"stri": 5,
    b"hero": 5,
    b"blin": 8,
    b"dadj": 8,
    b"pkin": 8,
}
MOST_CHANNELS = 255
FIELDS = frozenset({(1, 0), *((2, order) for order in (0, 1, 6, 9, 14))})


def cleaned(kind: bytes, body: memoryview, *, standard: bool) -> bytes:
    """The box, or nothing for one that is not kept.

    With standard a colour profile is a standard one or has no name. Raises ContainerBroken for one
    that is too short, FormatUnknown for one that is needed and cannot be checked.
    """
    if kind in UNCHECKED:
        raise FormatUnknown("a film whose coding has free bytes in its head is not rewritten")
    if kind in AS_IN_PICTURES:
        return heif_properties.cleaned(kind, body, standard=standard) or b""
    if kind in PLAIN:
        return boxed(kind, part(body, 0, PLAIN[kind]))
    if kind in (b"sv3d", b"vexu"):
        return _nested(kind, body)
    return boxed(kind, CLEANERS[kind](body)) if kind in CLEANERS else b""


def _nested(kind: bytes, body: memoryview) -> bytes:
    """The known boxes within one; the depth is that of the table."""
    inner = (box for box in boxes(body) if box.type in WITHIN[kind])
    return boxed(kind, *(_within(box.type, box.body) for box in inner))


def _within(kind: bytes, body: memoryview) -> bytes:
    if kind in WITHIN:
        return _nested(kind, body)
    if kind == b"svhd":
        # The name of the program that joined the pictures; the box has to be there.
        return boxed(kind, bytes(5))
    return boxed(kind, part(body, 0, INNER[kind]))


def _enhanced(body: memoryview) -> bytes:
    """Rate and streams of Enhanced AC-3, and the byte for its objects."""
    cursor = Cursor(body, 2)
    for _ in range((part(body, 1, 1)[0] & 7) + 1):
        has_more = cursor.take(3) >> 1 & 15
        cursor.take(1 if has_more else 0)
    rest = bytes(body[cursor.at : cursor.at + 2])
    return bytes(body[: cursor.at]) + (rest if len(rest) == 2 and rest[0] == 1 else b"")


def _channels(body: memoryview) -> bytes:
    """A layout of QuickTime: tag, map, and a row for each channel."""
    count = min(struct.unpack(">I", part(body, 12, 4))[0], MOST_CHANNELS)
    return bytes(part(body, 0, 12)) + struct.pack(">I", count) + bytes(part(body, 16, 20 * count))


def _sphere(body: memoryview) -> bytes:
    """Ambisonics: order and one number for each channel."""
    count = min(struct.unpack(">I", part(body, 8, 4))[0], MOST_CHANNELS)
    return bytes(part(body, 0, 8)) + struct.pack(">I", count) + bytes(part(body, 12, 4 * count))


def _fields(body: memoryview) -> bytes:
    """How many fields a picture has, and their order, where it is a known one."""
    count, order = part(body, 0, 2)
    return bytes((count, order)) if (count, order) in FIELDS else b"\1\0"


CLEANERS: dict[bytes, Callable[[memoryview], bytes]] = {
    b"avcC": clean_avc,
    b"hvcC": clean_hevc,
    b"lhvC": clean_layers,
    b"av1C": clean_av1,
    b"vpcC": lambda body: bytes(part(body, 0, 10)) + bytes(2),
    **dict.fromkeys((b"dvcC", b"dvvC", b"dvwC"), clean_dolby),
    b"esds": clean_streams,
    b"dOps": clean_opus,
    b"dfLa": clean_flac,
    b"dec3": _enhanced,
    b"chan": _channels,
    b"SA3D": _sphere,
    b"fiel": _fields,
    # Four bytes of these name the maker of the encoder.
    b"d263": lambda body: bytes(4) + bytes(part(body, 4, 3)),
    b"damr": lambda body: bytes(4) + bytes(part(body, 4, 5)),
    b"dawp": lambda body: bytes(4) + bytes(part(body, 4, 1)),
}
