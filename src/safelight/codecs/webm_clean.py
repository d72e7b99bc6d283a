"""WebM and Matroska rewritten: what decoders need of each part, and the blocks of media as they
were. Index and cues are built anew, so that every position is right.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from datetime import UTC, datetime

from safelight.codecs.blocks import Carried
from safelight.codecs.ebml import Element, element, elements, head, unsigned
from safelight.codecs.webm import (
    CLUSTER,
    CODING,
    CODING_PRIVATE,
    CUES,
    DATE,
    DOC_TYPE,
    EPOCH,
    HEAD,
    INFO,
    MARK,
    MUXER,
    NAMES,
    NUMBER,
    SEEK,
    SEGMENT,
    SIMPLE_TAG,
    TAG,
    TAG_NAME,
    TAG_STRING,
    TAGS,
    TRACK,
    TRACKS,
    WRITER,
    Film,
)
from safelight.codecs.webm_codecs import clean_private, track_of
from safelight.codecs.xmp import DC, read_xmp
from safelight.errors import ContainerBroken, FormatUnknown

Pieces = list[bytes | memoryview]
SCALE, DURATION, TRACK_ID, ENCODINGS, ENCRYPTION = 0x2AD7B1, 0x4489, 0x73C5, 0x6D80, 0x5035
TIMESTAMP, SIMPLE, GROUP, BLOCK, ADDITIONS = 0xE7, 0xA3, 0xA0, 0xA1, 0x75A1
POINT, CUE_TIME, CUE_PLACE, CUE_TRACK, CUE_CLUSTER = 0xBB, 0xB3, 0xB7, 0xF7, 0xF1
SEEK_ENTRY, SEEK_ID, SEEK_POSITION = 0x4DBB, 0x53AB, 0x53AC
MOST_OF_A_NUMBER = 8
# Numbers of a track, and of the elements within it that hold more of them.
NUMBERS = frozenset(
    {
        *(NUMBER, 0x83, 0xB9, 0x88, 0x55AA, 0x55AB, 0x55AC, 0x55AD, 0x55AE, 0x55AF, 0x9C),
        *(0x6DE7, 0x6DF8, 0x23E383, 0x234E7A, 0x23314F, 0x55EE, 0x56AA, 0x56BB, 0xAA),
    }
)
WITHIN: dict[int, frozenset[int]] = {
    0xE0: frozenset(
        {
            *(0x9A, 0x9D, 0x53B8, 0x53B9, 0x53C0, 0xB0, 0xBA, 0x54AA, 0x54BB, 0x54CC, 0x54DD),
            *(0x54B0, 0x54BA, 0x54B2, 0x54B3, 0x2EB524, 0x2383E3),
        }
    ),
    0xE1: frozenset({0xB5, 0x78B5, 0x9F, 0x6264, 0x52F1}),
    0x55B0: frozenset(range(0x55B1, 0x55BE)),
    0x55D0: frozenset(range(0x55D1, 0x55DB)),
    0x7670: frozenset({0x7671, 0x7673, 0x7674, 0x7675}),
    0x41E4: frozenset({0x41F0, 0x41E7}),
    ENCODINGS: frozenset(),
    0x6240: frozenset({0x5031, 0x5032, 0x5033}),
    0x5034: frozenset({0x4254}),
}
INNER = {0xE0: {0x55B0, 0x7670}, 0x55B0: {0x55D0}, ENCODINGS: {0x6240}, 0x6240: {0x5034}}
# Bytes that are no number: the head that was cut off every block, a shape of projection.
RAW_BYTES = {0x5034: 0x4255, 0x7670: 0x7672, 0x41E4: 0x41ED}
IN_GROUP = frozenset({BLOCK, 0x9B, 0xFA, 0xFB, 0xA4, 0x75A2, ADDITIONS})
LANGUAGES = frozenset({0x22B59C, 0x22B59D})
_LANGUAGE = re.compile(rb"[a-z]{2,3}(?:-[A-Z][a-z]{3})?(?:-(?:[A-Z]{2}|[0-9]{3}))?\0*")
_CODING = re.compile(rb"[AVSBD]_[A-Z0-9]+(?:[/_][A-Z0-9.]+)*\0*")
TAG_NAMES = {ours: theirs for theirs, ours in reversed(NAMES.items())}


def rewritten(walked: Film, carried: Carried) -> Pieces:
    """The pieces of the clean film. Raises ContainerBroken for one without media."""
    tracks = walked.first(TRACKS)
    if tracks is None or not walked.tracks:
        raise ContainerBroken("the film has no track of pictures or sound")
    parts = [
        (INFO, _info(walked.first(INFO), carried)),
        (TRACKS, element(TRACKS, *_tracks(tracks.body, walked))),
        (TAGS, _tags(carried)),
    ]
    clusters = [(one.start, _cluster(one, walked)) for one in walked.found if one.id == CLUSTER]
    places = dict.fromkeys((start for start, _ in clusters), 0)
    cues = walked.first(CUES)
    seek_size = len(_seek(parts, _cues(cues, walked, places), 0))
    at = seek_size + sum(len(raw) for _, raw in parts) + len(_cues(cues, walked, places))
    for start, pieces in clusters:
        places[start] = at
        at += sum(len(piece) for piece in pieces)
    index = _cues(cues, walked, places)
    ready = b"".join([_seek(parts, index, seek_size), *(raw for _, raw in parts), index])
    out: Pieces = [_head(walked.kind), head(SEGMENT, at), ready]
    for _, pieces in clusters:
        out += pieces
    return out


def _head(kind: bytes) -> bytes:
    values = ((0x4286, 1), (0x42F7, 1), (0x42F2, 4), (0x42F3, 8))
    first = b"".join(unsigned(id, value) for id, value in values)
    last = unsigned(0x4287, 4) + unsigned(0x4285, 2)
    return element(HEAD, first, element(DOC_TYPE, kind), last)


def _info(found: Element | None, carried: Carried) -> bytes:
    """Scale and duration; the names of programs are asked for by the format, so they are a dash."""
    kept: dict[int, bytes] = {}
    for one in elements(found.body) if found is not None else ():
        if one.id in (SCALE, DURATION) and len(one.body) <= MOST_OF_A_NUMBER:
            kept.setdefault(one.id, element(one.id, one.body))
    date = b""
    if carried.time is not None:
        date = _date(carried.time)
    return element(INFO, *kept.values(), date, element(MUXER, b"-"), element(WRITER, b"-"))


def _date(stamp: bytes) -> bytes:
    year, month, day, hour, minute, second = struct.unpack(">HBBBBB", stamp)
    try:
        moment = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
    except ValueError:
        return b""
    return element(DATE, struct.pack(">q", int((moment - EPOCH).total_seconds()) * 10**9))


def _tracks(body: memoryview, walked: Film) -> Iterator[bytes]:
    """Each track of media; its number stands in for the identity that it had."""
    for entry in elements(body):
        found = {one.id: one for one in elements(entry.body)} if entry.id == TRACK else {}
        number = found[NUMBER].number if NUMBER in found else -1
        if number in walked.tracks:
            identity = unsigned(TRACK_ID, max(1, number))
            yield element(TRACK, identity, *_track(entry.body, walked.tracks[number]))


def _track(body: memoryview, coding: bytes) -> Iterator[bytes]:
    for one in elements(body):
        if one.id in NUMBERS and len(one.body) <= MOST_OF_A_NUMBER:
            yield element(one.id, one.body)
        elif one.id in WITHIN:
            yield element(one.id, *_inner(one))
        elif one.id in LANGUAGES and _LANGUAGE.fullmatch(one.body):
            yield element(one.id, one.body)
        elif one.id == CODING and _CODING.fullmatch(one.body):
            yield element(CODING, one.body)
        elif one.id == CODING_PRIVATE and len(one.body):
            yield element(CODING_PRIVATE, clean_private(coding, one.body))


def _inner(parent: Element) -> Iterator[bytes]:
    """The known elements within one; the depth is that of the table. Raises FormatUnknown."""
    for one in elements(parent.body):
        if one.id == ENCRYPTION:
            raise FormatUnknown("a film that is protected against copies is not rewritten")
        if one.id in INNER.get(parent.id, ()):
            yield element(one.id, *_inner(one))
        elif _is_plain(one, parent.id):
            yield element(one.id, one.body)


def _is_plain(one: Element, parent: int) -> bool:
    if RAW_BYTES.get(parent) == one.id:
        return True
    return one.id in WITHIN[parent] and len(one.body) <= MOST_OF_A_NUMBER


def _tags(carried: Carried) -> bytes:
    """A notice, the mark, and words that were asked for."""
    found: dict[str, str] = {}
    for item in read_xmp(carried.xmp) if carried.xmp is not None else ():
        if (item.namespace, item.name) == (DC, "rights"):
            found["COPYRIGHT"] = item.words()
        elif item.name == "DigitalSourceType":
            found[MARK] = item.value
    for name, text in carried.texts:
        found.setdefault(TAG_NAMES.get(name, name), text)
    if not found:
        return b""
    simple = (
        element(SIMPLE_TAG, element(TAG_NAME, name.encode()), element(TAG_STRING, text.encode()))
        for name, text in found.items()
    )
    return element(TAGS, element(TAG, element(0x63C0), *simple))


def _cluster(cluster: Element, walked: Film) -> Pieces:
    """Its time and its blocks; those that follow each other are one piece."""
    pieces: Pieces = []
    run: tuple[int, int] | None = None
    for one in elements(cluster.body):
        raw = cluster.body[one.start : one.end]
        if one.id == GROUP:
            clean: memoryview | bytes | None = _group(one, raw, walked)
        elif one.id == SIMPLE:
            clean = raw if track_of(one.body) in walked.tracks else None
        else:
            is_time = one.id == TIMESTAMP and len(one.body) <= MOST_OF_A_NUMBER
            clean = raw if is_time else None
        if clean is raw and run is not None and run[1] == one.start:
            run = (run[0], one.end)
            pieces[-1] = cluster.body[run[0] : run[1]]
        elif clean is not None:
            pieces.append(clean)
            run = (one.start, one.end) if clean is raw else None
    return [head(CLUSTER, sum(len(piece) for piece in pieces)), *pieces]


def _group(group: Element, raw: memoryview, walked: Film) -> memoryview | bytes | None:
    """A block with what belongs to it; as it is where nothing else does."""
    inner = list(elements(group.body))
    block = next((one for one in inner if one.id == BLOCK), None)
    if block is None or track_of(block.body) not in walked.tracks:
        return None
    if all(one.id in IN_GROUP for one in inner):
        return raw
    kept = (group.body[one.start : one.end] for one in inner if one.id in IN_GROUP)
    return element(GROUP, *kept)


def _cues(cues: Element | None, walked: Film, places: dict[int, int]) -> bytes:
    """Each point with where its cluster is now; one that points to none is left out."""
    points = []
    for point in elements(cues.body) if cues is not None else ():
        found = list(elements(point.body)) if point.id == POINT else []
        time = next((one.number for one in found if one.id == CUE_TIME), None)
        where = [raw for one in found if one.id == CUE_PLACE for raw in _place(one, walked, places)]
        if time is not None and where:
            points.append(element(POINT, unsigned(CUE_TIME, time), *where))
    return element(CUES, *points) if points else b""


def _place(place: Element, walked: Film, places: dict[int, int]) -> Iterator[bytes]:
    found = {
        one.id: one.number for one in elements(place.body) if one.id in (CUE_TRACK, CUE_CLUSTER)
    }
    track, cluster = found.get(CUE_TRACK, -1), found.get(CUE_CLUSTER, -1)
    if track in walked.tracks and cluster in places:
        where = unsigned(CUE_CLUSTER, places[cluster], MOST_OF_A_NUMBER)
        yield element(CUE_PLACE, unsigned(CUE_TRACK, track), where)


def _seek(parts: list[tuple[int, bytes]], cues: bytes, size: int) -> bytes:
    """Where each part lies, from the start of the segment."""
    entries, at = [], size
    for id, raw in [*parts, (CUES, cues)]:
        if raw:
            name = element(SEEK_ID, id.to_bytes(4, "big"))
            place = unsigned(SEEK_POSITION, at, MOST_OF_A_NUMBER)
            entries.append(element(SEEK_ENTRY, name, place))
        at += len(raw)
    return element(SEEK, *entries)
