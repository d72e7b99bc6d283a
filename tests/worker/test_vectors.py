"""A vector comes through the wall as a direction of finite numbers, or not at all."""

from __future__ import annotations

import math
import struct

import pytest

from safelight.errors import WireBroken
from safelight.image import Finding, Risk
from safelight.limits import MAX_VECTOR
from safelight.worker.records import RECORD_BYTES, pack_records, parse_records
from safelight.worker.vectors import KIND, PART, pack_vector, parse_vector

FINDINGS = (Finding(Risk.PLACE, "GPSLatitude", "1"),)


def direction(count: int) -> tuple[float, ...]:
    return tuple([1 / math.sqrt(count)] * count)


def part(numbers: list[float], *, count: int | None = None, zeros: bytes = b"") -> bytes:
    padding = [0.0] * (PART - len(numbers))
    said = len(numbers) if count is None else count
    return struct.pack(f"<BB64s{PART}f", KIND, said, zeros, *numbers, *padding)


@pytest.mark.parametrize("count", [1, 2, PART, PART + 1, 253, MAX_VECTOR])
def test_a_vector_makes_the_round_trip_in_front_of_records(count: int) -> None:
    _, records = pack_records(FINDINGS, [])
    data = pack_vector(direction(count)) + records
    assert len(data) == (-(-count // PART) + 1) * RECORD_BYTES
    vector, rest = parse_vector(memoryview(data))
    assert vector == pytest.approx(direction(count), abs=1e-6)
    assert parse_records(rest) == (FINDINGS, ())


def test_no_vector_takes_no_room() -> None:
    _, records = pack_records(FINDINGS, [])
    assert pack_vector(()) == b""
    assert parse_vector(memoryview(records)) == ((), memoryview(records))


@pytest.mark.parametrize(
    "untrusted",
    [
        part([math.nan]),
        part([math.inf]),
        part([-math.inf, 1.0]),
        part([0.0]),
        part([0.5]),
        part([1.0, 1.0]),
        part([3e38, 3e38]),
        part([1.0], count=0),
        part([1.0], count=PART + 1),
        part([0.6, 0.8], count=1),
        part([1.0], zeros=b"\0" * 63 + b"x"),
        pack_vector(direction(MAX_VECTOR + 1)),
        pack_vector(direction(10 * MAX_VECTOR)),
    ],
)
def test_what_is_no_direction_is_refused(untrusted: bytes) -> None:
    with pytest.raises(WireBroken):
        parse_vector(memoryview(untrusted))


def test_a_part_behind_a_record_is_refused() -> None:
    _, records = pack_records(FINDINGS, [])
    vector, rest = parse_vector(memoryview(records + part([1.0])))
    assert vector == ()
    with pytest.raises(WireBroken):
        parse_records(rest)


def test_the_records_make_room_for_the_vector() -> None:
    count, data = pack_records(FINDINGS * 10, [], most=4)
    findings, _ = parse_records(memoryview(data))
    assert (count, len(findings)) == (4, 4)
    assert findings[-1].value == "7 more"
