"""The tracks of a HEIF file that is a sequence: which pictures each has, and where they lie."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from safelight.codecs.heif_roles import ALPHA
from safelight.codecs.isobmff import MAX_BOXES, Box, Cursor, boxes
from safelight.errors import ContainerBroken

NESTS = frozenset({b"mdia", b"minf", b"stbl", b"edts"})
MAX_TRACKS = 64
MAX_SAMPLES = 100_000
SAMPLE_ENTRY = 78
# Of the flags of an edit list: it starts again when it ends.
REPEATS = 1
MOST_PLAYS = 65_535
# Of frames that are shown, and of those that belong to them.
SHOWN, BESIDE = (b"pict", b"vide"), b"auxv"


@dataclass(slots=True)
class Track:
    """One track: its boxes by their kind, wherever they are nested; and what else was there."""

    boxes: dict[bytes, Box] = field(default_factory=dict)
    unknown: list[Box] = field(default_factory=list)

    def body(self, kind: bytes) -> memoryview:
        """Raises ContainerBroken when the track has no such box."""
        if kind not in self.boxes:
            raise ContainerBroken("the sequence has a track that is not whole")
        return self.boxes[kind].body

    @property
    def number(self) -> int:
        head = self.body(b"tkhd")
        return Cursor(head, 20 if head[0] else 12).take(4)

    @property
    def handler(self) -> bytes:
        return bytes(self.body(b"hdlr")[8:12])

    @property
    def is_seen(self) -> bool:
        """False for sound and for whatever is no picture."""
        return self.handler in (*SHOWN, BESIDE)

    @property
    def entry(self) -> Box:
        """The first sample entry: the coding of the frames and its properties."""
        found = next(boxes(self.body(b"stsd")[8:]), None)
        if found is None or len(found.body) < SAMPLE_ENTRY:
            raise ContainerBroken("the sequence has a track without a coding")
        return found

    def properties(self) -> list[Box]:
        return list(boxes(self.entry.body[SAMPLE_ENTRY:]))

    def frames(self) -> int:
        """How many frames the track says that it has."""
        size = self.boxes.get(b"stsz") or self.boxes.get(b"stz2")
        return Cursor(size.body, 8).take(4) if size else 0

    def plays(self) -> int:
        """How often all frames are shown; 0 without end, as where nothing is said of it."""
        edits = self.boxes.get(b"elst")
        if edits is None:
            return 0
        if not edits.body[3] & REPEATS:
            return 1
        once = Cursor(edits.body, 8).take(8 if edits.version else 4)
        head = self.body(b"tkhd")
        wide = 8 if head[0] else 4
        span = Cursor(head, 12 + 2 * wide).take(wide)
        is_endless = span == (1 << 8 * wide) - 1
        return 0 if is_endless or not once else min(-(-span // once), MOST_PLAYS)


def tracks(movie: Box | None) -> list[Track]:
    """Every track. Raises ContainerBroken."""
    found = [box for box in boxes(movie.body) if box.type == b"trak"] if movie else []
    if len(found) > MAX_TRACKS:
        raise ContainerBroken("the sequence has too many tracks")
    return [_track(box) for box in found]


def _track(outer: Box) -> Track:
    track, waiting, left = Track(), [outer.body], MAX_BOXES
    while waiting:
        for box in boxes(waiting.pop()):
            left -= 1
            if left < 0:
                raise ContainerBroken("the picture has too many boxes")
            if box.type in NESTS:
                waiting.append(box.body)
            elif box.type in track.boxes:
                track.unknown.append(box)
            else:
                track.boxes[box.type] = box
    return track


def shown(every: list[Track]) -> list[Track]:
    """The first track of pictures and its alpha: the others are further pictures or sound."""
    first = next((track for track in every if track.handler in SHOWN), None)
    if first is None:
        return []
    alpha = [track for track in every if track.handler == BESIDE and _is_alpha_of(track, first)]
    return [first, *alpha[:1]]


def _is_alpha_of(track: Track, first: Track) -> bool:
    words = [
        bytes(box.body[4:]).split(b"\0")[0] for box in track.properties() if box.type == b"auxi"
    ]
    return first.number in references(track, b"auxl") and any(word in ALPHA for word in words)


def references(track: Track, kind: bytes) -> list[int]:
    """The tracks that this one refers to in this way."""
    outer = track.boxes.get(b"tref")
    found: list[int] = []
    for box in boxes(outer.body) if outer else ():
        cursor = Cursor(box.body)
        if box.type == kind:
            found += [cursor.take(4) for _ in range(len(box.body) // 4)]
    return found


def chunks(track: Track) -> Iterator[list[tuple[int, int]]]:
    """Start and size of every frame, chunk by chunk. Raises ContainerBroken."""
    sizes = _sizes(track)
    runs = [(0, 0), *_runs(track.body(b"stsc"))]
    at = run = 0
    for number, start in enumerate(_offsets(track), 1):
        while run + 1 < len(runs) and runs[run + 1][0] <= number:
            run += 1
        count = runs[run][1]
        found = []
        for size in sizes[at : at + count]:
            found.append((start, size))
            start += size
        at += len(found)
        yield found
    if at < len(sizes):
        raise ContainerBroken("the sequence has frames that lie nowhere")


def _sizes(track: Track) -> list[int]:
    cursor = Cursor(track.body(b"stsz"), 4)
    same, count = cursor.take(4), cursor.take(4)
    if count > MAX_SAMPLES:
        raise ContainerBroken("the sequence has too many frames")
    return [same or cursor.take(4) for _ in range(count)]


def _runs(body: memoryview) -> list[tuple[int, int]]:
    cursor = Cursor(body, 4)
    found = []
    for _ in range(min(cursor.take(4), MAX_SAMPLES)):
        found.append((cursor.take(4), cursor.take(4)))
        cursor.take(4)
    return found


def _offsets(track: Track) -> list[int]:
    wide = 8 if b"co64" in track.boxes else 4
    cursor = Cursor(track.body(b"co64" if wide == 8 else b"stco"), 4)
    return [cursor.take(wide) for _ in range(min(cursor.take(4), MAX_SAMPLES))]
