"""What only looks needed falls away; what is needed, and numbers that can be meant, stay."""

from __future__ import annotations

import re
import struct

import pytest

from tests.codecs.making import jpeg, picture, png, scrubbed, with_chunks
from tests.codecs.pixels import differences

MARK = rb"\xff[\xd0-\xd7]"


def test_a_scan_keeps_every_restart_interval_that_it_needs() -> None:
    for options in ({}, {"progressive": True}, {"subsampling": 0}, {"subsampling": 1}):
        for blocks in (1, 2, 5):
            data = jpeg(picture(83, 61), restart_marker_blocks=blocks, **options)
            clean = scrubbed(data, "jpeg")
            assert len(re.findall(MARK, clean)) == len(re.findall(MARK, data)) > 0
            assert differences(data, clean) == []


def test_restart_markers_out_of_order_are_left_to_the_decoder() -> None:
    data = jpeg(picture(83, 61), restart_marker_blocks=5).replace(b"\xff\xd1", b"\xff\xd5", 1)
    longer = data[:-2] + b"\xff\xd7" + data[-2:]
    assert scrubbed(longer, "jpeg").endswith(longer[longer.index(b"\xff\xda") :])


def test_components_of_one_number_all_get_their_tables() -> None:
    data = jpeg(picture(83, 61))
    frame, scan = data.index(b"\xff\xc0"), data.index(b"\xff\xda")
    same = bytearray(data)
    for at in (frame + 13, frame + 16, scan + 7, scan + 9):
        same[at] = 1
    clean = scrubbed(bytes(same), "jpeg")
    tables = re.findall(rb"\xff\xdb(..)", clean, re.DOTALL)
    assert tables == [struct.pack(">H", 2 + 2 * 65)]


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        (b"\0\0\2\0\1", b"\0\0\2\0\1"),
        (b"\2\0\x76\0\x76", b"\2\0\x76\0\x76"),
        (b"\3\0\x48\0\x48", b"\0\0\1\0\1"),
        (b"\1\0\0\0\x48", b"\0\0\1\0\1"),
    ],
)
def test_a_density_that_cannot_be_meant_becomes_square(body: bytes, kept: bytes) -> None:
    plain = scrubbed(jpeg(), "jpeg")
    data = plain[:13] + body + plain[18:]
    assert scrubbed(data, "jpeg") == plain[:13] + kept + plain[18:]


POINTS = struct.pack(">8H", 35_400, 14_600, 8_500, 39_850, 6_550, 2_300, 15_635, 16_450)
MEANT = {
    "HDR": (b"cICP", bytes((9, 16, 0, 1)), True),
    "a matrix": (b"cICP", bytes((9, 16, 9, 1)), False),
    "no such primaries": (b"cICP", bytes((3, 16, 0, 1)), False),
    "a range of neither kind": (b"cICP", bytes((9, 16, 0, 2)), False),
    "a display": (b"mDCV", POINTS + struct.pack(">II", 10_000_000, 50), True),
    "a display darker than dark": (b"mDCV", POINTS + struct.pack(">II", 50, 50), False),
    "a display like the sun": (b"mDCV", POINTS + struct.pack(">II", 100_000_001, 50), False),
    "impossible primaries": (b"mDCV", b"\xff" * 16 + struct.pack(">II", 10_000_000, 50), False),
    "levels": (b"cLLI", struct.pack(">II", 10_000_000, 4_000_000), True),
    "levels of letters": (b"cLLI", b"12345678", False),
    "a density": (b"pHYs", struct.pack(">IIB", 2835, 2835, 1), True),
    "a density of no unit": (b"pHYs", struct.pack(">IIB", 2835, 2835, 2), False),
}


@pytest.mark.parametrize("name", sorted(MEANT))
def test_numbers_of_a_look_stay_only_when_they_can_be_meant(name: str) -> None:
    type, body, stays = MEANT[name]
    data = with_chunks(png(), (type, body))
    assert scrubbed(data, "png") == (data if stays else png())
