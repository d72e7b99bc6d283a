"""WebM and Matroska rewritten: what decoders need of each part, and the blocks of media as they
were. Index and cues are built anew, so that every position is right.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from datetime import UTC, datetime

from safelight.codecs.blocks import Carried
from safelight.codecs.ebml import Element, element, elements, head, unsigned
from safelight.codecs.webm import (
    CLUSTER,
    CUES,
    DATE,
    DOC_TYPE,
    EPOCH,
    HEAD,
    INFO,
    MARK,
    MUXER,
    NAMES,
    SEEK,
    SEGMENT,
    SIMPLE_TAG,
    TAG,
    TAG_NAME,
    TAG_STRING,
    TAGS,
    TRACKS,
    WRITER,
    Film,
)
from safelight.codecs.webm_codecs import track_of
from safelight.codecs.webm_tracks import clean_tracks
from safelight.codecs.xmp import DC, read_xmp
from safelight.errors import ContainerBroken

Pieces = list[bytes | memoryview]
SCALE, DURATION = 0x2AD7B1, 0x4489
TIMESTAMP, SIMPLE, GROUP, BLOCK, ADDITIONS = 0xE7, 0xA3, 0xA0, 0xA1, 0x75A1
POINT, CUE_TIME, CUE_PLACE, CUE_TRACK, CUE_CLUSTER = 0xBB, 0xB3, 0xB7, 0xF7, 0xF1
SEEK_ENTRY, SEEK_ID, SEEK_POSITION = 0x4DBB, 0x53AB, 0x53AC
MORE, ADD_ID, ADDITIONAL, ALPHA = 0xA6, 0xEE, 0xA5, 1
MOST_OF_A_NUMBER = 8
# Numbers of a group, and how many of each: length, priority, references, silence to leave out.
NUMBERS_OF_GROUP = {0x9B: 1, 0xFA: 1, 0xFB: 16, 0x75A2: 1}
TAG_NAMES = {ours: theirs for theirs, ours in reversed(NAMES.items())}


def rewritten(walked: Film, carried: Carried) -> Pieces:
    """The pieces of the clean film. Raises ContainerBroken for one without media."""
    tracks = walked.first(TRACKS)
    if tracks is None or not walked.tracks:
        raise ContainerBroken("the film has no track of pictures or sound")
    parts = [
        (INFO, _info(walked.first(INFO), carried)),
        (TRACKS, element(TRACKS, *clean_tracks(tracks.body, walked))),
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
            clean: memoryview | bytes | None = _group(one, walked)
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


def _group(group: Element, walked: Film) -> bytes | None:
    """One block of a track that is kept, with the numbers and the alpha channel it has."""
    kept: dict[int, list[bytes]] = {}
    inner = list(elements(group.body))
    block = next((one for one in inner if one.id == BLOCK), None)
    number = track_of(block.body) if block is not None else -1
    if number not in walked.tracks:
        return None
    for one in inner:
        is_number = one.id in NUMBERS_OF_GROUP and len(one.body) <= MOST_OF_A_NUMBER
        if is_number and len(kept.get(one.id, ())) < NUMBERS_OF_GROUP[one.id]:
            kept.setdefault(one.id, []).append(element(one.id, one.body))
        elif one is block:
            kept[BLOCK] = [element(BLOCK, one.body)]
        elif one.id == ADDITIONS and number in walked.see_through:
            kept.setdefault(ADDITIONS, list(_alpha(one)))
    return element(GROUP, *(raw for raws in kept.values() for raw in raws))


def _alpha(additions: Element) -> Iterator[bytes]:
    """The one addition that is pictures: the coded alpha channel of the block."""
    for more in elements(additions.body):
        found = {one.id: one for one in elements(more.body)} if more.id == MORE else {}
        if ADDITIONAL in found and (ADD_ID not in found or found[ADD_ID].number == ALPHA):
            inner = unsigned(ADD_ID, ALPHA) + element(ADDITIONAL, found[ADDITIONAL].body)
            yield element(ADDITIONS, element(MORE, inner))
            return


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
