"""What a decoder is told before the first sample, as MP4 and Matroska hold it alike: parameter
sets and numbers, built anew. Encoders write their names and settings between them.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from safelight.codecs import nal, obu
from safelight.codecs.isobmff import Cursor
from safelight.codecs.reading import part
from safelight.errors import ContainerBroken

# Units of H.264: sequences (of layers too), pictures, and what extends sequences.
SEQUENCES, PICTURES, EXTENSIONS = frozenset({7, 15}), frozenset({8}), frozenset({13})
# Profiles that the standard gave no fields for chroma and depth.
OLD_PROFILES = frozenset({66, 77, 88})
FIXED_OF_AVC = 5
# How much shorter the head of a description of layers is than that of HEVC.
NOT_IN_LAYERS = 17
SEQUENCE_HEADER = 1
START_CODE, USER_DATA = b"\0\0\1", 0xB2
# Configurations of sound with more in them than any known one are cut here.
MOST_OF_SOUND = 64
PLAIN_AAC, MOST_OF_AAC = frozenset({1, 2, 3, 4, 5, 29}), 10


def clean_avc(body: memoryview) -> bytes:
    """An avcC with its parameter sets and nothing behind them. Raises ContainerBroken."""
    cursor = Cursor(body, FIXED_OF_AVC)
    if part(body, 0, FIXED_OF_AVC)[0] != 1:
        raise ContainerBroken("the film has an unknown description of its pictures")
    out = bytes(body[:FIXED_OF_AVC])
    out += _sets(cursor, SEQUENCES, 0x1F) + _sets(cursor, PICTURES, 0xFF)
    if body[1] in OLD_PROFILES or len(body) < cursor.at + 4:
        return out
    depths = bytes(mask | cursor.take(1) & ~mask & 0xFF for mask in (0xFC, 0xF8, 0xF8))
    return out + depths + _sets(cursor, EXTENSIONS, 0xFF)


def _sets(cursor: Cursor, types: frozenset[int], mask: int) -> bytes:
    kept: list[bytes] = []
    for _ in range(cursor.take(1) & mask):
        size = cursor.take(2)
        unit = part(cursor.data, cursor.at, size)
        cursor.at += size
        if size and unit[0] & 0x1F in types:
            kept.append(struct.pack(">H", size) + bytes(unit))
    return bytes((len(kept) | ~mask & 0xFF,)) + b"".join(kept)


def clean_hevc(body: memoryview) -> bytes:
    """A hvcC with parameter sets alone. Raises ContainerBroken."""
    return nal.clean_configuration(body)


def clean_layers(body: memoryview) -> bytes:
    """A lhvC with parameter sets alone; it is a hvcC with a shorter head."""
    whole = memoryview(bytes(NOT_IN_LAYERS) + bytes(body))
    return nal.clean_configuration(whole)[NOT_IN_LAYERS:]


def clean_av1(body: memoryview) -> bytes:
    """An av1C with the head of the sequence, and what a display needs. Raises ContainerBroken."""
    units = obu.units(part(body, 4, len(body) - 4))
    kept = (
        bytes(unit.raw)
        for unit in units
        if unit.type in (SEQUENCE_HEADER, obu.METADATA) and obu.is_needed(unit)
    )
    return bytes(body[:4]) + b"".join(kept)


def clean_dolby(body: memoryview) -> bytes:
    """Profile, level and what the layers are; the reserved bytes are zero."""
    return bytes(part(body, 0, 4)) + bytes((part(body, 4, 1)[0] & 0xFC,)) + bytes(19)


def clean_starts(data: memoryview) -> bytes:
    """Heads of MPEG pictures without their user data, where encoders write who they are."""
    pieces = bytes(data).split(START_CODE)
    return b"".join(START_CODE + one for one in pieces[1:] if one and one[0] != USER_DATA)


def clean_aac(data: memoryview) -> bytes:
    """A configuration of sound, cut where no usual one goes on."""
    if len(data) < 2:
        return bytes(data)
    is_plain = data[0] >> 3 in PLAIN_AAC and data[1] >> 3 & 15
    return bytes(data[: MOST_OF_AAC if is_plain else MOST_OF_SOUND])


def clean_opus(body: memoryview) -> bytes:
    """A dOps, up to the table of channels that it needs."""
    fixed = part(body, 0, 11)
    return bytes(part(body, 0, 13 + body[1]) if fixed[10] else fixed)


def clean_flac(body: memoryview) -> bytes:
    """A dfLa with the one block that decoders need. Raises ContainerBroken."""
    if part(body, 4, 1)[0] & 0x7F:
        raise ContainerBroken("the film has a damaged head of sound")
    return bytes(4) + b"\x80\0\0\x22" + bytes(part(body, 8, 34))


def clean_streams(body: memoryview) -> bytes:
    """An esds built anew: kind, rates, and the decoder's own head. Raises ContainerBroken."""
    stream = _of(part(body, 4, len(body) - 4), 3)
    flags = part(stream, 2, 1)[0]
    at = 3 + (2 if flags & 0x80 else 0)
    at += 1 + part(stream, at, 1)[0] if flags & 0x40 else 0
    at += 2 if flags & 0x20 else 0
    config = _of(part(stream, at, len(stream) - at), 4)
    fixed = bytes(part(config, 0, 13))
    inner = dict(_descriptors(config[13:]))
    own = _descriptor(5, _own(fixed[0], inner[5])) if 5 in inner else b""
    parts = _descriptor(4, fixed + own) + _descriptor(6, b"\2")
    return bytes(4) + _descriptor(3, bytes(3) + parts)


def _own(kind: int, data: memoryview) -> bytes:
    if kind == 0x20 or 0x60 <= kind <= 0x65 or kind == 0x6A:
        return clean_starts(data)
    return clean_aac(data)


def _of(data: memoryview, wanted: int) -> memoryview:
    found = next((body for tag, body in _descriptors(data) if tag == wanted), None)
    if found is None:
        raise ContainerBroken("the film has sound or pictures without a description")
    return found


def _descriptors(data: memoryview) -> Iterator[tuple[int, memoryview]]:
    cursor = Cursor(data)
    while cursor.at + 2 <= len(data):
        tag, size = cursor.take(1), 0
        for _ in range(4):
            byte = cursor.take(1)
            size = size << 7 | byte & 0x7F
            if not byte & 0x80:
                break
        yield tag, part(data, cursor.at, size)
        cursor.at += size


def _descriptor(tag: int, body: bytes) -> bytes:
    size = len(body)
    return (
        bytes((tag, 0x80 | size >> 21 & 127, 0x80 | size >> 14 & 127))
        + bytes((0x80 | size >> 7 & 127, size & 127))
        + body
    )
