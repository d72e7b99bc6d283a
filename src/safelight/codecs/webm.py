"""WebM and Matroska: the film taken apart by its elements, and what it says about itself."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from safelight.codecs.blocks import Block
from safelight.codecs.ebml import Element, elements
from safelight.codecs.xmp import build_xmp, origin_mark
from safelight.errors import ContainerBroken, FormatUnknown
from safelight.image import Header

HEAD, SEGMENT, DOC_TYPE = 0x1A45DFA3, 0x18538067, 0x4282
SEEK, INFO, TRACKS, CUES, CLUSTER = 0x114D9B74, 0x1549A966, 0x1654AE6B, 0x1C53BB6B, 0x1F43B675
CHAPTERS, TAGS, ATTACHMENTS, VOID, CRC = 0x1043A770, 0x1254C367, 0x1941A469, 0xEC, 0xBF
TOP = frozenset({SEEK, INFO, TRACKS, CUES, CLUSTER, CHAPTERS, TAGS, ATTACHMENTS})
TRACK, NUMBER, TYPE, NAME, CODING, VIDEO = 0xAE, 0xD7, 0x83, 0x536E, 0x86, 0xE0
WIDTH, HEIGHT, CODING_NAME, CODING_PRIVATE = 0xB0, 0xBA, 0x258688, 0x63A2
ALPHA_MODE = 0x53C0
TITLE, MUXER, WRITER, DATE = 0x7BA9, 0x4D80, 0x5741, 0x4461
TAG, SIMPLE_TAG, TAG_NAME, TAG_STRING, TAG_BINARY = 0x7373, 0x67C8, 0x45A3, 0x4487, 0x4485
FILE, FILE_NAME, FILE_DATA = 0x61A7, 0x466E, 0x465C
# Pictures, sound, both, subtitles; others hold data about them.
MEDIA_TYPES = frozenset({1, 2, 3, 0x11})
EPOCH = datetime(2001, 1, 1, tzinfo=UTC)
MARK = "DIGITAL_SOURCE_TYPE"
NAMES = {
    "LOCATION": "Location",
    "RECORDING_LOCATION": "Location",
    "COM.APPLE.QUICKTIME.LOCATION.ISO6709": "Location",
    "MAKE": "Make",
    "MODEL": "Model",
    "COM.APPLE.QUICKTIME.MAKE": "Make",
    "COM.APPLE.QUICKTIME.MODEL": "Model",
    "ENCODER": "Encoder",
    "TITLE": "Title",
    "ARTIST": "Artist",
    "AUTHOR": "Author",
    "COMMENT": "Comment",
    "DESCRIPTION": "Description",
    "COPYRIGHT": "Copyright",
    "DATE": "CreationDate",
    "DATE_RECORDED": "CreationDate",
    "CREATION_TIME": "CreationDate",
}
INFO_NAMES = {TITLE: "Title", MUXER: "Encoder", WRITER: "Software", 0x7384: "FileName"}
MAX_TAGS = 2_000


@dataclass(frozen=True, slots=True)
class Film:
    """The whole file: its kind, the elements of its segment in order, and what follows it; the
    coding of each track of media, and which of them have blocks for their alpha channel.
    """

    kind: bytes
    found: list[Element]
    rest: memoryview
    start: int = 0
    tracks: dict[int, bytes] = field(default_factory=dict)
    see_through: set[int] = field(default_factory=set)

    def first(self, id: int) -> Element | None:
        return next((element for element in self.found if element.id == id), None)


def walk(data: memoryview) -> Film:
    """The film in its parts.

    Raises ContainerBroken when it cannot be walked to its end, FormatUnknown for other EBML.
    """
    head, at = _part_of_file(data, 0, HEAD)
    kind = next((bytes(one.body) for one in elements(head.body) if one.id == DOC_TYPE), b"")
    if kind.rstrip(b"\0") not in (b"webm", b"matroska"):
        raise FormatUnknown("this is EBML, and no Matroska")
    segment, end = _part_of_file(data, at, SEGMENT)
    found = list(_top(segment.body))
    film = Film(kind.rstrip(b"\0"), found, data[end:])
    tracks = film.first(TRACKS)
    for entry in elements(tracks.body) if tracks is not None else ():
        if entry.id == TRACK:
            numbers = {one.id: one for one in elements(entry.body)}
            if NUMBER in numbers and TYPE in numbers and numbers[TYPE].number in MEDIA_TYPES:
                coding = bytes(numbers[CODING].body) if CODING in numbers else b""
                number = numbers[NUMBER].number
                film.tracks[number] = coding
                if VIDEO in numbers and _has_alpha(numbers[VIDEO]):
                    film.see_through.add(number)
    return film


def _has_alpha(video: Element) -> bool:
    return any(one.id == ALPHA_MODE and one.number == 1 for one in elements(video.body))


def _part_of_file(data: memoryview, at: int, id: int) -> tuple[Element, int]:
    for found in elements(data[at:]):
        if found.id == id:
            return found, at + found.end
        if found.id != VOID:
            break
    raise ContainerBroken("the film does not start like one")


def _top(body: memoryview) -> Iterator[Element]:
    """The elements of a segment; a cluster of unknown length ends where another part begins."""
    at = 0
    while at < len(body):
        found = next(elements(body[at:]))
        end = found.end
        if found.is_open:
            if found.id != CLUSTER:
                raise ContainerBroken("the film has a part of unknown length")
            inside = list(elements(found.body, ends_at=TOP))
            size = inside[-1].end if inside else 0
            start = len(body[at:]) - len(found.body)
            end = start + size
            found = Element(found.id, found.start, found.body[:size], end)
        yield Element(found.id, at, found.body, at + end)
        at += end


def header(data: memoryview) -> Header:
    """The size of the largest track of pictures; 0 for sound alone."""
    width = height = 0
    tracks = walk(data).first(TRACKS)
    for entry in elements(tracks.body) if tracks is not None else ():
        # A checksum may come first: 4 bytes, which are no elements.
        inside = elements(entry.body) if entry.id == TRACK else ()
        for video in (one for one in inside if one.id == VIDEO):
            sides = {
                one.id: one.number for one in elements(video.body) if one.id in (WIDTH, HEIGHT)
            }
            width = max(width, min(sides.get(WIDTH, 0), 1 << 20))
            height = max(height, min(sides.get(HEIGHT, 0), 1 << 20))
    return Header("webm", width, height)


def blocks(data: memoryview, walked: Film | None = None) -> Iterator[Block]:
    """Title, programs, dates, tags, attachments, chapters, names of tracks, unknown elements."""
    film = walked or walk(data)
    for found in film.found:
        if found.id == INFO:
            yield from _info(found.body)
        elif found.id == TRACKS:
            yield from _names(found.body, film)
        elif found.id == TAGS:
            yield from _tags(found.body)
        elif found.id == ATTACHMENTS:
            yield from _attachments(found.body)
        elif found.id == CHAPTERS:
            yield Block("private", "chapters", found.body)
        elif found.id in (VOID, CRC):
            if found.id == VOID and bytes(found.body).strip(b"\0"):
                yield Block("private", "void", found.body)
        elif found.id not in TOP:
            yield Block("private", f"element {found.id:X}", found.body)
    if len(film.rest):
        yield Block("trailer", "Trailer", film.rest)


def _info(body: memoryview) -> Iterator[Block]:
    for found in elements(body):
        if found.id in INFO_NAMES and bytes(found.body) not in (b"", b"-"):
            yield Block("text", INFO_NAMES[found.id], found.body)
        elif found.id == DATE and len(found.body) == 8:
            date = EPOCH + timedelta(microseconds=struct.unpack(">q", found.body)[0] // 1000)
            stamp = struct.pack(">HBBBBB", date.year, *date.timetuple()[1:6])
            yield Block("time", "DateUTC", memoryview(stamp))


def _names(body: memoryview, film: Film) -> Iterator[Block]:
    for entry in elements(body):
        found = {one.id: one for one in elements(entry.body)} if entry.id == TRACK else {}
        for id, name in ((NAME, "HandlerName"), (CODING_NAME, "Compressor")):
            if id in found:
                yield Block("text", name, found[id].body)
        if found and (NUMBER not in found or found[NUMBER].number not in film.tracks):
            coding = bytes(found[CODING].body) if CODING in found else b"?"
            yield Block("private", f"track {coding.decode('latin-1')}", entry.body)


def _tags(body: memoryview) -> Iterator[Block]:
    left = MAX_TAGS
    for tag in elements(body):
        for simple in elements(tag.body) if tag.id == TAG else ():
            if simple.id == SIMPLE_TAG and left:
                left -= 1
                yield from _tag(simple.body)


def _tag(body: memoryview) -> Iterator[Block]:
    found = {one.id: one.body for one in elements(body)}
    name = bytes(found.get(TAG_NAME, b"tag")).decode("utf-8", "replace").rstrip("\0")
    value = found.get(TAG_STRING, found.get(TAG_BINARY, body[:0]))
    if name.upper() == MARK:
        packet = build_xmp([origin_mark(bytes(value).decode("utf-8", "replace"))])
        yield Block("xmp", "mark", memoryview(packet or b""))
    else:
        yield Block("text", NAMES.get(name.upper(), name[:60]), value)
    for inner in elements(body):
        if inner.id == SIMPLE_TAG:
            yield Block("private", f"tags below {name[:60]}", inner.body)


def _attachments(body: memoryview) -> Iterator[Block]:
    for file in elements(body):
        found = {one.id: one.body for one in elements(file.body)} if file.id == FILE else {}
        if found:
            name = bytes(found.get(FILE_NAME, b"")).decode("utf-8", "replace")
            yield Block("private", f"attachment {name[:60]}", found.get(FILE_DATA, body[:0]))
