"""The tracks of a sequence rewritten: the shown one and its alpha, their times in the show kept.

Dates, names, languages, sound, further tracks and their metadata are gone.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, field

from safelight.codecs.heif import File
from safelight.codecs.heif_movie import REPEATS, Track, chunks, references, shown, tracks
from safelight.codecs.heif_properties import cleaned
from safelight.codecs.heif_roles import ALPHA
from safelight.codecs.heif_streams import AV1, HEVC, Walker
from safelight.codecs.heif_writing import Pieces, size_of
from safelight.codecs.isobmff import Box, boxed, boxes, full_box
from safelight.codecs.reading import part
from safelight.codecs.sample_tables import (
    ONE,
    STRAIGHT,
    chunk_runs,
    clock,
    edit_list,
    edits,
    matrix,
    numbered,
    times,
)
from safelight.errors import ContainerBroken, FormatUnknown

# Tables of times, and of frames that stand alone.
TABLES: dict[bytes, Callable[[bytes, memoryview, int], bytes]] = {
    b"stts": times,
    b"ctts": times,
    b"stss": numbered,
}
UNDETERMINED = b"\x55\xc4\0\0"
HERE = full_box(b"dref", 0, 0, struct.pack(">I", 1), full_box(b"url ", 0, 1))


@dataclass(slots=True)
class Clean:
    """One track: its frames, how long each is now; where each chunk starts among all frames, and
    how many it has.
    """

    track: Track
    sizes: list[int] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Movie:
    """The tracks of a file to write. frames are the data of all, places where each frame of the
    input lies among them, by its start and size.
    """

    file: File
    standard_colour: bool
    frames: Pieces = field(default_factory=list)
    places: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)
    clean: list[Clean] = field(default_factory=list)

    def read(self) -> None:
        """Take in the frames. Raises ContainerBroken, FormatUnknown."""
        walker = Walker(self.file.data)
        for track in shown(tracks(self.file.first(b"moov"))):
            if track.entry.type not in AV1 | HEVC:
                raise FormatUnknown("a sequence in another coding is not rewritten")
            self.clean.append(self._taken(track, walker))

    def _taken(self, track: Track, walker: Walker) -> Clean:
        one, kind, properties = Clean(track), track.entry.type, track.properties()
        at = size_of(self.frames)
        for chunk in filter(None, chunks(track)):
            one.starts.append(at)
            one.counts.append(len(chunk))
            for start, size in chunk:
                found = walker.walk(kind, part(self.file.data, start, size), properties) or []
                pieces: Pieces = [unit.raw for unit, is_needed in found if is_needed]
                length = size_of(pieces)
                self.places.setdefault((start, size), (at, length))
                one.sizes.append(length)
                self.frames += pieces
                at += length
        return one

    def _head(self) -> memoryview:
        outer = self.file.first(b"moov")
        inner = boxes(outer.body) if outer else iter(())
        head = next((box for box in inner if box.type == b"mvhd"), None)
        if head is None:
            raise ContainerBroken("the sequence has no head")
        return head.body

    def box(self, start: int) -> bytes:
        """The moov box of a file whose frames start here."""
        numbers = {one.track.number: number for number, one in enumerate(self.clean, 1)}
        return boxed(
            b"moov",
            _movie_head(self._head(), len(self.clean) + 1),
            *(self._track(one, numbers, start) for one in self.clean),
        )

    def _track(self, one: Clean, numbers: dict[int, int], start: int) -> bytes:
        track = one.track
        return boxed(
            b"trak",
            _track_head(track.body(b"tkhd"), numbers[track.number]),
            _references(track, numbers),
            *self._edits(track),
            boxed(
                b"mdia",
                _media_head(track.body(b"mdhd")),
                full_box(b"hdlr", 0, 0, bytes(4), track.handler, bytes(13)),
                boxed(
                    b"minf",
                    full_box(b"vmhd", 0, 1, bytes(8)),
                    boxed(b"dinf", HERE),
                    boxed(b"stbl", *self._tables(one, start)),
                ),
            ),
        )

    def _edits(self, track: Track) -> list[bytes]:
        """What of the frames is shown, and whether again and again."""
        found = track.boxes.get(b"elst")
        if found is None:
            return []
        tables = {kind: box.body for kind, box in track.boxes.items()}
        ticks = clock((self._head(), track.body(b"mdhd")), tables)
        rows = edits(found.body, ticks) or [(ticks.shown, 0, ONE)]
        return [boxed(b"edts", edit_list(rows, flags=found.body[3] & REPEATS))]

    def _tables(self, one: Clean, start: int) -> list[bytes]:
        track, count = one.track, len(one.sizes)
        starts = [start + at for at in one.starts]
        return [
            full_box(b"stsd", 0, 0, struct.pack(">I", 1), self._coding(track)),
            *(
                written(kind, track.boxes[kind].body, count)
                for kind, written in TABLES.items()
                if kind in track.boxes
            ),
            chunk_runs((number, 1) for number in one.counts),
            full_box(b"stsz", 0, 0, struct.pack(f">II{count}I", 0, count, *one.sizes)),
            full_box(b"stco", 0, 0, struct.pack(f">I{len(starts)}I", len(starts), *starts)),
        ]

    def _coding(self, track: Track) -> bytes:
        """The sample entry: size and coding, without the name of a compressor."""
        entry = track.entry
        head = bytes(6) + struct.pack(">H", 1) + bytes(16) + bytes(entry.body[24:28])
        head += struct.pack(">IIIH", 0x480000, 0x480000, 0, 1) + bytes(32)
        properties = [self._property(box) for box in track.properties()]
        return boxed(entry.type, head, struct.pack(">Hh", 24, -1), *filter(None, properties))

    def _property(self, box: Box) -> bytes | None:
        if box.type == b"ccst":
            return boxed(b"ccst", part(box.body, 0, 8))
        if box.type == b"auxi":
            address = bytes(box.body[4:]).split(b"\0")[0]
            return full_box(b"auxi", 0, 0, address + b"\0") if address in ALPHA else None
        return cleaned(box.type, box.body, standard=self.standard_colour)


def _movie_head(body: memoryview, following: int) -> bytes:
    wide = 8 if body[0] else 4
    span = part(body, 4 + 2 * wide, 4 + wide)
    turned = matrix(part(body, 4 + 3 * wide + 4 + 16, 36)) or STRAIGHT
    fixed = struct.pack(">IH10x", 0x10000, 0x100)
    times = bytes(2 * wide)
    return full_box(
        b"mvhd",
        int(wide == 8),
        0,
        times,
        span,
        fixed,
        turned,
        bytes(24),
        struct.pack(">I", following),
    )


def _track_head(body: memoryview, number: int) -> bytes:
    wide = 8 if body[0] else 4
    at = 4 + 2 * wide
    span = part(body, at + 8, wide)
    shape = part(body, at + 8 + wide + 16, 44)
    turned = matrix(shape) or STRAIGHT
    head = struct.pack(">II", number, 0)
    head += bytes(span) + bytes(16) + turned + bytes(shape[36:])
    return full_box(b"tkhd", int(wide == 8), body[3] & 15, bytes(2 * wide), head)


def _media_head(body: memoryview) -> bytes:
    wide = 8 if body[0] else 4
    span = part(body, 4 + 2 * wide, 4 + wide)
    return full_box(b"mdhd", int(wide == 8), 0, bytes(2 * wide), span, UNDETERMINED)


def _references(track: Track, numbers: dict[int, int]) -> bytes:
    found = []
    for kind in (b"auxl", b"prem"):
        targets = [numbers[number] for number in references(track, kind) if number in numbers]
        if targets:
            found.append(boxed(kind, struct.pack(f">{len(targets)}I", *targets)))
    return boxed(b"tref", *found) if found else b""
