"""The blocks of a sequence: its dates, names, sound, further tracks, and their metadata."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from safelight.codecs.blocks import Block
from safelight.codecs.heif import File, read_meta, whole
from safelight.codecs.heif_movie import Track, chunks, shown, tracks
from safelight.codecs.isobmff import Box, Cursor, boxes
from safelight.codecs.reading import decoded, part

SOUND = b"soun"
USUAL = frozenset(
    {
        *(b"tkhd", b"mdhd", b"hdlr", b"elst", b"tref", b"vmhd", b"smhd", b"nmhd", b"dinf", b"meta"),
        *(b"stsd", b"stts", b"stsc", b"stsz", b"stz2", b"stco", b"co64", b"stss", b"ctts"),
    }
)
EPOCH = datetime(1904, 1, 1, tzinfo=UTC)
MOST_BYTES = 64_000_000


def movie_blocks(file: File) -> tuple[list[Block], list[File]]:
    """The blocks, and the metadata boxes of the tracks to be read like that of the file."""
    outer = file.first(b"moov")
    if outer is None:
        return [], []
    found = [block for box in boxes(outer.body) for block in _of_movie(box)]
    every = tracks(outer)
    kept = shown(every)
    nested = []
    for track in every:
        found += _of_track(track)
        if not any(track is other for other in kept):
            found.append(_further(file, track))
        meta = track.boxes.get(b"meta")
        if meta is not None:
            nested.append(File(file.data, [], read_meta(meta.body), file.data[:0]))
    return found, nested


def _of_movie(box: Box) -> Iterator[Block]:
    if box.type == b"mvhd":
        yield from _dates(box.body)
    elif box.type != b"trak":
        yield Block("private", decoded(box.type), box.body)


def _of_track(track: Track) -> Iterator[Block]:
    yield from _dates(track.body(b"tkhd"))
    yield from _dates(track.body(b"mdhd"))
    words = {"handler name": bytes(track.body(b"hdlr")[24:]).split(b"\0")[0]}
    if track.is_seen:
        words["compressor name"] = bytes(part(track.entry.body, 42, 32)).strip(b"\0")
    for name, raw in words.items():
        if raw:
            yield Block("comment", name, memoryview(raw))
    unusual = [box for kind, box in track.boxes.items() if kind not in USUAL]
    for box in [*track.unknown, *unusual]:
        yield Block("private", decoded(box.type), box.body)


def _dates(body: memoryview) -> Iterator[Block]:
    """When it was made and last changed, where a head says so."""
    cursor = Cursor(body, 4)
    wide = 8 if body[0] else 4
    for _ in range(2):
        seconds = cursor.take(wide)
        if seconds:
            yield replace(_time(seconds), is_inner=True)


def _time(seconds: int) -> Block:
    since = timedelta(seconds=min(seconds, 2**37))
    words = (EPOCH + since).strftime("%Y-%m-%d %H:%M:%S")
    return Block("text", "Creation Time", memoryview(words.encode()))


def _further(file: File, track: Track) -> Block:
    """Sound, depth, or other pictures: all its samples, as a thing that goes."""
    places = [place for chunk in chunks(track) for place in chunk]
    body = whole([part(file.data, start, size) for start, size in places], MOST_BYTES)
    if track.handler == SOUND:
        return Block("sound", "sound track", memoryview(body))
    return Block("thumbnail", "further track", memoryview(body))
