"""Tables of samples in films and sequences (ISO 14496-12), written anew from what they mean.

Only rows for samples and chunks that exist, joined where they say the same, in one form each: a
table has no place for anything else. So have the matrices of tracks: eight turns and mirrors.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from safelight.codecs.isobmff import full_box
from safelight.codecs.reading import part

ONE, UNIT = 0x10000, 0x40000000
STRAIGHT = struct.pack(">9i", ONE, 0, 0, 0, ONE, 0, 0, 0, UNIT)
# How far from each other two scales may be that are meant to be one, and how far a track may lie
# from the corner, in pixels.
EVEN, FARTHEST = 0.01, 16_384
# The fastest that a part of a film may be shown; of an empty part of an edit list, its start.
FASTEST, NOWHERE = 8 * ONE, -1
# The seconds that a film in fragments may leave out at its start.
MOST_SKIPPED = 3_600


def times(kind: bytes, body: memoryview, count: int) -> bytes:
    """stts or ctts: how long samples take, or how much later they are shown, for so many."""
    rows = _joined(_counted(rows_of(body, ">II"), count))
    packed = b"".join(struct.pack(">II", *row) for row in rows)
    version = min(body[0], 1) if kind == b"ctts" else 0
    return full_box(kind, version, 0, struct.pack(">I", len(packed) // 8), packed)


def _counted(rows: Iterable[tuple[int, ...]], left: int) -> Iterator[tuple[int, int]]:
    """The rows up to the last sample."""
    for count, value in rows:
        if left <= 0:
            return
        if count:
            yield min(count, left), value
            left -= count


def _joined(rows: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    for value, same in groupby(rows, lambda row: row[1]):
        yield sum(count for count, _ in same), value


def numbered(kind: bytes, body: memoryview, count: int) -> bytes:
    """stss or stps: the numbers of samples, those that there are, each once, in their order."""
    found = sorted({number for (number,) in rows_of(body, ">I") if 0 < number <= count})
    return full_box(kind, 0, 0, struct.pack(f">I{len(found)}I", len(found), *found))


def chunk_runs(chunks: Iterable[tuple[int, int]]) -> bytes:
    """stsc: for each chunk how many samples it has, and which entry describes them."""
    rows, at = [], 1
    for row, same in groupby(chunks):
        rows.append(struct.pack(">III", at, *row))
        at += sum(1 for _ in same)
    return full_box(b"stsc", 0, 0, struct.pack(">I", len(rows)), *rows)


@dataclass(frozen=True, slots=True)
class Clock:
    """The ticks of a second of the film and of the track; how many samples the track has, and the
    ticks from its first to its last. is_open: fragments may have more of them.
    """

    film: int
    track: int
    samples: int
    span: int
    is_open: bool = False

    @property
    def shown(self) -> int:
        """The ticks of the film that all samples take."""
        return -(-self.span * self.film // max(self.track, 1))


def clock(heads: tuple[memoryview, memoryview], tables: dict[bytes, memoryview]) -> Clock:
    """From mvhd and mdhd, and from the tables of samples."""
    film, track = (
        int(struct.unpack_from(">I", head, 20 if head[0] == 1 else 12)[0]) for head in heads
    )
    sizes = tables.get(b"stsz", tables.get(b"stz2"))
    count = struct.unpack_from(">I", sizes, 8)[0] if sizes is not None else 0
    span = 0
    if b"stts" in tables:
        span = sum(each * ticks for each, ticks in _counted(rows_of(tables[b"stts"], ">II"), count))
    if b"ctts" in tables:
        later = (ticks for _, ticks in _counted(rows_of(tables[b"ctts"], ">Ii"), count))
        span += max([0, *later])
    return Clock(film, track, count, span)


def edits(body: memoryview, clock: Clock) -> list[tuple[int, int, int]]:
    """The parts of an edit list that show something: how long, from where, how fast.

    Those that start behind the last sample show nothing, nor do empty ones that nothing follows.
    """
    found: list[tuple[int, int, int]] = []
    last = max(clock.span, MOST_SKIPPED * clock.track) if clock.is_open else clock.span
    for span, start, rate in rows_of(body, ">QqI" if body[0] == 1 else ">IiI"):
        if len(found) > clock.samples + 1:
            break
        if start == NOWHERE and span and not (found and found[-1][1] == NOWHERE):
            found.append((span, start, ONE))
        elif 0 <= start <= last and rate <= FASTEST:
            most = _most(clock, start) if rate == ONE and not clock.is_open else span
            found.append((min(span, most), start, rate))
    while found and found[-1][1] == NOWHERE:
        found.pop()
    return found


def _most(clock: Clock, start: int) -> int:
    """How long the rest of a track is shown, and a second more for what was rounded."""
    rest = clock.span - start
    return -(-rest * clock.film // max(clock.track, 1)) + max(clock.film, 1)


def edit_list(rows: list[tuple[int, int, int]], *, flags: int) -> bytes:
    """elst, wide where a number asks for it."""
    is_wide = any(span >> 32 or start >> 31 > 0 for span, start, _ in rows)
    form = ">QqI" if is_wide else ">IiI"
    packed = b"".join(struct.pack(form, *row) for row in rows)
    return full_box(b"elst", int(is_wide), flags, struct.pack(">I", len(rows)), packed)


def matrix(raw: memoryview) -> bytes | None:
    """One of the eight turns and mirrors, moved by whole pixels; None for what is none of them."""
    a, b, _, c, d, _, x, y, _ = struct.unpack(">9i", part(raw, 0, 36))
    place = (_whole(x), _whole(y))
    if not (a or b or c or d):
        return STRAIGHT
    if not (b or c) and _is_even(a, d):
        return struct.pack(">9i", _sign(a), 0, 0, 0, _sign(d), 0, *place, UNIT)
    if not (a or d) and _is_even(b, c):
        return struct.pack(">9i", 0, _sign(b), 0, _sign(c), 0, 0, *place, UNIT)
    return None


def _is_even(one: int, other: int) -> bool:
    return abs(abs(one) - abs(other)) <= EVEN * min(abs(one), abs(other))


def _sign(value: int) -> int:
    return ONE if value > 0 else -ONE


def _whole(value: int) -> int:
    return value & -ONE if abs(value) <= FARTHEST * ONE else 0


def rows_of(body: memoryview, form: str, at: int = 4) -> Iterator[tuple[int, ...]]:
    """The rows of a table, behind their number, which stands here. Raises ContainerBroken."""
    count = struct.unpack_from(">I", body, at)[0]
    return struct.iter_unpack(form, part(body, at + 4, count * struct.calcsize(form)))
