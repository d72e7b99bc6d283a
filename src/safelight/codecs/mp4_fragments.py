"""Films in fragments: each moof with its runs of samples, and the places of their media."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from safelight.codecs.isobmff import Box, Cursor, boxed, boxes
from safelight.codecs.mp4_tracks import Track, within
from safelight.errors import ContainerBroken

BASE, DESCRIPTION, DURATION, SIZE, FLAGS, FROM_MOOF = 0x1, 0x2, 0x8, 0x10, 0x20, 0x020000
OFFSET, FIRST_FLAGS, RUN_SIZE = 0x1, 0x4, 0x200
EACH = (0x100, 0x200, 0x400, 0x800)
# The flags that mean something, of a run and of the head of a part.
OF_RUN, OF_HEAD = OFFSET | FIRST_FLAGS | sum(EACH), 0x01003A
MAX_RUNS = 1_000_000
Moved = Callable[[int], int]


@dataclass(frozen=True, slots=True)
class Run:
    """One run of samples: its flags, where its media lie, how long they are, and its table."""

    flags: int
    version: int
    count: int
    place: int
    size: int
    first_flags: bytes
    table: memoryview


@dataclass(frozen=True, slots=True)
class Part:
    """What a fragment holds of one track: the head without its base, its time, its runs."""

    head: bytes
    time: memoryview | None
    runs: list[Run]


@dataclass(frozen=True, slots=True)
class Fragment:
    """One moof: its number in the sequence, and the parts of tracks that are kept."""

    sequence: memoryview
    parts: list[Part] = field(default_factory=list)

    def chunks(self) -> list[tuple[int, int]]:
        """Place and size of all its media."""
        return [(run.place, run.size) for part in self.parts for run in part.runs]

    def written(self, moved: Moved) -> bytes:
        """The box, its media as far from its own start as moved says of their old places."""
        parts = b"".join(boxed(b"traf", _part(part, moved)) for part in self.parts)
        return boxed(b"moof", boxed(b"mfhd", self.sequence), parts)


def _part(part: Part, moved: Moved) -> bytes:
    time = boxed(b"tfdt", part.time) if part.time is not None else b""
    runs = b"".join(boxed(b"trun", _run(run, moved)) for run in part.runs)
    return boxed(b"tfhd", part.head) + time + runs


def _run(run: Run, moved: Moved) -> bytes:
    head = struct.pack(">II", run.version << 24 | run.flags | OFFSET, run.count)
    return head + struct.pack(">i", moved(run.place)) + run.first_flags + bytes(run.table)


def read_fragment(box: Box, start: int, tracks: list[Track], defaults: dict[int, int]) -> Fragment:
    """One moof that starts here; defaults: the size of a sample by the number of its track.

    Raises ContainerBroken.
    """
    kept = {track.number for track in tracks if track.is_kept}
    sequence = within(box.body, b"mfhd")
    fragment = Fragment(memoryview(bytes(4) + (bytes(sequence[4:8]) if sequence else bytes(4))))
    base = start
    for inner in boxes(box.body):
        if inner.type == b"traf":
            number, part = _read_part(inner.body, (start, base), defaults)
            if part.runs:
                base = part.runs[-1].place + part.runs[-1].size
            if number in kept:
                fragment.parts.append(part)
    return fragment


def _read_part(
    body: memoryview, places: tuple[int, int], defaults: dict[int, int]
) -> tuple[int, Part]:
    head = within(body, b"tfhd")
    if head is None:
        raise ContainerBroken("the film has a fragment without a head")
    cursor = Cursor(head)
    flags, number = cursor.take(4) & 0xFFFFFF, cursor.take(4)
    start, following = places
    base = start if flags & FROM_MOOF else following
    if flags & BASE:
        base = cursor.take(8)
    kept = {flag: cursor.take(4) for flag in (DESCRIPTION, DURATION, SIZE, FLAGS) if flags & flag}
    told = flags & OF_HEAD | FROM_MOOF
    clean = struct.pack(f">II{len(kept)}I", told, number, *kept.values())
    size = kept.get(SIZE, defaults.get(number, 0))
    runs = list(_runs(body, base, size))
    return number, Part(clean, _time(within(body, b"tfdt")), runs)


def _time(body: memoryview | None) -> memoryview | None:
    """When a part starts, behind version and flags."""
    if body is None:
        return None
    wide = body[0] == 1
    return memoryview(bytes((wide, 0, 0, 0)) + bytes(body[4 : 12 if wide else 8]))


def _runs(body: memoryview, base: int, usual: int) -> Iterator[Run]:
    """Run after run; one that does not say where it lies follows the one before it."""
    at = base
    for box in boxes(body):
        if box.type != b"trun":
            continue
        cursor = Cursor(box.body)
        head, count = cursor.take(4), cursor.take(4)
        flags = head & OF_RUN
        if count > MAX_RUNS:
            raise ContainerBroken("the film has too many samples")
        if flags & OFFSET:
            at = base + struct.unpack(">i", struct.pack(">I", cursor.take(4)))[0]
        first = bytes(cursor.rest[:4]) if flags & FIRST_FLAGS else b""
        cursor.at += len(first)
        fields = [flag for flag in EACH if flags & flag]
        table = cursor.rest[: 4 * len(fields) * count]
        if len(table) != 4 * len(fields) * count:
            raise ContainerBroken("the film has a run that is cut off")
        size = usual * count
        if RUN_SIZE in fields:
            place = 4 * fields.index(RUN_SIZE)
            rows = range(place, len(table), 4 * len(fields))
            size = sum(int.from_bytes(table[row : row + 4], "big") for row in rows)
        yield Run(flags, min(head >> 24, 1), count, at, size, first, table)
        at += size


def usual_sizes(moov: memoryview) -> dict[int, int]:
    """The usual size of a sample by the number of its track."""
    extends = within(moov, b"mvex")
    found = {}
    for box in boxes(extends) if extends is not None else ():
        if box.type == b"trex":
            number, _, _, size = struct.unpack_from(">IIII", box.body, 4)
            found[number] = size
    return found
