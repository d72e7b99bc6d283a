"""What was seen in a picture, in front of the records and cut to their size.

One part for each sight, one for every five of its points, two for its mask. As on the wire, every
name that starts with `untrusted_` is hostile, and a part that breaks a rule raises WireBroken: what
comes through is at most MAX_SIGHTS labels, boxes and poses, each number in its range.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator, Sequence

from safelight.annotation import MASK_BYTES, SIGHTS, Annotation, Keypoint
from safelight.limits import MAX_POINTS, MAX_SIDE, MAX_SIGHTS, bounded
from safelight.worker.records import RECORD_BYTES
from safelight.worker.text import cut, parsed
from safelight.worker.wire import Rules

SIGHT, POINTS, MASK = 253, 252, 251
EACH, LABEL, NAME = 5, 256, 52
# Of all records that one outcome may bring.
MOST_PARTS = 3_000
# How far a point may lie from the picture: a body goes on beyond the edge.
FARTHEST = 2.0 * MAX_SIDE
HALF = MASK_BYTES // 2

# mark, kind, label, score, box or zeros, whether there is a box, a mask, how many points, zeros
_SIGHT = struct.Struct(f"<BB{LABEL}sf4i3B41s")
# mark, count, then a name, x, y and score for each
_POINTS = struct.Struct("<BB" + f"{NAME}s3f" * EACH)
# mark, zeros, half of the bits
_MASK = struct.Struct(f"<B65s{HALF}s")


def pack_sights(sights: Sequence[Annotation]) -> bytes:
    """What was seen as parts of the size of a record.

    The first MAX_SIGHTS, or as many as MOST_PARTS hold: the surest come first.
    """
    packed = bytearray()
    for note in sights[:MAX_SIGHTS]:
        more = _packed(note)
        if len(packed) + len(more) > MOST_PARTS * RECORD_BYTES:
            break
        packed += more
    return bytes(packed)


def parse_sights(untrusted: memoryview) -> tuple[tuple[Annotation, ...], memoryview]:
    """The sights at the front, and what follows them. Raises WireBroken."""
    sights: list[Annotation] = []
    with Rules("sights"):
        while len(untrusted) >= RECORD_BYTES and untrusted[0] == SIGHT:
            sight, untrusted = _parsed(untrusted)
            sights.append(sight)
            bounded(len(sights), 1, MAX_SIGHTS)
    return tuple(sights), untrusted


def _packed(note: Annotation) -> bytes:
    points = note.points[:MAX_POINTS]
    mask = note.mask if note.box is not None and len(note.mask) == MASK_BYTES else b""
    flags = (note.box is not None, bool(mask), len(points))
    kind, label = SIGHTS.index(note.kind), cut(note.label, LABEL)
    parts = [_SIGHT.pack(SIGHT, kind, label, _share(note.score), *_box(note), *flags, b"")]
    for start in range(0, len(points), EACH):
        parts.append(_packed_points(points[start : start + EACH]))
    if mask:
        parts += [_MASK.pack(MASK, b"", mask[:HALF]), _MASK.pack(MASK, b"", mask[HALF:])]
    return b"".join(parts)


def _box(note: Annotation) -> tuple[int, int, int, int]:
    """Within what a picture can have."""
    left, top, width, height = note.box or (0, 0, 1, 1)
    if note.box is None:
        return 0, 0, 0, 0
    left, top = (min(max(place, 0), MAX_SIDE - 1) for place in (left, top))
    width, height = min(max(width, 1), MAX_SIDE - left), min(max(height, 1), MAX_SIDE - top)
    return left, top, width, height


def _packed_points(points: Sequence[Keypoint]) -> bytes:
    fields: list[bytes | float] = []
    for point in points:
        fields += [cut(point.name, NAME), _place(point.x), _place(point.y), _share(point.score)]
    return _POINTS.pack(POINTS, len(points), *fields, *[b"", 0.0, 0.0, 0.0] * (EACH - len(points)))


def _share(score: float) -> float:
    return min(max(score, 0.0), 1.0) if math.isfinite(score) else 0.0


def _place(place: float) -> float:
    return min(max(place, -FARTHEST), FARTHEST) if math.isfinite(place) else 0.0


def _parsed(untrusted: memoryview) -> tuple[Annotation, memoryview]:
    """One sight with its points and its mask, and what follows."""
    _, kind, label, score, *rest = _SIGHT.unpack(untrusted[:RECORD_BYTES])
    box, (has_box, has_mask, count, zeros) = rest[:4], rest[4:]
    untrusted = untrusted[RECORD_BYTES:]
    bounded(kind, 0, len(SIGHTS) - 1)
    bounded(count, 0, MAX_POINTS)
    if zeros.strip(b"\0") or has_mask > has_box or (not has_box and any(box)):
        raise ValueError("bytes beside a sight")
    points: list[Keypoint] = []
    while len(points) < count:
        points += _parsed_points(_part(untrusted, POINTS), min(EACH, count - len(points)))
        untrusted = untrusted[RECORD_BYTES:]
    mask = b""
    for _ in range(2 * bounded(has_mask, 0, 1)):
        _, zeros, half = _MASK.unpack(_part(untrusted, MASK))
        if zeros.strip(b"\0"):
            raise ValueError("bytes beside a mask")
        mask, untrusted = mask + half, untrusted[RECORD_BYTES:]
    place = _checked_box(box) if bounded(has_box, 0, 1) else None
    note = Annotation(
        SIGHTS[kind], parsed(label), _checked(score, 0, 1), place, tuple(points), mask
    )
    return note, untrusted


def _part(untrusted: memoryview, mark: int) -> memoryview:
    if len(untrusted) < RECORD_BYTES or untrusted[0] != mark:
        raise ValueError("a sight without its parts")
    return untrusted[:RECORD_BYTES]


def _parsed_points(untrusted: memoryview, wanted: int) -> Iterator[Keypoint]:
    _, count, *fields = _POINTS.unpack(untrusted)
    bounded(count, wanted, wanted)
    if any(fields[4 * count :][1::4]) or any(fields[4 * count :][2::4]):
        raise ValueError("bytes after the last point")
    for at in range(0, 4 * EACH, 4):
        name, x, y, score = fields[at : at + 4]
        if at < 4 * count:
            x, y = (_checked(place, -FARTHEST, FARTHEST) for place in (x, y))
            yield Keypoint(parsed(name), x, y, _checked(score, 0, 1))
        elif name.strip(b"\0") or score:
            raise ValueError("bytes after the last point")


def _checked_box(untrusted: Sequence[int]) -> tuple[int, int, int, int]:
    left, top, width, height = untrusted
    bounded(left, 0, MAX_SIDE - 1)
    bounded(top, 0, MAX_SIDE - 1)
    return left, top, bounded(width, 1, MAX_SIDE - left), bounded(height, 1, MAX_SIDE - top)


def _checked(untrusted: float, low: float, high: float) -> float:
    if not (math.isfinite(untrusted) and low <= untrusted <= high):
        raise ValueError("a number out of its range")
    return untrusted
