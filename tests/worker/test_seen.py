"""What models saw comes through the wall in its ranges and within its number, or not at all."""

from __future__ import annotations

import math
import random
import struct
from dataclasses import replace
from typing import Any

import pytest

from safelight.annotation import MASK_BYTES, SIGHTS, Annotation, Keypoint
from safelight.errors import WireBroken
from safelight.image import Finding, Risk
from safelight.limits import MAX_POINTS, MAX_RECORDS, MAX_SIDE, MAX_SIGHTS
from safelight.worker.records import RECORD_BYTES, pack_records, parse_records
from safelight.worker.seen import EACH, FARTHEST, MOST_PARTS, pack_sights, parse_sights

FINDINGS = (Finding(Risk.PLACE, "GPSLatitude", "1"),)
WORD = Annotation("label", "wood anemone", 0.25)
THING = Annotation("box", "sports ball", 0.5, (31, 287, 27, 28))
POINTS = tuple(Keypoint(f"point {n}", n - 2.5, 4.0 * n, 0.125) for n in range(MAX_POINTS))
BODY = Annotation("pose", "person", 1.0, (0, 0, 9, 8), POINTS[:7], bytes(range(256)) * 2)
ALL = (WORD, THING, BODY, THING)


def seen(*sights: Annotation) -> tuple[Annotation, ...]:
    found, rest = parse_sights(memoryview(pack_sights(sights)))
    assert len(rest) == 0
    return found


def broken(data: bytes) -> None:
    with pytest.raises(WireBroken):
        parse_sights(memoryview(data))


def altered(sight: Annotation, place: int, value: bytes) -> bytes:
    """The parts of one sight with some bytes at this place replaced."""
    data = bytearray(pack_sights((sight,)))
    data[place : place + len(value)] = value
    return bytes(data)


def test_sights_make_the_round_trip_in_front_of_records() -> None:
    _, records = pack_records(FINDINGS, [])
    found, rest = parse_sights(memoryview(pack_sights(ALL) + records))
    assert found == ALL
    assert parse_records(rest) == (FINDINGS, ())


def test_no_sights_take_no_room() -> None:
    _, records = pack_records(FINDINGS, [])
    assert pack_sights(()) == b""
    assert parse_sights(memoryview(records)) == ((), memoryview(records))
    assert parse_sights(memoryview(b"")) == ((), memoryview(b""))


@pytest.mark.parametrize("count", [1, EACH, EACH + 1, MAX_POINTS])
def test_any_number_of_points_comes_through(count: int) -> None:
    body = replace(BODY, points=POINTS[:count], mask=b"")
    assert seen(body) == (body,)
    assert len(pack_sights((body,))) == (1 + -(-count // EACH)) * RECORD_BYTES


@pytest.mark.parametrize("kind", SIGHTS)
def test_every_kind_comes_through(kind: str) -> None:
    assert seen(Annotation(kind, "x", 0.5)) == (Annotation(kind, "x", 0.5),)


def test_a_long_label_in_any_script_is_kept() -> None:
    word = replace(WORD, label="𝄞" * 64)
    assert seen(word) == (word,)


def test_what_could_fool_a_terminal_is_gone() -> None:
    assert seen(replace(WORD, label="a\x1b[31m\u202eb"))[0].label == "a[31mb"
    named = replace(BODY, points=(Keypoint("n\x07ose", 1, 2, 0.5),), mask=b"")
    assert seen(named)[0].points[0].name == "nose"


def test_numbers_out_of_range_are_cut_before_they_are_sent() -> None:
    wild = Annotation(
        "pose",
        "x",
        math.nan,
        (-5, MAX_SIDE + 9, 0, 10**9),
        (Keypoint("a", math.inf, -1e9, 7.0),),
        b"short",
    )
    (found,) = seen(wild)
    assert found.score == 0
    assert found.box == (0, MAX_SIDE - 1, 1, 1)
    assert found.points == (Keypoint("a", 0.0, -FARTHEST, 1.0),)
    assert found.mask == b""


def test_more_than_may_cross_is_left_out_and_the_first_stay() -> None:
    words = [replace(WORD, label=f"word {n}") for n in range(MAX_SIGHTS + 5)]
    assert seen(*words) == tuple(words[:MAX_SIGHTS])
    bodies = [replace(BODY, points=POINTS)] * 500
    assert MOST_PARTS - 11 < len(pack_sights(bodies)) // RECORD_BYTES <= MOST_PARTS < MAX_RECORDS


def test_more_than_a_recipe_may_see_is_refused() -> None:
    broken(pack_sights((WORD,)) * (MAX_SIGHTS + 1))


SCORE, BOX, FLAGS, ZEROS = 258, 262, 278, 281


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (1, bytes([len(SIGHTS)])),
        (2, b"\xff"),
        (6, b"\0x"),
        (SCORE, struct.pack("<f", math.nan)),
        (SCORE, struct.pack("<f", 1.5)),
        (SCORE, struct.pack("<f", -0.5)),
        (BOX, struct.pack("<i", -1)),
        (BOX, struct.pack("<i", MAX_SIDE)),
        (BOX + 8, struct.pack("<i", 0)),
        (BOX + 8, struct.pack("<i", MAX_SIDE)),
        (BOX + 12, struct.pack("<i", -7)),
        (FLAGS, b"\2"),
        (FLAGS, b"\0"),
        (FLAGS + 1, b"\1"),
        (FLAGS + 2, b"\1"),
        (ZEROS + 3, b"x"),
    ],
)
def test_a_sight_that_breaks_a_rule_is_refused(place: int, value: bytes) -> None:
    broken(altered(THING, place, value))


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (0, b"\1"),
        (1, b"\0"),
        (1, b"\4"),
        (2, b"\xff"),
        (2 + 52, struct.pack("<f", math.inf)),
        (2 + 56, struct.pack("<f", 3 * FARTHEST)),
        (2 + 60, struct.pack("<f", 2.0)),
        # Behind the last of two points.
        (2 + 2 * 64, b"x"),
        (2 + 2 * 64 + 52, struct.pack("<f", 1.0)),
        (2 + 2 * 64 + 56, struct.pack("<f", 1.0)),
        (2 + 2 * 64 + 60, struct.pack("<f", 1.0)),
    ],
)
def test_points_that_break_a_rule_are_refused(place: int, value: bytes) -> None:
    broken(altered(replace(BODY, points=POINTS[:2], mask=b""), RECORD_BYTES + place, value))


def test_a_mask_comes_in_two_parts_with_nothing_beside_it() -> None:
    outlined = replace(BODY, points=())
    assert seen(outlined)[0].mask == bytes(range(256)) * 2
    assert len(outlined.mask) == MASK_BYTES
    broken(altered(outlined, RECORD_BYTES + 5, b"x"))
    broken(altered(outlined, 2 * RECORD_BYTES, b"\1"))


@pytest.mark.parametrize("parts", range(1, 5))
def test_a_sight_without_all_of_its_parts_is_refused(parts: int) -> None:
    data = pack_sights((BODY,))
    assert len(data) == 5 * RECORD_BYTES
    broken(data[: parts * RECORD_BYTES])


@pytest.mark.parametrize("sights", [(), ALL])
def test_what_is_left_over_is_no_record(sights: Any) -> None:
    """A part of a sight that stands alone is not taken for metadata."""
    data = pack_sights(sights) + pack_sights((BODY,))[RECORD_BYTES:]
    _, rest = parse_sights(memoryview(data))
    with pytest.raises(WireBroken):
        parse_records(rest)


def test_mutated_parts_are_refused_or_keep_to_their_ranges() -> None:
    random_ = random.Random(20_261)
    good = pack_sights(ALL)
    refused = taken = 0
    for _ in range(4_000):
        data = bytearray(good)
        for _ in range(random_.randint(1, 5)):
            place = random_.choice([random_.randrange(len(data)), random_.randrange(300)])
            data[place] = random_.choice([0, 1, 0x7F, 0x80, 0xFF, random_.randrange(256)])
        try:
            found, _ = parse_sights(memoryview(bytes(data)))
        except WireBroken:
            refused += 1
            continue
        taken += 1
        for sight in found:
            assert sight.kind in SIGHTS
            assert 0 <= sight.score <= 1
            assert sight.label.isprintable()
            assert len(sight.points) <= MAX_POINTS
            assert len(sight.mask) in (0, MASK_BYTES)
            assert all(
                abs(place) <= FARTHEST for spot in sight.points for place in (spot.x, spot.y)
            )
            if sight.box is not None:
                left, top, width, height = sight.box
                assert 0 <= left < left + width <= MAX_SIDE
                assert 0 <= top < top + height <= MAX_SIDE
    assert min(refused, taken) > 100
