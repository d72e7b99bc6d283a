"""WebM and Matroska scrubbed: nothing hides, every block stays, positions are right."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from safelight.codecs import metadata, routing, scrub
from safelight.codecs.webm_codecs import clean_private
from safelight.errors import ContainerBroken, FormatUnknown, InputRefused
from safelight.image import Profile, Wish
from tests.codecs.making import CANARY, scrubbed
from tests.codecs.planting_webm import (
    AUDIO,
    BLOCKS,
    PICTURE,
    SCRIPT,
    SOUND,
    VIDEO,
    block,
    checked_film,
    element,
    film,
    flac,
    number,
    plants,
    tag,
    track,
    vorbis,
)
from tests.codecs.test_canaries import pass_through
from tests.codecs.test_mp4_clean import frames

PLANTS = plants()
MASTERS = {0x18538067, 0x1F43B675, 0xA0, 0x1C53BB6B, 0xBB, 0xB7, 0x114D9B74, 0x4DBB}


def flat(data: bytes, base: int = 0) -> list[tuple[int, int, bytes]]:
    """Number, place and body of every element, found by other code than the one under test."""
    found: list[tuple[int, int, bytes]] = []
    at = 0
    while at < len(data):
        start = at
        width = 9 - data[at].bit_length()
        id = int.from_bytes(data[at : at + width], "big")
        at += width
        width = 9 - data[at].bit_length()
        length = int.from_bytes(data[at : at + width], "big") & (1 << 7 * width) - 1
        at += width
        body = data[at : at + length]
        found.append((id, base + start, body))
        if id in MASTERS:
            found += flat(body, base + at)
        at += len(body)
    return found


def media(data: bytes) -> list[bytes]:
    """Every block, simple or not."""
    return [body for id, _, body in flat(data) if id in (0xA3, 0xA1)]


def wrong_positions(data: bytes) -> list[str]:
    """Cues that point to no cluster, and entries of the index that point to another part."""
    found = flat(data)
    segment = next(place for id, place, _ in found if id == 0x18538067) + 12
    at = {place: id for id, place, _ in found}
    points = [int.from_bytes(body, "big") for id, _, body in found if id == 0xF1]
    names = [int.from_bytes(body, "big") for id, _, body in found if id == 0x53AB]
    places = [int.from_bytes(body, "big") for id, _, body in found if id == 0x53AC]
    wrong = [f"cue {place}" for place in points if at.get(segment + place) != 0x1F43B675]
    pairs = zip(names, places, strict=True)
    return wrong + [f"part {name:X}" for name, place in pairs if at.get(segment + place) != name]


def faults(data: bytes, clean: bytes) -> list[str]:
    found = ["the canary is still there"] if CANARY[:4] in clean else []
    wanted = [b"\x81\0\0\x80" + raw for raw in BLOCKS] + [b"\x82\0\0\x80" + raw for raw in SOUND]
    if not set(wanted) <= set(media(clean)):
        found.append("blocks are missing")
    if scrubbed(clean, "webm") != clean:
        found.append("a second scrub changes it again")
    return found + wrong_positions(clean)


@pytest.mark.parametrize("profile", ["share", "strict", "minimal"])
@pytest.mark.parametrize("place", sorted(PLANTS))
def test_the_canary_is_gone_and_the_blocks_are_the_same(place: str, profile: Profile) -> None:
    data = PLANTS[place]
    assert faults(data, scrubbed(data, "webm", profile=profile)) == []


@pytest.mark.parametrize("place", sorted(PLANTS))
def test_a_scrubber_that_does_nothing_is_caught(place: str) -> None:
    clean = pass_through(PLANTS[place], "share")
    assert CANARY[:4] in clean


def test_a_film_that_was_written_live_gets_its_lengths() -> None:
    data = film(is_open=True)
    clean = scrubbed(data, "webm")
    assert faults(data, clean) == []
    assert len(media(clean)) == len(BLOCKS) + len(SOUND)


def test_cues_stay_with_their_clusters() -> None:
    clean = scrubbed(film(), "webm")
    assert sum(id == 0xBB for id, _, _ in flat(clean)) == 2
    assert wrong_positions(clean) == []
    assert b"\x1c\x53\xbb\x6b" not in scrubbed(film(cue_track=7), "webm")
    assert b"\x1c\x53\xbb\x6b" not in scrubbed(film(cue_shift=3), "webm")


def test_checksums_are_passed_over() -> None:
    data = checked_film()
    header = routing.read_header(memoryview(data), "webm")
    assert (header.width, header.height) == (32, 24)
    told = {one.name for one in metadata.findings(memoryview(data), "webm")}
    assert told == {"Encoder", "Software"}
    clean = scrubbed(data, "webm")
    assert not [body for id, _, body in flat(clean) if id == 0xBF or b"\0\x9c\xff\0" in body]
    assert sum(id == 0xBB for id, _, _ in flat(clean)) == 1


def test_identities_of_tracks_become_their_numbers() -> None:
    assert b"\x11\x22\x33\x44\x55" not in scrubbed(film(), "webm")


def test_what_a_film_says_is_put_into_groups() -> None:
    date = element(0x4461, struct.pack(">q", 800_000_000 * 10**9))
    data = film(info=[element(0x7BA9, b"A title"), date], behind=tag("LOCATION", b"+48+002/"))
    told = {one.name: one.group.name for one in metadata.findings(memoryview(data), "webm")}
    assert told["Location"] == "PLACE"
    assert told["Title"] == "IDENTITY"
    assert told["ModifyDate"] == "TIME"
    clean = scrubbed(data, "webm", profile="minimal")
    assert struct.pack(">q", 800_000_000 * 10**9) in clean
    assert b"+48+002/" not in clean
    placed = scrubbed(data, "webm", keep=("place",))
    assert b"+48+002/" in placed
    assert b"A title" not in placed
    assert scrubbed(placed, "webm", keep=("place",)) == placed


def test_the_notice_and_the_mark_stay_as_tags() -> None:
    mark = b"http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
    data = film(behind=tag("COPYRIGHT", b"(c) me") + tag("DIGITAL_SOURCE_TYPE", mark))
    clean = scrubbed(data, "webm")
    assert mark in clean
    assert b"(c) me" in clean
    assert b"(c) me" not in scrubbed(data, "webm", profile="strict")
    assert scrubbed(clean, "webm") == clean
    _, changes = scrub.rewrite(memoryview(data), "webm", Wish())
    assert {one.what for one in changes if one.finding.name != "Encoder"} == {"kept"}


def test_numbers_of_colour_and_layout_stay() -> None:
    whole = element(
        0xE0,
        number(0xB0, 32),
        number(0xBA, 24),
        element(0x55B0, number(0x55B1, 9), element(0x55D0, element(0x55D9, bytes(4)))),
        element(0x7670, number(0x7671, 1), element(0x7672, b"shape".rjust(20))),
    )
    cut = element(0x5034, number(0x4254, 3), element(0x4255, b"cut"))
    stripped = element(0x6D80, element(0x6240, number(0x5031, 0), cut))
    clean = scrubbed(film(tracks=[track(1, 1, b"V_VP9", whole, stripped), AUDIO]), "webm")
    for id in (0x55B1, 0x55D9, 0x7672, 0x4255):
        assert id.to_bytes(2, "big") in clean
    assert b"shape" in clean
    assert b"cut" in clean


def test_heads_of_codings_keep_what_decoders_need() -> None:
    clean = bytes(clean_private(b"A_VORBIS", memoryview(vorbis(b"words"))))
    assert clean.endswith(b"\x05vorbis" + bytes(40))
    assert b"words" not in clean
    assert bytes(clean_private(b"A_FLAC", memoryview(flac(b"words"))))[4] == 0x80
    script = bytes(clean_private(b"S_TEXT/ASS", memoryview(SCRIPT)))
    assert script == b"[Script Info]\nPlayResX: 640\n[V4+ Styles]\nStyle: a\n"
    for coding, data in ((b"A_VORBIS", b"\3xx"), (b"A_FLAC", b"fLaC\x04" + bytes(40))):
        with pytest.raises(ContainerBroken):
            clean_private(coding, memoryview(data))
    mapped = b"OpusHead\x01\x06" + bytes(8) + b"\1" + bytes(8) + b"rest"
    assert len(clean_private(b"A_OPUS", memoryview(mapped))) == 27


def test_numbers_within_heads_stay() -> None:
    def kept(coding: bytes, data: bytes) -> bytes:
        return bytes(clean_private(coding, memoryview(data)))

    assert kept(b"V_VP9", b"\1\1\2\2\1\x0a\xff\1\1") == b"\1\1\2\2\1\x0a"
    lines = b"# words\nsize: 720x576\npalette: " + b", ".join([b"00ff00"] * 16) + b"\nid: en\n"
    assert kept(b"S_VOBSUB", lines) == lines[8:-7]
    user = b"\0\0\1\xb0\1\0\0\1\xb2Lavc\0\0\1\x20\2"
    assert kept(b"V_MPEG4/ISO/ASP", user) == b"\0\0\1\xb0\1\0\0\1\x20\2"
    assert kept(b"V_FFV1", bytes(42)) == bytes(42)
    assert kept(b"V_MS/VFW/FOURCC", bytes(40)) == bytes(40)
    for coding, size in ((b"V_FFV1", 200), (b"V_MS/VFW/FOURCC", 41), (b"A_MS/ACM", 19)):
        with pytest.raises(FormatUnknown):
            kept(coding, bytes(size))


def test_alpha_and_numbers_of_a_group_stay() -> None:
    alpha = element(0xA6, element(0xA5, b"coded alpha"))
    group = element(
        0xA0,
        element(0xA1, block(1, b"x")),
        element(0x75A1, alpha),
        number(0xFB, 4),
        number(0x9B, 5),
    )
    sides = element(0xE0, number(0xB0, 32), number(0xBA, 24), number(0x53C0, 1))
    clean = scrubbed(film(tracks=[track(1, 1, b"V_VP8", sides), AUDIO], between=[group]), "webm")
    assert element(0xA5, b"coded alpha", width=8) in clean
    assert element(0xFB, b"\4", width=8) in clean
    assert scrubbed(clean, "webm") == clean
    assert b"coded alpha" not in scrubbed(film(between=[group]), "webm")


def test_layers_of_dolby_vision_stay() -> None:
    told = bytes.fromhex("01001032 4f") + CANARY
    kind = element(0x41E7, b"dvcC")
    mapping = element(0x41E4, element(0x41A4, CANARY), kind, element(0x41ED, told))
    clean = scrubbed(film(tracks=[track(1, 1, b"V_VP8", PICTURE, mapping), AUDIO]), "webm")
    assert element(0x41ED, bytes.fromhex("01001032 4c") + bytes(19), width=8) in clean
    assert CANARY[:4] not in clean


def packed(*more: bytes) -> bytes:
    """A track whose blocks are packed."""
    how = element(0x6D80, element(0x6240, *more))
    return film(tracks=[track(1, 1, b"V_VP8", PICTURE, how)])


def encrypted() -> bytes:
    secret = element(0x6D80, element(0x6240, element(0x5035, b"")))
    return film(tracks=[track(1, 1, b"V_VP8", PICTURE, secret)])


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (encrypted(), FormatUnknown),
        (packed(number(0x5032, 3)), FormatUnknown),
        (packed(element(0x5034, number(0x4254, 3), element(0x4255, CANARY))), FormatUnknown),
        (film(tracks=[track(1, 1, b"V_MPEGI/ISO/VVC", PICTURE, private=CANARY)]), FormatUnknown),
        (film(kind=b"other"), FormatUnknown),
        (film(tracks=[track(1, 0x21, b"D_META")]), ContainerBroken),
        (film()[:40], ContainerBroken),
        (film()[:-30], ContainerBroken),
        (film(before=element(0xEC, b"")[:-1] + b"\xff"), ContainerBroken),
        (film(before=b"\0"), ContainerBroken),
        (film(before=b"\xec\0"), ContainerBroken),
        (film(tracks=[VIDEO.replace(number(0xD7, 1), element(0xD7, bytes(9)))]), ContainerBroken),
        (b"\x1a\x45\xdf\xa3", ContainerBroken),
        (element(0xEC, b""), ContainerBroken),
    ],
)
def test_what_cannot_be_is_refused(data: bytes, error: type[InputRefused]) -> None:
    with pytest.raises(error):
        scrubbed(data, "webm")


def test_the_header_has_the_films_size() -> None:
    header = routing.read_header(memoryview(film()), "webm")
    assert (header.width, header.height) == (32, 24)


def test_a_shared_film_shows_the_same_frames(shared_data: Path, tmp_path: Path) -> None:
    path = shared_data / "video" / "mdn" / "flower.webm"
    data = path.read_bytes()
    clean = scrubbed(data, "webm")
    out = tmp_path / path.name
    out.write_bytes(clean)
    assert frames(out) == frames(path) != []
    assert media(clean) == media(data)
    assert wrong_positions(clean) == []
    assert b"Lavf" not in clean
