"""Sequences of AVIF and HEIC: frames and their times stay, everything else of the tracks goes."""

from __future__ import annotations

import struct
from dataclasses import replace

import pytest

from safelight.codecs import metadata, routing
from safelight.codecs.heif_movie import chunks, tracks
from safelight.codecs.isobmff import Box, boxes
from safelight.errors import ContainerBroken, FormatUnknown
from safelight.image import Profile, Risk
from tests.codecs.making import CANARY, scrubbed
from tests.codecs.making_heif import Coding, box, coded
from tests.codecs.making_sequence import Track, beside, edits, plain, plants, sequence, with_alpha
from tests.codecs.pixels import differences
from tests.codecs.planting_heif import SEI
from tests.codecs.test_canaries import faults, ours, pass_through

CODINGS: tuple[Coding, ...] = ("avif", "heic")
PLANTS = {
    f"{coding}: {place}": data for coding in CODINGS for place, data in plants(coding).items()
}


def frames(data: bytes) -> list[list[bytes]]:
    """The frames of every track, as they are stored."""
    movie = next(found for found in boxes(memoryview(data)) if found.type == b"moov")
    return [
        [data[start : start + size] for chunk in chunks(track) for start, size in chunk]
        for track in tracks(movie)
    ]


@pytest.mark.parametrize("profile", ["share", "strict", "minimal"])
@pytest.mark.parametrize("place", sorted(PLANTS))
def test_the_canary_is_gone_and_the_pixels_are_the_same(place: str, profile: Profile) -> None:
    assert faults(ours, PLANTS[place], profile) == []


@pytest.mark.parametrize("place", sorted(PLANTS))
def test_a_scrubber_that_does_nothing_is_caught(place: str) -> None:
    assert "the canary is still there" in faults(pass_through, PLANTS[place], "share")


@pytest.mark.parametrize("coding", CODINGS)
def test_frames_stay_and_one_that_is_the_still_as_well_is_written_once(coding: Coding) -> None:
    data = sequence(coding)
    clean = scrubbed(data, coding)
    assert routing.read_header(memoryview(clean), coding).frames == 3
    assert frames(clean) == frames(data) == [[coded(coding).data] * 3]
    assert differences(data, clean) == []
    assert frames(scrubbed(clean, coding)) == frames(clean)


@pytest.mark.parametrize("coding", CODINGS)
def test_alpha_stays_beside_the_frames_that_it_is_for(coding: Coding) -> None:
    clean = scrubbed(with_alpha(coding), coding)
    assert frames(clean) == [[coded(coding).data] * 3] * 2
    assert clean.count(b"auxl") == clean.count(b"auxi\0") == 1
    assert edits() in clean


def test_a_message_in_a_frame_goes_and_its_size_with_it() -> None:
    made = coded("heic").data
    spoken = struct.pack(">I", len(SEI)) + SEI + made
    data = sequence("heic", plain("heic", frames=(made, spoken, made)))
    assert frames(scrubbed(data, "heic")) == [[made] * 3]


def test_what_a_display_needs_to_know_of_light_stays() -> None:
    made = coded("heic").data
    light = b"\x4e\x01\x90\x04\x01\xf4\x00\x64\x80"
    known = struct.pack(">I", len(light)) + light + made
    false = light[:2] + b"\x90\x03\x01\xf4\x00\x80"
    wrong = struct.pack(">I", len(false)) + false + made
    data = sequence("heic", plain("heic", frames=(known, wrong)))
    assert frames(scrubbed(data, "heic")) == [[known, made]]


def test_dates_and_sound_are_told() -> None:
    sound = Track(2, (CANARY,), handler=b"soun")
    data = sequence("avif", plain("avif", made=3_600_000_000, name=b"words"), sound)
    found = {one.name: one for one in metadata.findings(memoryview(data), "avif")}
    assert found["Creation Time"].group == Risk.TIME
    assert found["Creation Time"].value.startswith("2018-01-28")
    assert found["sound track"].value == f"{len(CANARY)} bytes"
    assert found["sound track"].group == Risk.IDENTITY
    assert Risk.THUMBNAIL not in {one.group for one in found.values()}
    assert found["handler name"].value == "words"


def without(data: bytes, kind: bytes, *, after: bytes = b"moov") -> bytes:
    """The file with the first box of this kind under a name that nobody knows."""
    at = data.index(after)
    return data[:at] + data[at:].replace(kind, b"zzzz", 1)


WHOLE = sequence("avif")
SIZES = struct.pack(">III", 0, 0, 3)
BROKEN = {
    "no head": without(WHOLE, b"mvhd"),
    "no sizes": without(WHOLE, b"stsz"),
    "no chunks": without(WHOLE, b"stsc"),
    "no offsets": without(WHOLE, b"stco"),
    "no handler": without(WHOLE, b"hdlr", after=b"trak"),
    "too many frames": WHOLE.replace(b"stsz" + SIZES, b"stsz" + SIZES[:8] + b"\x7f\0\0\0", 1),
    "frames that lie nowhere": WHOLE.replace(
        b"stco" + struct.pack(">II", 0, 3), b"stco" + struct.pack(">II", 0, 1), 1
    ),
    "frames beyond the end": WHOLE[:-200],
    "too many tracks": sequence("avif", *[plain("avif", frames=())] * 65),
    "too many boxes": sequence("avif", of_movie=(box(b"trak", box(b"free") * 10_001),)),
}


@pytest.mark.parametrize("name", sorted(BROKEN))
def test_a_broken_sequence_is_refused(name: str) -> None:
    with pytest.raises(ContainerBroken):
        scrubbed(BROKEN[name], "avif")


def test_a_sequence_of_another_coding_is_refused_by_name() -> None:
    data = sequence("avif")
    at = data.index(b"stsd")
    with pytest.raises(FormatUnknown):
        scrubbed(data[:at] + data[at:].replace(b"av01", b"vp09", 1), "avif")


def test_a_sequence_without_a_track_of_pictures_leaves_the_still() -> None:
    data = sequence("avif", replace(beside("avif", "urn:x"), handler=b"soun"))
    clean = scrubbed(data, "avif")
    assert [found.type for found in boxes(memoryview(clean))] == [b"ftyp", b"meta", b"mdat"]
    assert b"avis" not in clean


def test_a_box_knows_where_the_next_one_starts() -> None:
    big = b"\0\0\0\1free" + struct.pack(">Q", 20) + b"1234"
    last = b"\0\0\0\0skip12"
    found = list(boxes(memoryview(big + last)))
    assert [(one.type, bytes(one.body), one.end) for one in found] == [
        (b"free", b"1234", 20),
        (b"skip", b"12", 30),
    ]
    assert isinstance(found[0], Box)
