"""MP4, MOV, 3GP: the film taken apart by its boxes, its size, and what it says about itself."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from safelight.codecs.blocks import Block
from safelight.codecs.isobmff import C2PA, Box, boxes, credential, top_boxes
from safelight.codecs.mp4_fragments import Fragment, read_fragment, usual_sizes
from safelight.codecs.mp4_tracks import Track, first_of, read_tracks, within
from safelight.codecs.mp4_words import (
    XMP_ID,
    tags,
    time_block,
    user_data,
    words,
)
from safelight.errors import ContainerBroken, FormatUnknown
from safelight.image import Header

MEDIA_BOXES = frozenset({b"ftyp", b"moov", b"moof", b"mdat", b"styp", b"sidx", b"mfra", b"wide"})
OF_FILM = frozenset({b"mvhd", b"trak", b"mvex", b"iods"})
EMPTY = frozenset({b"free", b"skip", b"wide"})
# Names that QuickTime and the usual libraries give to every track of a kind.
USUAL_NAMES = frozenset(
    {b"", b"VideoHandler", b"SoundHandler", b"SubtitleHandler", b"DataHandler", b"DataHandlr"}
)


@dataclass(frozen=True, slots=True)
class Film:
    """The whole file: its bytes, top boxes, the body of moov, tracks, fragments in order."""

    data: memoryview
    found: list[Box]
    rest: memoryview
    moov: memoryview
    tracks: list[Track]
    fragments: list[Fragment]


def walk(data: memoryview) -> Film:
    """The film and where its media lie.

    Raises ContainerBroken, and FormatUnknown for what cannot be moved: protected films, media in
    other files.
    """
    found, rest = top_boxes(data)
    moov = first_of(found, b"moov")
    if moov is None:
        raise ContainerBroken("the film has no index: it is truncated or one piece of many")
    if within(moov, b"cmov") is not None:
        raise FormatUnknown("a film with a packed index is not read")
    tracks = read_tracks(moov)
    usual = usual_sizes(moov)
    fragments = []
    at = 0
    for box in found:
        if box.type == b"moof":
            fragments.append(read_fragment(box, at, tracks, usual))
        at = box.end
    return Film(data, found, rest, moov, tracks, fragments)


def header(data: memoryview) -> Header:
    """The size of the largest track of pictures as it is shown; 0 for sound alone."""
    found, _ = top_boxes(data)
    moov = first_of(found, b"moov")
    if moov is None:
        raise ContainerBroken("the film has no index: it is truncated or one piece of many")
    width = height = 0
    for box in boxes(moov):
        head = within(box.body, b"tkhd") if box.type == b"trak" else None
        if head is not None and len(head) >= 8:
            across, down = (number >> 16 for number in struct.unpack(">II", head[-8:]))
            width, height = max(width, across), max(height, down)
    return Header("mp4", width, height)


def blocks(data: memoryview, walked: Film | None = None) -> Iterator[Block]:
    """Dates, user data, packets, tracks of data, names of handlers and encoders, unknown boxes."""
    found, rest = (walked.found, walked.rest) if walked else top_boxes(data)
    for box in found:
        if box.type == b"moov":
            yield from _of_film(box.body)
        elif box.type == b"uuid":
            yield from _unique(box.body)
        elif box.type in (b"meta", b"udta"):
            yield from tags(box.body) if box.type == b"meta" else user_data(box.body)
        elif box.type in EMPTY:
            if bytes(box.body).strip(b"\0"):
                yield Block("private", "free", box.body)
        elif box.type not in MEDIA_BOXES:
            yield Block("private", box.type.decode("latin-1"), box.body)
    if len(rest):
        yield Block("trailer", "Trailer", rest)


def _unique(body: memoryview) -> Iterator[Block]:
    name = bytes(body[:16])
    if name == XMP_ID:
        yield Block("xmp", "XMP", body[16:])
    elif name == C2PA:
        yield Block("c2pa", "C2PA", credential(body))
    else:
        yield Block("private", f"uuid {name.hex()}", body[16:])


def _of_film(moov: memoryview) -> Iterator[Block]:
    for box in boxes(moov):
        if box.type == b"mvhd":
            yield from time_block("mvhd", first_time(box.body))
        elif box.type == b"trak":
            yield from _of_track(box.body)
        elif box.type == b"udta":
            yield from user_data(box.body)
        elif box.type == b"meta":
            yield from tags(box.body)
        elif box.type == b"uuid":
            yield from _unique(box.body)
        elif box.type in EMPTY:
            if bytes(box.body).strip(b"\0"):
                yield Block("private", "free", box.body)
        elif box.type not in OF_FILM:
            yield Block("private", box.type.decode("latin-1"), box.body)


def first_time(body: memoryview) -> int:
    """When it was made, in seconds since 1904, as mvhd, tkhd and mdhd hold it."""
    return int(struct.unpack_from(">Q" if body[0] == 1 else ">I", body, 4)[0])


def _of_track(body: memoryview) -> Iterator[Block]:
    """Its user data, its names; a track of data is one block."""
    for box in boxes(body):
        if box.type == b"udta":
            yield from user_data(box.body)
        elif box.type == b"meta":
            yield from tags(box.body)
        elif box.type == b"uuid":
            yield from _unique(box.body)
    for track in read_tracks(_alone(body)):
        if not track.is_kept:
            kind = bytes(track.coding or track.handler).decode("latin-1")
            yield Block("private", f"track {kind}", memoryview(track.name))
        elif track.name[1:] not in USUAL_NAMES and track.name not in USUAL_NAMES:
            yield words("HandlerName", track.name)
        entry = within(body, b"mdia", b"minf", b"stbl", b"stsd")
        if track.handler == b"vide" and entry is not None:
            name = bytes(entry[8 + 50 : 8 + 82])
            if name[1 : 1 + name[0]].strip(b"\0") if name else b"":
                yield words("Compressor", name[1 : 1 + name[0]])


def _alone(body: memoryview) -> memoryview:
    return memoryview(struct.pack(">I4s", 8 + len(body), b"trak") + bytes(body))
