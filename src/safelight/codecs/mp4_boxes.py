"""The boxes of a film's index written anew: each cut to what its own counts say it holds."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from safelight.codecs import sample_tables
from safelight.codecs.isobmff import boxed, boxes, full_box
from safelight.codecs.mp4_entries import clean_entries
from safelight.codecs.mp4_heads import GENERAL, UPRIGHT, kind_head, media_head, track_head
from safelight.codecs.mp4_tracks import Track, all_within, chunk_places, chunk_steps, within
from safelight.codecs.reading import part
from safelight.errors import ContainerBroken

Moved = Callable[[int], int]
# Tables of samples, and how they are written.
TABLES: dict[bytes, Callable[[bytes, memoryview, int], bytes]] = {
    **dict.fromkeys((b"stts", b"ctts"), sample_tables.times),
    **dict.fromkeys((b"stss", b"stps"), sample_tables.numbered),
}
# Groups of samples, and how long the description of each is.
GROUPS = {b"roll": 2, b"prol": 2, b"rap ": 1, b"sync": 1, b"tsas": 0, b"stsa": 0, b"tscl": 20}
MEDIA_HEADS = frozenset({b"vmhd", b"smhd", b"nmhd", b"sthd"})


@dataclass(frozen=True, slots=True)
class How:
    """How tracks are written: when they were made, where chunks are now, which tracks there are,
    the index of the film, and whether colour profiles are standard ones or lose their names.
    """

    seconds: int
    moved: Moved
    kept: set[int]
    index: memoryview
    standard_colour: bool = False


def track_box(track: Track, how: How) -> bytes:
    """One trak with its media as before, and its chunks where how says."""
    out = []
    seconds = how.seconds
    for box in boxes(track.body):
        if box.type == b"tkhd":
            out.append(track_head(box.body, seconds))
        elif box.type == b"edts":
            out += _edits(track, box.body, how)
        elif box.type == b"tref":
            out += _references(box.body, how.kept)
        elif box.type == b"tapt":
            out.append(boxed(b"tapt", *_apertures(box.body)))
        elif box.type == b"mdia":
            out.append(boxed(b"mdia", *_media(track, box.body, how)))
    return boxed(b"trak", *out)


def _edits(track: Track, body: memoryview, how: How) -> list[bytes]:
    """What of the track is shown, and when."""
    found, media = within(body, b"elst"), within(track.body, b"mdia", b"mdhd")
    film, samples = within(how.index, b"mvhd"), within(track.body, b"mdia", b"minf", b"stbl")
    if found is None or media is None or film is None or samples is None:
        return []
    tables = all_within(samples, b"stts", b"ctts", b"stsz", b"stz2")
    is_open = within(how.index, b"mvex") is not None
    ticks = replace(sample_tables.clock((film, media), tables), is_open=is_open)
    rows = sample_tables.edits(found, ticks)
    return [boxed(b"edts", sample_tables.edit_list(rows, flags=0))] if rows else []


def _references(body: memoryview, kept: set[int]) -> Iterator[bytes]:
    """What points to tracks that are still there."""
    found = []
    for box in boxes(body):
        numbers = struct.unpack(f">{len(box.body) // 4}I", box.body[: len(box.body) // 4 * 4])
        still = [number for number in numbers if number in kept]
        if still and box.type.isalnum():
            found.append(boxed(box.type, struct.pack(f">{len(still)}I", *still)))
    return iter([boxed(b"tref", *found)] if found else [])


def _apertures(body: memoryview) -> Iterator[bytes]:
    for box in boxes(body):
        if box.type in (b"clef", b"prof", b"enof"):
            yield full_box(box.type, 0, 0, part(box.body, 4, 8))


def _media(track: Track, body: memoryview, how: How) -> Iterator[bytes]:
    for box in boxes(body):
        if box.type == b"mdhd":
            yield media_head(box.body, how.seconds)
        elif box.type == b"hdlr":
            yield handler_box(box.body)
        elif box.type == b"minf":
            yield boxed(b"minf", *_information(track, box.body, how))


def handler_box(body: memoryview) -> bytes:
    """What kind it is, without its maker and its name."""
    component = bytes(body[4:8]) if bytes(body[4:8]) in (b"mhlr", b"dhlr") else bytes(4)
    # Media lie in this file, whatever they were found through before.
    kind = b"url " if component == b"dhlr" else body[8:12]
    return boxed(b"hdlr", bytes(4), component, kind, bytes(13))


def _information(track: Track, body: memoryview, how: How) -> Iterator[bytes]:
    for box in boxes(body):
        if box.type in MEDIA_HEADS:
            yield kind_head(box.type, box.body)
        elif box.type == b"gmhd":
            yield boxed(b"gmhd", *_general(box.body))
        elif box.type == b"hdlr":
            yield handler_box(box.body)
        elif box.type == b"dinf":
            references = within(box.body, b"dref")
            count = struct.unpack_from(">I", references, 4)[0] if references is not None else 1
            own = boxed(b"url ", b"\0\0\0\1") * min(count, 64)
            yield boxed(b"dinf", boxed(b"dref", struct.pack(">II", 0, min(count, 64)), own))
        elif box.type == b"stbl":
            yield boxed(b"stbl", *_samples(track, box.body, how))


def _general(body: memoryview) -> Iterator[bytes]:
    for box in boxes(body):
        if box.type == b"gmin":
            yield GENERAL
        elif box.type == b"text":
            yield UPRIGHT


def _samples(track: Track, body: memoryview, how: How) -> Iterator[bytes]:
    counts = all_within(body, b"stsz", b"stz2")
    count = max((struct.unpack_from(">I", one, 8)[0] for one in counts.values()), default=0)
    for box in boxes(body):
        if box.type == b"stsd":
            entries = clean_entries(box.body, track.handler, standard=how.standard_colour)
            yield boxed(b"stsd", entries)
        elif box.type in (b"stco", b"co64"):
            places = [how.moved(place) for place in chunk_places({box.type: box.body})]
            yield boxed(b"stco", struct.pack(f">II{len(places)}I", 0, len(places), *places))
        elif box.type in TABLES:
            yield TABLES[box.type](box.type, box.body, count)
        elif box.type == b"stsc":
            yield sample_tables.chunk_runs(_steps(box.body, body))
        elif box.type == b"sbgp" and bytes(box.body[4:8]) in GROUPS:
            yield _groups(box.body, count)
        elif box.type == b"stsz":
            each, count = struct.unpack_from(">II", box.body, 4)
            yield full_box(b"stsz", 0, 0, part(box.body, 4, 8 + (0 if each else 4 * count)))
        elif box.type == b"stz2":
            bits, count = box.body[7], struct.unpack_from(">I", box.body, 8)[0]
            sizes = part(box.body, 8, 4 + (count * bits + 7) // 8)
            yield full_box(b"stz2", 0, 0, struct.pack(">I", bits), sizes)
        elif box.type == b"sdtp":
            yield full_box(b"sdtp", 0, 0, box.body[4 : 4 + count])
        elif box.type == b"cslg":
            wide = int(box.body[0] > 0)
            yield full_box(b"cslg", wide, 0, part(box.body, 4, 32 if wide else 16))
        elif box.type == b"sgpd" and bytes(box.body[4:8]) in GROUPS:
            yield from _group(box.body)


def _steps(table: memoryview, body: memoryview) -> Iterator[tuple[int, int]]:
    """For each chunk how many samples it has, and which of the entries describes them."""
    tables = all_within(body, b"stco", b"co64", b"stsd")
    entries = struct.unpack_from(">I", tables[b"stsd"], 4)[0] if b"stsd" in tables else 1
    for samples, entry in chunk_steps(table, len(chunk_places(tables))):
        yield samples, entry if 0 < entry <= entries else 1


def _groups(body: memoryview, count: int) -> bytes:
    """Which samples belong to which group: rows up to the last one."""
    at = 12 if body[0] == 1 else 8
    found = []
    for samples, group in sample_tables.rows_of(body, ">II", at):
        if count > 0 and samples:
            found.append(struct.pack(">II", min(samples, count), group))
            count -= samples
    return full_box(b"sbgp", 0, 0, body[4:8], struct.pack(">I", len(found)), *found)


def _group(body: memoryview) -> Iterator[bytes]:
    """Descriptions of groups that have the length of their kind, cut to them."""
    if body[0] == 1:
        size, count = struct.unpack_from(">II", body, 8)
        if size and size == GROUPS[bytes(body[4:8])]:
            yield full_box(b"sgpd", 1, 0, part(body, 4, 12 + size * count))


def extends_box(moov: memoryview, kept: set[int]) -> Iterator[bytes]:
    """What holds for all fragments of the tracks that are still there."""
    extends = within(moov, b"mvex")
    if extends is None:
        return
    out = []
    for box in boxes(extends):
        if box.type == b"mehd":
            wide = int(box.body[0] == 1)
            out.append(full_box(b"mehd", wide, 0, part(box.body, 4, 8 if wide else 4)))
        elif box.type == b"trex" and struct.unpack_from(">I", box.body, 4)[0] in kept:
            out.append(full_box(b"trex", 0, 0, part(box.body, 4, 20)))
    if not out:
        raise ContainerBroken("the film announces fragments of no track")
    yield boxed(b"mvex", *out)
