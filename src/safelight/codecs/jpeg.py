"""JPEG: the header, and the blocks of metadata."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

from safelight.codecs import jpeg_mpf, jpeg_pictures
from safelight.codecs.blocks import Block, Kind
from safelight.codecs.exif import orientation_of
from safelight.codecs.film import MOTION_PHOTO, film_blocks
from safelight.codecs.gain_map import ISO
from safelight.codecs.jpeg_quality import quality_of
from safelight.codecs.jpeg_segments import (
    APPS,
    COM,
    DQT,
    FRAMES,
    REFUSED_FRAMES,
    SOS,
    Segment,
    segments,
)
from safelight.codecs.place_names import APPLE_JFIF, KNOWN_APPS
from safelight.codecs.reading import starts
from safelight.errors import ContainerBroken, FormatUnknown
from safelight.image import Header

EXIF, MORE_XMP, ICC = b"Exif\0", b"http://ns.adobe.com/xmp/extension/\0", b"ICC_PROFILE\0"
APP_KINDS: tuple[tuple[int, bytes, Kind], ...] = (
    (0, b"JFXX\0", "thumbnail"),
    (1, EXIF, "exif"),
    (1, b"http://ns.adobe.com/xap/1.0/\0", "xmp"),
    (2, jpeg_mpf.MARK, "pictures"),
    (2, ISO, "numbers"),
    (11, b"JP", "c2pa"),
    (13, b"Photoshop 3.0\0", "photoshop"),
)
CONVERT_FIRST = "convert it with the program that made it"
Colour = Literal["grey", "rgb", "cmyk", "other"]


def header(data: memoryview) -> Header:
    """Size, bits, components, colour, EXIF orientation and quality; stops at the first scan."""
    frame: Segment | None = None
    tables: list[memoryview] = []
    orientation = 0
    for segment in segments(data, until_scan=True):
        if segment.marker in FRAMES | REFUSED_FRAMES:
            if frame is not None:
                raise ContainerBroken("the JPEG has two frame headers")
            frame = segment
        elif segment.marker == DQT:
            tables.append(segment.body)
        elif not orientation and is_exif(segment):
            orientation = orientation_of(segment.body[6:])
    if frame is None:
        raise ContainerBroken("the JPEG has no frame header before its pixels")
    return replace(_header_of(frame, orientation or 1), quality=quality_of(tables))


def is_exif(segment: Segment) -> bool:
    return segment.marker == 0xE1 and starts(segment.body, EXIF)


def _header_of(frame: Segment, orientation: int) -> Header:
    if frame.marker in REFUSED_FRAMES:
        raise FormatUnknown("lossless and hierarchical JPEG is not read", hint=CONVERT_FIRST)
    bits, height, width, bands = struct.unpack_from(">BHHB", frame.body)
    if len(frame.body) != 6 + 3 * bands or bands == 0:
        raise ContainerBroken("the JPEG's frame header has a wrong length")
    if bits != 8:
        raise FormatUnknown(f"JPEG with {bits} bits is not read", hint=CONVERT_FIRST)
    if height == 0:
        raise FormatUnknown("JPEG that tells its height late is not read", hint=CONVERT_FIRST)
    colours: dict[int, Colour] = {1: "grey", 3: "rgb", 4: "cmyk"}
    if bands not in colours:
        raise FormatUnknown(f"JPEG with {bands} components is not read", hint=CONVERT_FIRST)
    return Header("jpeg", width, height, orientation, bits=bits, bands=bands, colour=colours[bands])


def walk(data: memoryview) -> list[Segment]:
    """The whole container in its pieces.

    Raises ContainerBroken when it cannot be walked to its end.
    """
    return list(segments(data))


def blocks(data: memoryview, walked: list[Segment] | None = None) -> Iterator[Block]:
    """Everything in the file that is neither table nor pixel of the first picture."""
    known = walked or list(segments(data))
    yield from _own(data, known)
    for piece in jpeg_pictures.beside(data, known):
        if piece.name == MOTION_PHOTO:
            yield from film_blocks(piece.data)
            continue
        yield Block(piece.kind, piece.name, piece.data)
        for block in _own(piece.data, list(piece.walked)):
            yield replace(block, raw=None, is_inner=True)


def _own(data: memoryview, walked: list[Segment]) -> Iterator[Block]:
    """The blocks of one picture, up to its end."""
    more_xmp: list[memoryview] = []
    profile: list[memoryview] = []
    is_late = False
    for segment in walked:
        if segment.stray:
            yield Block("private", "bytes between segments", segment.stray)
        if segment.marker == COM:
            yield Block("comment", "Comment", segment.body, _framed(data, segment))
        elif segment.marker in APPS:
            body = segment.body
            if segment.marker == 0xE1 and starts(body, MORE_XMP):
                more_xmp.append(body[len(MORE_XMP) :])
            elif segment.marker == 0xE2 and starts(body, ICC):
                profile.append(body[len(ICC) :])
            elif not (jpeg_mpf.is_index(segment) and jpeg_mpf.is_minimal(segment)):
                for block in _app(segment.marker - 0xE0, body, _framed(data, segment)):
                    yield replace(block, is_aside=is_late)
        is_late = is_late or segment.marker == SOS
    if profile:
        yield Block("icc", "ICC_Profile", memoryview(_profile(profile)))
    for packet in _more_xmp(more_xmp):
        yield Block("xmp", "extended XMP", memoryview(packet))


def _framed(data: memoryview, segment: Segment) -> memoryview:
    return data[segment.start : segment.start + 4 + len(segment.body)]


def _app(number: int, body: memoryview, raw: memoryview) -> Iterator[Block]:
    name = f"APP{number}"
    for marker, mark, kind in APP_KINDS:
        if number == marker and starts(body, mark):
            skip = 6 if kind == "exif" else len(mark)
            yield Block(kind, name, body[skip:], raw)
            return
    if number == 0 and starts(body, b"JFIF\0"):
        yield from _of_jfif(body)
    elif number != 14 or not starts(body, b"Adobe"):
        yield Block("private", _called(number, body), body, raw)
    elif len(body) > 12:
        yield Block("private", "APP14 tail", body[12:])


def _of_jfif(body: memoryview) -> Iterator[Block]:
    """The small picture that its sides announce, and what stands behind it."""
    end = 14 + 3 * body[12] * body[13] if len(body) > 14 else len(body)
    if len(body[14:end]):
        yield Block("thumbnail", "JFIF thumbnail", body[14:end])
    if rest := body[end:]:
        yield Block(
            "private", APPLE_JFIF if starts(rest, b"AMPF") and len(rest) == 4 else "JFIF tail", rest
        )


def _called(number: int, body: memoryview) -> str:
    """The segment by whose it is, where that is known: a name of ours, never words of the file."""
    for marker, mark, name in KNOWN_APPS:
        if number == marker and starts(body, mark):
            return name
    return f"APP{number}"


def _profile(parts: list[memoryview]) -> bytes:
    """The chunks joined in the order of their numbers; empty when one is missing or double."""
    numbered = {bytes(chunk[:1]): chunk[2:] for chunk in parts if len(chunk) > 2}
    totals = {bytes(chunk[1:2]) for chunk in parts}
    wanted = [bytes([number]) for number in range(1, len(parts) + 1)]
    if sorted(numbered) != wanted or totals != {wanted[-1]}:
        return b""
    return b"".join(numbered[number] for number in wanted)


def _more_xmp(parts: list[memoryview]) -> Iterator[bytes]:
    """Extended XMP, joined for each identifier in the order of the offsets that the parts state."""
    packets: dict[bytes, list[tuple[int, memoryview]]] = {}
    for chunk in parts:
        if len(chunk) >= 40:
            offset = struct.unpack_from(">I", chunk, 36)[0]
            packets.setdefault(bytes(chunk[:32]), []).append((offset, chunk[40:]))
    for chunks in packets.values():
        yield b"".join(chunk for _, chunk in sorted(chunks, key=lambda item: item[0]))
