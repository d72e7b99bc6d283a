"""The tracks of an MP4 or MOV (ISO 14496-12, QuickTime): what each is, and where its media lie."""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field

from safelight.codecs.isobmff import Box, boxes
from safelight.codecs.reading import part
from safelight.errors import ContainerBroken, FormatUnknown

Boxes = dict[bytes, memoryview]
# Handlers of what is seen, heard and read; the others are data about it: places, times, hints.
MEDIA = frozenset({b"vide", b"soun", b"sbtl", b"subt", b"text", b"clcp", b"subp", b"auxv"})
PROTECTED = frozenset({b"encv", b"enca", b"enct", b"encs", b"drmi", b"drms"})
# Codings of sound whose samples are single numbers: the table of sizes says 1 for each.
PLAIN_SOUND = frozenset({b"raw ", b"twos", b"sowt", b"in24", b"in32", b"fl32", b"fl64", b"lpcm"})
MAX_SAMPLES = 30_000_000


@dataclass(frozen=True, slots=True)
class Track:
    """One track: number, handler, coding of its first entry, its name, and its chunks as place and
    size. is_kept: it holds media, and no chapters.
    """

    body: memoryview
    number: int
    handler: bytes
    coding: bytes
    name: bytes
    is_kept: bool
    chunks: list[tuple[int, int]] = field(default_factory=list)


def within(body: memoryview, *path: bytes) -> memoryview | None:
    """The body of the box that this path of first boxes leads to, or None."""
    for type in path:
        found = next((box.body for box in boxes(body) if box.type == type), None)
        if found is None:
            return None
        body = found
    return body


def all_within(body: memoryview, *types: bytes) -> Boxes:
    """The first box of each of these types."""
    found: Boxes = {}
    for box in boxes(body):
        if box.type in types:
            found.setdefault(box.type, box.body)
    return found


def read_tracks(moov: memoryview) -> list[Track]:
    """Every track of a film. Raises ContainerBroken, FormatUnknown for what is protected."""
    bodies = [box.body for box in boxes(moov) if box.type == b"trak"]
    chapters = {number for body in bodies for number in _chapters(body)}
    return [_track(body, chapters) for body in bodies]


def _chapters(body: memoryview) -> Iterator[int]:
    references = within(body, b"tref", b"chap")
    if references is not None:
        yield from (number for (number,) in struct.iter_unpack(">I", _even(references, 4)))


def _even(data: memoryview, size: int) -> memoryview:
    return data[: len(data) // size * size]


def _track(body: memoryview, chapters: set[int]) -> Track:
    number = track_number(body)
    handler, name = _handler(body)
    entries = within(body, b"mdia", b"minf", b"stbl", b"stsd")
    coding = bytes(entries[12:16]) if entries is not None else b""
    is_kept = handler in MEDIA and number not in chapters and coding != b"tmcd"
    if is_kept and coding in PROTECTED:
        raise FormatUnknown("a film that is protected against copies is not rewritten")
    track = Track(body, number, handler, coding, name, is_kept)
    if is_kept:
        _require_own_media(body)
        track.chunks.extend(_chunks(track))
    return track


def track_number(body: memoryview) -> int:
    """The number that other boxes call a track by."""
    head = within(body, b"tkhd")
    if head is None:
        raise ContainerBroken("the film has a track without a head")
    return int(struct.unpack_from(">I", head, 20 if head[0] == 1 else 12)[0])


def _handler(body: memoryview) -> tuple[bytes, bytes]:
    handler = within(body, b"mdia", b"hdlr")
    if handler is None or len(handler) < 12:
        raise ContainerBroken("the film has a track of no kind")
    return bytes(handler[8:12]), bytes(handler[24:]).strip(b"\0")


def _require_own_media(body: memoryview) -> None:
    """Raise FormatUnknown when a track has its media in another file."""
    references = within(body, b"mdia", b"minf", b"dinf", b"dref")
    for box in boxes(references[8:]) if references is not None else ():
        if not box.body[3] & 1:
            raise FormatUnknown(
                "a film with its media in other files is not read",
                hint="save the film with its media inside first",
            )


def _chunks(track: Track) -> Iterator[tuple[int, int]]:
    """Place and size of each chunk, as the tables of samples say."""
    table = within(track.body, b"mdia", b"minf", b"stbl")
    if table is None:
        raise ContainerBroken("the film has a track without samples")
    tables = all_within(table, b"stco", b"co64", b"stsc", b"stsz", b"stz2", b"stsd")
    places = chunk_places(tables)
    sizes = Sizes(tables, track)
    steps = chunk_steps(tables.get(b"stsc"), len(places))
    first = 0
    for place, (samples, entry) in zip(places, steps, strict=False):
        yield place, sizes.of(first, samples, entry)
        first += samples


def chunk_places(tables: Boxes) -> array[int]:
    """Where each chunk lies in the file."""
    wide = b"stco" not in tables
    table = tables.get(b"co64" if wide else b"stco")
    if table is None:
        return array("Q")
    return numbers(table[4:], "Q" if wide else "I")


def numbers(table: memoryview, letter: str, *, count: int | None = None) -> array[int]:
    """So many numbers, big end first, behind their count. Raises ContainerBroken for too few."""
    found: array[int] = array(letter)
    start = 0
    if count is None:
        count, start = struct.unpack_from(">I", table)[0], 4
    if count > MAX_SAMPLES:
        raise ContainerBroken("the film has too many samples")
    found.frombytes(part(table, start, count * found.itemsize))
    if sys.byteorder == "little":
        found.byteswap()
    return found


def chunk_steps(table: memoryview | None, chunks: int) -> Iterator[tuple[int, int]]:
    """For each chunk: how many samples it has, and which entry describes them."""
    if table is None:
        return
    count = struct.unpack_from(">I", table, 4)[0]
    rows = list(struct.iter_unpack(">III", part(table, 8, 12 * min(count, MAX_SAMPLES))))
    for row, (first, samples, entry) in enumerate(rows):
        last = rows[row + 1][0] - 1 if row + 1 < len(rows) else chunks
        for _ in range(first, min(last, chunks) + 1):
            yield samples, entry


class Sizes:
    """How many bytes samples have."""

    def __init__(self, tables: Boxes, track: Track) -> None:
        self._each, self._all = 0, array("I")
        if b"stsz" in tables:
            self._each, count = struct.unpack_from(">II", tables[b"stsz"], 4)
            if not self._each:
                self._all = numbers(tables[b"stsz"][12:], "I", count=count)
        elif b"stz2" in tables:
            self._all = _small_sizes(tables[b"stz2"])
        self._frame = (1, 1)
        if self._each <= 1 and track.handler == b"soun" and b"stsd" in tables and not self._all:
            self._frame = sound_frame(tables[b"stsd"][8:])

    def of(self, first: int, samples: int, _entry: int) -> int:
        """Bytes of so many samples from this one on. Raises ContainerBroken beyond the last."""
        if not self._all:
            bytes_each, samples_each = self._frame
            return self._each * samples * bytes_each // samples_each
        if first + samples > len(self._all):
            raise ContainerBroken("the film has more chunks than samples")
        return sum(self._all[first : first + samples])


def _small_sizes(table: memoryview) -> array[int]:
    bits, count = table[7], struct.unpack_from(">I", table, 8)[0]
    if bits == 16:
        return array("I", numbers(table[12:], "H", count=count))
    raw = part(table, 12, (count * bits + 7) // 8 if bits in (4, 8) else -1)
    if bits == 8:
        return array("I", raw)
    return array("I", [raw[at // 2] >> (0 if at % 2 else 4) & 15 for at in range(count)])


def sound_frame(entry: memoryview) -> tuple[int, int]:
    """Bytes of a frame of sound that the table of sizes calls 1, and how many samples it makes."""
    coding = bytes(entry[4:8])
    version, channels, bits = struct.unpack_from(">H6xHH", entry, 16)
    if version == 1:
        samples_each, _, bytes_each = struct.unpack_from(">III", entry, 36)
        if samples_each and bytes_each:
            return bytes_each, samples_each
    if coding in PLAIN_SOUND and version == 0:
        return max(1, channels * bits // 8), 1
    return 1, 1


def first_of(found: list[Box], type: bytes) -> memoryview | None:
    """The body of the first box of this type."""
    return next((box.body for box in found if box.type == type), None)
