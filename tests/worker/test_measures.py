"""Measures come through the wall complete and within their ranges, or not at all."""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping

import pytest

from safelight.errors import WireBroken
from safelight.image import MEASURES, Finding, Measure, Risk
from safelight.worker.measures import KIND, RANGES, pack_measures, parse_measures
from safelight.worker.records import RECORD_BYTES, pack_records, parse_records

FINDINGS = (Finding(Risk.PLACE, "GPSLatitude", "1"),)
GOOD: dict[Measure, float] = {
    "error": 0.25,
    "ssim": -0.5,
    "pixels": 12,
    "identical": 3,
    "largest": 1,
    "step": 1 / 255,
}


def part(measures: Mapping[Measure, float], *, zeros: bytes = b"", rest: bytes = b"") -> bytes:
    shape = f"<B65s{len(MEASURES)}d{256 - 8 * len(MEASURES)}s"
    return struct.pack(shape, KIND, zeros, *(measures[name] for name in MEASURES), rest)


def test_measures_make_the_round_trip_in_front_of_records() -> None:
    _, records = pack_records(FINDINGS, [])
    data = pack_measures(GOOD) + records
    assert len(data) == 2 * RECORD_BYTES
    measures, rest = parse_measures(memoryview(data))
    assert measures == GOOD
    assert parse_records(rest) == (FINDINGS, ())


def test_no_measures_take_no_room() -> None:
    _, records = pack_records(FINDINGS, [])
    assert pack_measures({}) == b""
    assert parse_measures(memoryview(records)) == ({}, memoryview(records))
    assert parse_measures(memoryview(b"")) == ({}, memoryview(b""))


def test_a_number_out_of_its_range_is_cut_before_it_is_sent() -> None:
    measures, _ = parse_measures(memoryview(pack_measures({**GOOD, "ssim": 1.0000001})))
    assert measures["ssim"] == 1


@pytest.mark.parametrize("name", MEASURES)
@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf, -1.5, 1e12])
def test_what_is_out_of_range_is_refused(name: Measure, number: float) -> None:
    with pytest.raises(WireBroken):
        parse_measures(memoryview(part({**GOOD, name: number})))


def test_bytes_beside_the_measures_are_refused() -> None:
    for untrusted in (part(GOOD, zeros=b"\0x"), part(GOOD, rest=b"x")):
        with pytest.raises(WireBroken):
            parse_measures(memoryview(untrusted))


def test_measures_sent_twice_are_refused() -> None:
    _, rest = parse_measures(memoryview(part(GOOD) + part(GOOD)))
    with pytest.raises(WireBroken):
        parse_records(rest)


def test_every_measure_has_a_range() -> None:
    assert set(RANGES) == set(MEASURES)
