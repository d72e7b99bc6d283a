"""MP4, MOV and 3GP scrubbed: nothing hides, every sample stays where the index says."""

from __future__ import annotations

import struct
from pathlib import Path

import cv2
import pytest

from safelight.codecs import metadata, routing, scrub
from safelight.codecs.mp4_words import seconds_of
from safelight.errors import ContainerBroken, FormatUnknown, InputRefused
from safelight.image import Profile, Wish
from tests.codecs.making import CANARY, scrubbed
from tests.codecs.planting_mp4 import (
    AUDIO,
    AVC,
    PICTURES,
    SOUND,
    STAMP,
    TEXT,
    VIDEO,
    XMP_ID,
    box,
    film,
    fragmented,
    full,
    keys,
    numbers,
    plants,
    track,
    word,
)
from tests.codecs.planting_mp4_entries import STREAM, described
from tests.codecs.test_canaries import pass_through
from tests.codecs.test_profiles import PACKET

PLANTS = plants() | described()


def inner(data: bytes, *path: bytes) -> list[bytes]:
    """The bodies of all boxes at a path, found by other code than the one under test."""
    found, at = [], 0
    while at + 8 <= len(data):
        size, type = struct.unpack_from(">I4s", data, at)
        if type == path[0]:
            body = data[at + 8 : at + size]
            found += inner(body, *path[1:]) if len(path) > 1 else [body]
        at += size
    return found


def samples(data: bytes) -> list[list[bytes]]:
    """The samples of each track (one in a chunk), read at the places that the index gives."""
    table = (b"moov", b"trak", b"mdia", b"minf", b"stbl")
    found = []
    wide = b"co64" in data
    for places, sizes in zip(
        inner(data, *table, b"co64" if wide else b"stco"), inner(data, *table, b"stsz"), strict=True
    ):
        count = struct.unpack_from(">I", places, 4)[0]
        starts = struct.unpack_from(f">{count}{'Q' if wide else 'I'}", places, 8)
        lengths = struct.unpack_from(f">{count}I", sizes, 12)
        found.append([data[at : at + size] for at, size in zip(starts, lengths, strict=True)])
    return found


def fragments(data: bytes) -> list[bytes]:
    """The media of every run, read at the places that each moof gives from its own start."""
    found, at = [], 0
    while at + 8 <= len(data):
        size, type = struct.unpack_from(">I4s", data, at)
        if type == b"moof":
            for run, length in zip(
                inner(data[at + 8 : at + size], b"traf", b"trun"), (24, 14), strict=True
            ):
                offset = struct.unpack_from(">i", run, 8)[0]
                found.append(data[at + offset : at + offset + length])
        at += size
    return found


def faults(data: bytes, clean: bytes) -> list[str]:
    found = ["the canary is still there"] if CANARY[:4] in clean else []
    before, after = samples(data), samples(clean)
    if after != before[: len(after)] or PICTURES[0] not in clean:
        found.append("samples are others")
    if scrubbed(clean, "mp4") != clean:
        found.append("a second scrub changes it again")
    return found


@pytest.mark.parametrize("profile", ["share", "strict", "minimal"])
@pytest.mark.parametrize("place", sorted(PLANTS))
def test_the_canary_is_gone_and_the_samples_are_the_same(place: str, profile: Profile) -> None:
    data = PLANTS[place]
    assert faults(data, scrubbed(data, "mp4", profile=profile)) == []


@pytest.mark.parametrize("place", sorted(PLANTS))
def test_a_scrubber_that_does_nothing_is_caught(place: str) -> None:
    assert "the canary is still there" in faults(
        PLANTS[place], pass_through(PLANTS[place], "share")
    )


@pytest.mark.parametrize("index_last", [True, False])
@pytest.mark.parametrize("wide", [True, False])
def test_the_index_finds_every_sample(index_last: bool, wide: bool) -> None:
    data = film(index_last=index_last, wide=wide, between=box(b"free", bytes(99)), gap=b"--")
    clean = scrubbed(data, "mp4")
    assert samples(clean) == [PICTURES, SOUND] == samples(data)
    assert b"--" not in clean


@pytest.mark.parametrize("base", [True, False])
@pytest.mark.parametrize("named", [True, False])
def test_fragments_find_their_media(base: bool, named: bool) -> None:
    data = fragmented(base=base, named=named, inside=box(b"uuid", bytes(40)))
    clean = scrubbed(data, "mp4")
    expected = [b"".join(PICTURES[:2]), b"".join(SOUND[:2])] * 2
    assert fragments(clean) == expected
    assert scrubbed(clean, "mp4") == clean


def test_fragments_of_a_dropped_track_are_dropped() -> None:
    data = fragmented().replace(b"soun", b"meta")
    clean = scrubbed(data, "mp4")
    assert SOUND[0] not in clean
    assert clean.count(PICTURES[0]) == 2


def test_dates_are_zero_unless_they_are_wanted() -> None:
    data = film([(track(1, PICTURES, stamp=STAMP), PICTURES)], stamp=STAMP)
    stamp = numbers(STAMP)
    assert stamp in data
    assert stamp not in scrubbed(data, "mp4")
    kept = scrubbed(data, "mp4", profile="minimal")
    assert kept.count(stamp) == 6
    told = {one.name: one.value for one in metadata.findings(memoryview(data), "mp4")}
    assert told["ModifyDate"].startswith("2024:")
    assert seconds_of(b"\0\0\0\0\0\0\0") == 0


def test_what_a_film_says_is_put_into_groups() -> None:
    inside = box(b"udta", word(b"\xa9xyz", b"+48.8577+002.295/"), word(b"\xa9mak", b"Maker"))
    data = film(inside=inside + keys(model=b"Phone", software=b"17.1"))
    told = {one.name: one.group.name for one in metadata.findings(memoryview(data), "mp4")}
    assert told["Location"] == "PLACE"
    assert told["Make"] == told["Model"] == "DEVICE"
    _, changes = scrub.rewrite(memoryview(data), "mp4", Wish())
    assert {one.what for one in changes} == {"removed"}


def test_words_that_are_asked_for_stay_as_quicktime_has_them() -> None:
    inside = keys(location_ISO6709=b"+48.8577+002.295/", make=b"Maker")
    clean = scrubbed(film(inside=inside), "mp4", keep=("place",))
    told = {one.name: one.value for one in metadata.findings(memoryview(clean), "mp4")}
    assert told == {"Location": "+48.8577+002.295/"}
    assert samples(clean) == [PICTURES, SOUND]


def test_the_notice_and_the_mark_stay_in_a_packet_of_our_own() -> None:
    data = film(
        between=box(b"uuid", XMP_ID, PACKET), inside=box(b"udta", word(b"\xa9cpy", b"(c) me"))
    )
    clean = scrubbed(data, "mp4")
    names = {one.name for one in metadata.findings(memoryview(clean), "mp4")}
    assert names == {"XMP rights", "XMP DigitalSourceType"}
    assert samples(clean) == [PICTURES, SOUND]


def test_a_file_of_quicktime_without_brands_stays_one() -> None:
    data = film(brands=b"")
    clean = scrubbed(data, "mp4")
    assert routing.route(clean[:132]) == "mp4"
    assert samples(clean) == [PICTURES, SOUND]


def test_sizes_in_every_form_are_read() -> None:
    small = full(b"stz2", b"\0\0\0\x08", numbers(3), bytes(map(len, PICTURES)))
    data = film([(track(1, PICTURES), PICTURES)])
    at = data.index(b"stsz") - 4
    size = struct.unpack_from(">I", data, at)[0]
    other = data[:at] + small + box(b"free", bytes(size - len(small) - 8)) + data[at + size :]
    assert PICTURES[2] in scrubbed(other, "mp4")
    half = full(b"stz2", b"\0\0\0\x04", numbers(3), b"\xcc\xd0")
    other = data[:at] + half + box(b"free", bytes(size - len(half) - 8)) + data[at + size :]
    assert PICTURES[2] in scrubbed(other, "mp4")
    wide = full(b"stz2", b"\0\0\0\x10", numbers(3), struct.pack(">3H", *map(len, PICTURES)))
    spare = bytes(size - len(wide))
    padded = struct.pack(">I", size) + wide[4:] + spare
    assert PICTURES[2] in scrubbed(data[:at] + padded + data[at + size :], "mp4")


def sound_film(entry: bytes, count: int, raw: bytes) -> bytes:
    """Sound in one chunk whose table says that every sample has one byte."""
    whole, at = track(1, [raw], b"soun", entry=entry)
    sizes = full(b"stsz", numbers(0, 1, len(raw)))
    plain = full(b"stsz", numbers(1, count, 0))
    changed = whole.replace(sizes, plain)
    steps, more = full(b"stsc", numbers(1, 1, 1, 1)), full(b"stsc", numbers(1, 1, count, 1))
    changed = changed.replace(steps, more)
    return film([((changed, at), [raw])])


def test_sound_of_quicktime_counts_frames() -> None:
    raw = bytes(range(64))
    plain = box(b"twos", AUDIO)
    packed = bytearray(AUDIO + numbers(64, 34, 34, 2))
    packed[8:10] = b"\0\1"
    assert raw in scrubbed(sound_film(plain, 16, raw), "mp4")
    assert raw[:34] in scrubbed(sound_film(box(b"ima4", bytes(packed)), 64, raw), "mp4")


def test_parts_of_quicktime_stay_without_words() -> None:
    shape = box(b"tapt", full(b"clef", numbers(32 << 16, 24 << 16), CANARY), box(b"zzzz", CANARY))
    edits = box(b"edts", full(b"elst", numbers(1, 3000, 0, 0x10000), CANARY))
    still = box(b"tref", box(b"hint", numbers(1, 7)))
    groups = full(b"sgpd", b"roll", numbers(2, 1), b"\0\1" + CANARY, version=1)
    of = full(b"sbgp", b"roll", numbers(1, 3, 1), CANARY)
    timing = full(b"cslg", numbers(0, 0, 0, 0, 0)) + full(b"sdtp", bytes(3))
    data = film(
        [
            (track(1, PICTURES, more=shape + edits + still, tables=groups + of + timing), PICTURES),
            (track(2, SOUND, b"soun", entry=amr()), SOUND),
            (words_of_quicktime(), SOUND),
        ]
    )
    clean = scrubbed(data, "mp4")
    assert samples(clean) == [PICTURES, SOUND, SOUND]
    assert CANARY[:4] not in clean
    for kept in (b"clef", b"elst", b"hint", b"sgpd", b"sbgp", b"cslg", b"damr", b"gmin", b"frma"):
        assert kept in clean
    assert scrubbed(clean, "mp4") == clean


def test_what_a_decoder_needs_stays() -> None:
    head = b"\1\x64\0\x1f\xff"
    sets = head + b"\xe1\0\4\x67abc\1\0\3\x68ab"
    clean = scrubbed(PLANTS["behind parameter sets"], "mp4")
    assert box(b"avcC", sets, b"\xfd\xf8\xf8\0") in clean
    assert AVC.startswith(sets)
    clean = scrubbed(PLANTS["eyes and sphere"], "mp4")
    assert box(b"equi", bytes(20)) in clean
    assert box(b"svhd", bytes(5)) in clean
    assert box(b"stri", bytes(5)) in clean
    assert box(b"esds", STREAM) in scrubbed(PLANTS["streams"], "mp4")


@pytest.mark.parametrize("type", [b"vvcC", b"glbl", b"jpgC", b"dac4", b"udts", b"mhaC"])
def test_heads_that_cannot_be_checked_are_refused(type: bytes) -> None:
    entry = box(b"avc1", VIDEO, box(type, CANARY))
    with pytest.raises(FormatUnknown):
        scrubbed(film([(track(1, PICTURES, entry=entry), PICTURES)]), "mp4")
    odd = track(2, SOUND, b"text", entry=box(b"zzzz", bytes(8), CANARY))
    with pytest.raises(FormatUnknown):
        scrubbed(film([(odd, SOUND)]), "mp4")


def amr() -> bytes:
    """Sound of a telephone, wrapped as QuickTime does it, with the maker of its encoder."""
    wave = box(b"wave", box(b"frma", b"samr"), box(b"mp4a", bytes(4), CANARY), bytes(8))
    return box(b"samr", AUDIO, box(b"damr", CANARY[:4] + b"\0\x81\xff\0\1"), wave)


def words_of_quicktime() -> tuple[bytes, int]:
    """Subtitles with a general head, and a handler of data as QuickTime has it."""
    whole, at = track(3, SOUND, b"text", entry=TEXT, name=b"\x06secret")
    head = box(b"gmhd", full(b"gmin", bytes(12), CANARY), box(b"text", bytes(36), CANARY))
    handler = full(b"hdlr", b"dhlralis", bytes(12), b"\x0d" + CANARY)
    more = head + handler
    old = full(b"nmhd")
    changed = bytearray(whole.replace(old, more))
    longer = len(more) - len(old)
    for type in (b"trak", b"mdia", b"minf"):
        place = changed.index(type) - 4
        struct.pack_into(">I", changed, place, struct.unpack_from(">I", changed, place)[0] + longer)
    return bytes(changed), at + longer


def protected() -> bytes:
    return film([(track(1, PICTURES, entry=box(b"encv", VIDEO)), PICTURES)])


def palette() -> bytes:
    return film([(track(1, PICTURES, entry=box(b"rle ", VIDEO[:-4] + b"\0\x08\0\0")), PICTURES)])


def odd_sound(entry: bytes, *more: bytes) -> bytes:
    other = track(2, SOUND, b"soun", entry=box(b"mp4a", entry, *more))
    return film([(track(1, PICTURES), PICTURES), (other, SOUND)])


def no_entries() -> bytes:
    """A film that announces more descriptions than there are."""
    data = film()
    at = data.index(b"stsd") + 8
    return data[:at] + numbers(2) + data[at + 4 :]


def elsewhere() -> bytes:
    data = film()
    at = data.index(b"url ") + 4
    return data[:at] + bytes(4) + data[at + 4 :]


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (protected(), FormatUnknown),
        (palette(), FormatUnknown),
        (odd_sound(AUDIO[:8] + b"\0\x09" + AUDIO[10:]), ContainerBroken),
        (odd_sound(AUDIO, box(b"esds", bytes(4))), ContainerBroken),
        (odd_sound(AUDIO, full(b"dfLa", b"\4\0\0\0")), ContainerBroken),
        (odd_sound(AUDIO, box(b"avcC", bytes(9))), ContainerBroken),
        (no_entries(), ContainerBroken),
        (elsewhere(), FormatUnknown),
        (film(inside=box(b"cmov", b"")), FormatUnknown),
        (film([(track(1, PICTURES, b"meta"), PICTURES)]), ContainerBroken),
        (film()[:-20], ContainerBroken),
        (film().replace(b"tkhd", b"zzzz"), ContainerBroken),
        (film().replace(b"mvhd", b"zzzz"), ContainerBroken),
        (film().replace(b"stbl", b"zzzz"), ContainerBroken),
        (film().replace(b"moov", b"zzzz"), ContainerBroken),
        (box(b"ftyp", b"isom", bytes(4)), ContainerBroken),
    ],
)
def test_what_cannot_be_is_refused(data: bytes, error: type[InputRefused]) -> None:
    with pytest.raises(error):
        scrubbed(data, "mp4")


def test_the_header_has_the_films_size() -> None:
    header = routing.read_header(memoryview(film()), "mp4")
    assert (header.width, header.height) == (32, 24)
    with pytest.raises(ContainerBroken):
        routing.read_header(memoryview(box(b"ftyp", b"isom", bytes(4))), "mp4")


def frames(path: Path) -> list[bytes]:
    film = cv2.VideoCapture(str(path))
    found: list[bytes] = []
    while len(found) < 12:
        is_there, frame = film.read()
        if not is_there:
            break
        found.append(frame.tobytes())
    return found


def test_shared_films_show_the_same_frames(shared_data: Path, tmp_path: Path) -> None:
    done = 0
    for folder in ("video", "metadata", "pose"):
        for path in sorted((shared_data / folder).rglob("*.mp4")):
            data = path.read_bytes()
            clean = scrubbed(data, "mp4")
            out = tmp_path / path.name
            out.write_bytes(clean)
            assert frames(out) == frames(path) != []
            assert scrubbed(clean, "mp4") == clean
            left = {one.name for one in metadata.findings(memoryview(clean), "mp4")}
            assert left <= {"XMP rights", "XMP DigitalSourceType"}, path.name
            done += 1
    assert done >= 6
