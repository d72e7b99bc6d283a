"""JPEG with more than one picture: a gain map stays scrubbed, the rest goes and is told."""

from __future__ import annotations

import io
import re
import struct
from pathlib import Path

import pytest
import pyvips
from PIL import JpegImagePlugin, MpoImagePlugin

from safelight.audit.names import public_name
from safelight.codecs import metadata, scrub
from safelight.formats import Format
from safelight.image import Finding, Profile, Risk, Wish
from tests.codecs import planting_jpeg as made
from tests.codecs.making import (
    CANARY,
    exif,
    jpeg,
    picture,
    profile,
    scrubbed,
    segment,
    with_segments,
    xmp,
)
from tests.codecs.making_heif import DEPTH, auxiliary, box, coded, whole
from tests.codecs.pixels import differences
from tests.codecs.test_canaries import faults, ours, pass_through

PLANTS = made.plants()
MAPPED = (
    "libavif/paris_exif_xmp_gainmap_littleendian.jpg",
    "libavif/paris_exif_xmp_icc_gainmap_bigendian.jpg",
    "libavif/seine_sdr_different_gainmap_srgb.jpg",
    "libavif/apple_gainmap_new.jpg",
)


def told(data: bytes, **wish: object) -> dict[str, str]:
    """What became of each finding."""
    _, changes = scrub.rewrite(memoryview(data), "jpeg", Wish(**wish))  # type: ignore[arg-type] # any field
    return {change.finding.name: change.what for change in changes}


def found(data: bytes) -> dict[str, Finding]:
    return {one.name: one for one in metadata.findings(memoryview(data), "jpeg")}


def pictures(data: bytes) -> list[bytes]:
    """The pixels of every picture that the index lists, by Pillow."""
    image = JpegImagePlugin.JpegImageFile(io.BytesIO(data))
    listed = image._getmp()
    if listed is None:
        return [image.tobytes()]
    every = MpoImagePlugin.MpoImageFile.adopt(image, listed)
    out = []
    for number in range(every.n_frames):
        every.seek(number)
        out.append(every.tobytes())
    return out


@pytest.mark.parametrize("profile", ["share", "strict", "minimal"])
@pytest.mark.parametrize("place", sorted(PLANTS))
def test_the_canary_is_gone_and_the_pixels_are_the_same(place: str, profile: Profile) -> None:
    assert faults(ours, PLANTS[place], profile) == []


@pytest.mark.parametrize("place", sorted(PLANTS))
def test_a_scrubber_that_does_nothing_is_caught(place: str) -> None:
    assert "the canary is still there" in faults(pass_through, PLANTS[place], "share")


@pytest.mark.parametrize("profile", ["share", "strict", "minimal"])
def test_a_gain_map_stays_unless_strict_and_it_is_told(profile: Profile) -> None:
    data = made.shown() + made.gain_map()
    clean = scrubbed(data, "jpeg", profile=profile)
    is_kept = profile != "strict"
    what = "kept" if is_kept else "removed"
    said = told(data, profile=profile)
    assert said["gain map"] == said["XMP GainMapMax"] == said["XMP HDRCapacityMax"] == what
    assert len(pictures(clean)) == (2 if is_kept else 1)
    assert (made.HDR.encode() in clean) == is_kept
    assert ("gain map" in found(clean)) == is_kept
    assert told(data, profile=profile, keep=("colour",))["gain map"] == "kept"


def test_a_gain_map_comes_along_pixel_for_pixel_with_its_index_and_announcement() -> None:
    small = made.gain_map(segment(0xFE, b"A. Person"))
    clean = scrubbed(made.shown() + small, "jpeg")
    assert pictures(clean) == [pictures(jpeg())[0], pictures(small)[0]]
    assert b"A. Person" not in clean
    length = re.search(rb'Item:Length="(\d+)"', clean)
    assert length is not None
    behind = clean[-int(length[1]) :]
    assert behind.startswith(b"\xff\xd8\xff")
    assert pictures(behind) == pictures(small)
    assert found(clean).keys() <= {*(f"XMP {name}" for name in made.NUMBERS), *ANNOUNCED}


ANNOUNCED = ("XMP Version", "XMP Directory", "gain map")


def test_binary_numbers_stay_and_are_announced() -> None:
    small = with_segments(jpeg(picture(12, 8, "L")), segment(0xE2, made.binary()))
    data = with_segments(jpeg(), segment(0xE2, made.ISO + bytes(4))) + small
    clean = scrubbed(data, "jpeg")
    assert clean.count(made.ISO) == 2
    assert made.binary() in clean
    assert told(data) == {"gain map": "kept"}
    later = data.replace(made.binary(), made.ISO + b"\0\1" + made.binary()[len(made.ISO) + 2 :])
    assert len(pictures(scrubbed(later, "jpeg"))) == 1


def test_three_channels_and_one_denominator_have_their_own_length() -> None:
    many = made.ISO + bytes(4) + b"\x80" + struct.pack(">II", 1, 1) * 17
    one = made.ISO + bytes(4) + b"\x08" + struct.pack(">8I", 1, *range(1, 8))
    for raw in (many, one):
        small = with_segments(jpeg(picture(12, 8, "L")), segment(0xE2, raw + CANARY))
        clean = scrubbed(jpeg() + small, "jpeg")
        assert segment(0xE2, raw) in clean
        assert CANARY not in clean


def test_further_pictures_go_unless_thumbnails_are_asked_for() -> None:
    data = made.many()
    assert told(data)["further picture"] == told(data)["motion photo video"] == "removed"
    assert len(pictures(scrubbed(data, "jpeg"))) == 2
    asked = scrubbed(data, "jpeg", keep=("thumbnail",))
    assert pictures(asked)[2] == pictures(jpeg(picture(40, 30)))[0]
    said = told(data, keep=("thumbnail",))
    assert said["further picture"] == "kept"
    assert said["motion photo video"] == "removed"
    assert scrubbed(asked, "jpeg", keep=("thumbnail",)) == asked


def test_a_profile_of_a_gain_map_is_clean_and_is_not_that_of_the_picture() -> None:
    clean = scrubbed(made.many(b"A. Person"), "jpeg")
    first, second = clean.split(b"\xff\xd9\xff\xd8")
    assert b"ICC_PROFILE" not in first
    assert b"ICC_PROFILE" in second
    assert "A. Person".encode("utf-16-be") not in clean


def test_what_lies_behind_the_end_has_a_name() -> None:
    behind = found(jpeg() + made.SAMSUNG)
    assert behind["motion photo video"].group == Risk.THUMBNAIL
    assert behind["motion photo video"].value == f"{len(made.FILM)} bytes"
    assert "Samsung trailer" in behind
    listed = with_segments(jpeg(), made.index(1, (9, 5)).replace(bytes(4), b"\0\1\0\1", 1))
    assert "MPF" in found(listed)
    assert "Trailer" in found(jpeg() + b"words")


def test_a_receipt_can_repeat_every_name() -> None:
    for data in (made.many(), jpeg() + made.SAMSUNG, jpeg() + made.FILM):
        assert {public_name(name) for name in found(data)} == found(data).keys()
    deep = coded("heic").item(auxiliary(DEPTH), links=((b"auxl", (1,)),))
    data = whole("heic", deep, handler=b"words", after=(box(b"mpvd", made.FILM),)).written()
    names = {one.name for one in metadata.findings(memoryview(data), "heic")}
    assert names == {public_name(name) for name in names}
    assert names >= {"depth map", "motion photo video", "handler name"}


def test_what_announces_a_picture_that_is_gone_goes_whatever_is_kept() -> None:
    camera = "http://ns.google.com/photos/1.0/camera/"
    words = xmp("<g:MotionPhoto>1</g:MotionPhoto><g:CaptureMode>7</g:CaptureMode>", g=camera)
    packet = segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + words)
    every = ("colour", "device", "thumbnail", "other")
    clean = scrubbed(with_segments(jpeg(), packet) + made.FILM, "jpeg", keep=every)
    assert b"CaptureMode" in clean
    assert b"MotionPhoto" not in clean
    alone = scrubbed(made.shown(), "jpeg", keep=every)
    assert made.HDR.encode() not in alone
    twice = scrubbed(made.shown() + made.gain_map(), "jpeg", keep=every)
    assert twice.count(b"hdrgm:Version") == 2


def test_a_film_behind_a_picture_says_what_a_film_says() -> None:
    place = box(b"udta", box(b"\xa9xyz", struct.pack(">HH", 18, 0x15C7) + b"+48.8584+002.2945/"))
    film = made.FILM.replace(box(b"moov", CANARY), box(b"moov", place))
    files: dict[Format, bytes] = {
        "jpeg": jpeg() + film,
        "heic": whole("heic", after=(box(b"mpvd", film),)).written(),
    }
    for format, data in files.items():
        groups = {one.group for one in metadata.findings(memoryview(data), format)}
        assert {Risk.PLACE, Risk.THUMBNAIL} <= groups
        assert b"48.8584" not in scrubbed(data, format)


def test_a_preview_is_called_by_its_name() -> None:
    hidden = jpeg(picture(40, 30))
    head = made.index(1, (len(hidden), 0))
    start = len(with_segments(jpeg(), head)) - 2 - 8
    listed = made.index(1, (len(hidden), start))
    at = listed.rindex(struct.pack(">II", 0, len(hidden)))
    named = listed[:at] + struct.pack(">I", 0x010002) + listed[at + 4 :]
    assert "preview" in found(with_segments(jpeg(), named) + hidden)


def test_metadata_of_a_gain_map_is_told_and_is_not_taken_for_that_of_the_picture() -> None:
    tags = exif({0x8298: "(c) A. Person", 0x0112: 6})
    data = made.shown() + made.gain_map(segment(0xE1, b"Exif\0\0" + tags))
    assert told(data)["Copyright"] == told(data)["Orientation"] == "removed"


def test_a_name_that_two_pictures_have_is_kept_for_one_and_removed_for_the_other() -> None:
    own, other = (exif({0x0132: f"2020:01:0{day} 00:00:00"}) for day in (1, 2))
    data = with_segments(made.shown(), segment(0xE1, b"Exif\0\0" + own))
    data += made.gain_map(segment(0xE1, b"Exif\0\0" + other))
    _, changes = scrub.rewrite(memoryview(data), "jpeg", Wish(profile="minimal"))
    dates = {one.finding.value[:10]: one.what for one in changes if "Date" in one.finding.name}
    assert dates == {"2020:01:01": "kept", "2020:01:02": "removed"}


def test_extended_xmp_is_read_to_its_end_and_goes() -> None:
    packet = xmp(f"<d:creator>{'x' * 300}</d:creator><d:title>T</d:title>", d=DC)
    head = b"http://ns.adobe.com/xmp/extension/\0" + b"A" * 32
    parts = [
        segment(0xE1, head + struct.pack(">II", len(packet), at) + packet[at : at + 100])
        for at in range(0, len(packet), 100)
    ]
    data = with_segments(jpeg(), *reversed(parts))
    assert found(data)["XMP title"].value == "T"
    assert told(data)["XMP title"] == "removed"
    assert scrubbed(data, "jpeg") == scrubbed(jpeg(), "jpeg")


DC = "http://purl.org/dc/elements/1.1/"


@pytest.mark.parametrize("name", MAPPED)
def test_gain_maps_of_others_keep_their_pixels(shared_data: Path, name: str) -> None:
    data = (shared_data / "metadata" / name).read_bytes()
    clean = scrubbed(data, "jpeg")
    assert differences(data, clean) == []
    assert pictures(clean) == pictures(data)
    assert scrubbed(clean, "jpeg") == clean
    assert differences(data, scrubbed(data, "jpeg", profile="strict")) == []


def bright(data: bytes) -> dict[str, object]:
    """What another reader of gain maps makes of the file: its numbers, and both pictures."""
    image = pyvips.Image.uhdrload_buffer(data)
    names = [name for name in image.get_fields() if name.startswith("gainmap-")]
    numbers = {name: image.get(name) for name in names if name != "gainmap-data"}
    small = pyvips.Image.jpegload_buffer(image.get("gainmap-data"))
    return {**numbers, "pixels": image.write_to_memory(), "map": small.write_to_memory()}


def test_another_reader_sees_the_same_bright_picture(shared_data: Path) -> None:
    apple = (shared_data / "metadata" / "libavif/apple_gainmap_new.jpg").read_bytes()
    written = pyvips.Image.uhdrload_buffer(apple).uhdrsave_buffer(Q=80)
    colour = segment(0xE2, b"ICC_PROFILE\0\1\1" + profile())
    drawn = made.shown(colour) + made.gain_map(colour)
    ready = scrubbed(drawn, "jpeg")
    for data in (apple, written, ready):
        assert bright(scrubbed(data, "jpeg")) == bright(data)
    with pytest.raises(pyvips.Error):
        bright(scrubbed(apple, "jpeg", profile="strict"))
