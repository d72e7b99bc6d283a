"""TIFF scrubbed: nothing hides, pages and codings stay, raw files are refused by name."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image

from safelight.codecs import metadata, routing, scrub
from safelight.codecs.tiff_pages import read_document
from safelight.errors import ContainerBroken, FormatUnknown, InputRefused
from safelight.image import Profile, Wish
from tests.codecs.making import CANARY, picture, profile, saved, scrubbed
from tests.codecs.pixels import differences
from tests.codecs.planting_tiff import (
    HEIGHT,
    WIDTH,
    Page,
    page,
    pixels,
    plain_lzw,
    plants,
    rgb,
    tiff,
)
from tests.codecs.test_canaries import faults, pass_through
from tests.codecs.test_profiles import PACKET

PLANTS = plants()


def ours(data: bytes, profile: Profile) -> bytes:
    return scrubbed(data, "tiff", profile=profile)


@pytest.mark.parametrize("profile", ["share", "strict", "minimal"])
@pytest.mark.parametrize("place", sorted(PLANTS))
def test_the_canary_is_gone_and_the_pixels_are_the_same(place: str, profile: Profile) -> None:
    found = faults(ours, PLANTS[place], profile)
    if place in ("a reduced page", "a small picture as EXIF has it"):
        found = [fault for fault in found if "pixels" not in fault]
    assert found == []


@pytest.mark.parametrize("place", sorted(PLANTS))
def test_a_scrubber_that_does_nothing_is_caught(place: str) -> None:
    assert "the canary is still there" in faults(pass_through, PLANTS[place], "share")


def test_pages_stay_in_order_with_their_orientation() -> None:
    turned = {274: (3, (6,))}
    data = tiff(page(tags=turned), page(strip=bytes(len(pixels()))), page(tags={274: (3, (3,))}))
    clean = scrubbed(data, "tiff")
    assert differences(data, clean) == []
    header = routing.read_header(memoryview(clean), "tiff")
    assert (header.frames, header.orientation) == (3, 6)
    assert read_document(memoryview(clean)).pages[2].number(274, 1) == 3


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("is_big", [True, False])
def test_byte_order_and_width_stay(order: str, is_big: bool) -> None:
    data = tiff(page(), order=order, is_big=is_big)
    clean = scrubbed(data, "tiff")
    assert clean[:4] == data[:4]
    assert pixels() in clean


def test_a_small_picture_goes_even_when_asked_for_and_the_report_says_so() -> None:
    small = saved(picture(), "JPEG", comment=CANARY)
    small += b"\0" * (len(small) % 2)
    held = Page(rgb(6) | {513: (4, (8,)), 514: (4, (len(small),))}, [])
    data = memoryview(tiff(page(), held, gap=small))
    known = metadata.read_blocks(metadata.blocks_of(data, "tiff"))
    assert known.exif is not None
    assert bytes(known.exif.thumbnail or b"") == small
    pieces, changes = scrub.rewrite(data, "tiff", Wish(keep=("thumbnail",)))
    named = {one.finding.name: one.what for one in changes}
    assert (named["Thumbnail"], named["ReducedPage"]) == ("removed", "removed")
    assert b"\xff\xd8\xff" not in b"".join(pieces)
    assert "kept" not in {one.what for one in changes}


def test_the_notice_dates_and_mark_cross_over_into_the_first_page() -> None:
    inner = Page({0x9003: (2, b"2026:01:02 03:04:05\0"), 0x829A: (5, (1, 4))}, [])
    first = page(tags={33_432: (2, b"(c) 2026 me\0"), 700: (1, PACKET), 315: (2, b"A. Person\0")})
    first.inner = {0x8769: [inner]}
    data = tiff(first, page())
    share = {finding.name for finding in metadata.findings(memoryview(ours(data, "share")), "tiff")}
    assert {"Copyright", "XMP rights", "XMP DigitalSourceType"} <= share
    assert not share & {"Artist", "DateTimeOriginal", "ExposureTime"}
    minimal = ours(data, "minimal")
    names = {finding.name for finding in metadata.findings(memoryview(minimal), "tiff")}
    assert {"DateTimeOriginal", "ExposureTime"} <= names
    with Image.open(io.BytesIO(minimal)) as read:
        assert read.getexif().get_ifd(0x8769)[0x9003] == "2026:01:02 03:04:05"
        assert getattr(read, "n_frames", 1) == 2


def test_a_place_that_is_asked_for_stays_in_a_big_file_too() -> None:
    for is_big in (True, False):
        first = page()
        first.inner = {0x8825: [Page({1: (2, b"N\0"), 2: (5, (48, 1, 51, 1, 29, 1))}, [])]}
        clean = scrubbed(tiff(first, is_big=is_big), "tiff", keep=("place",))
        found = {one.name: one.value for one in metadata.findings(memoryview(clean), "tiff")}
        assert found["GPSLatitude"].startswith("48.858")


def test_every_page_keeps_a_clean_profile() -> None:
    data = tiff(page(tags={34_675: (7, profile())}), page(tags={34_675: (7, profile(CANARY))}))
    pages = read_document(memoryview(ours(data, "share"))).pages
    assert all(one.profile is not None for one in pages)
    strict = read_document(memoryview(ours(data, "strict"))).pages
    assert bytes(strict[0].profile or b"") == bytes(strict[1].profile or b"")


def test_tiles_planes_depths_and_codings_keep_their_bytes() -> None:
    tile = Page(rgb() | {322: (3, (32,)), 323: (3, (32,))}, [bytes(range(256)) * 12], is_tiled=True)
    apart = Page(
        rgb() | {284: (3, (2,)), 278: (3, (8,))},
        [bytes([n]) * (WIDTH * 8) for n in range(6)],
    )
    deep = Page(
        rgb() | {258: (3, (32, 32, 32)), 339: (3, (3, 3, 3))},
        [struct.pack(f"<{3 * WIDTH * HEIGHT}f", *range(3 * WIDTH * HEIGHT))],
    )
    fax = Page({**rgb(4), 258: (3, (1,)), 262: (3, (0,)), 277: (3, (1,))}, [b"\0\x10\x01"])
    packed = page(8, zlib.compress(pixels()))
    lzw = page(5, plain_lzw(pixels()))
    for one in (tile, apart, deep, fax, packed, lzw):
        clean = scrubbed(tiff(one), "tiff")
        assert all(strip in clean for strip in one.strips)


def test_strips_that_several_entries_name_are_kept_once() -> None:
    data = bytearray(tiff(Page(rgb() | {278: (3, (8,))}, [bytes(WIDTH * 24), bytes(WIDTH * 24)])))
    first, second = 8, 8 + WIDTH * 24
    at = data.rindex(struct.pack("<II", first, second))
    struct.pack_into("<II", data, at, first, first)
    clean = scrubbed(bytes(data), "tiff")
    assert len(clean) < len(data) - WIDTH * 20


def test_a_level_of_a_pyramid_stays_and_a_small_copy_goes() -> None:
    level = Page(
        rgb() | {254: (4, (1,)), 322: (3, (32,)), 323: (3, (32,))}, [bytes(3072)], is_tiled=True
    )
    small = Page(rgb() | {254: (4, (1,))}, [pixels()])
    assert len(read_document(memoryview(tiff(page(), level, small))).pages) == 2
    _, changes = scrub.rewrite(memoryview(tiff(page(), small)), "tiff", Wish())
    assert ("removed", "ReducedPage") in [(one.what, one.finding.name) for one in changes]


def raw_files() -> dict[str, bytes]:
    small = rgb() | {254: (4, (1,)), 271: (2, b"NIKON\0")}
    mosaic = Page(rgb() | {262: (3, (32_803,))}, [pixels()])
    nef = Page(small, [pixels()], inner={330: [mosaic]})
    coded = Page(rgb(65_535) | {271: (2, b"PENTAX\0")}, [pixels()])
    canon = bytearray(tiff(page(), gap=b"CR\x02\0" + bytes(8)))
    return {
        "DNG": tiff(page(tags={50_706: (1, b"\1\4\0\0")})),
        "NEF": tiff(nef),
        "PEF": tiff(coded),
        "CR2": bytes(canon),
    }


@pytest.mark.parametrize("name", sorted(raw_files()))
def test_a_raw_file_of_a_camera_is_refused_by_name(name: str) -> None:
    with pytest.raises(FormatUnknown, match="raw file of a camera"):
        scrubbed(raw_files()[name], "tiff")


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (tiff(page(6)), FormatUnknown),
        (tiff(page(31_000)), FormatUnknown),
        (tiff(page(strip=b"")), ContainerBroken),
        (tiff(Page(rgb(), [])), ContainerBroken),
        (tiff(page(tags={257: (3, (0,))})), ContainerBroken),
        (tiff(page(tags={277: (3, (99,))})), ContainerBroken),
        (tiff(page(8, b"no stream")), ContainerBroken),
        (tiff(page(5, b"\x80\x7f\xc0")), ContainerBroken),
        (
            tiff(page(tags={256: (4, (4_000_000,)), 278: (3, (1,)), 257: (4, (5_000_000,))})),
            InputRefused,
        ),
        (tiff(), ContainerBroken),
        (b"IX*\0" + bytes(20), ContainerBroken),
    ],
)
def test_what_cannot_be_is_refused(data: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        scrubbed(data, "tiff")


def test_pixels_outside_of_the_file_are_refused() -> None:
    data = tiff(page(8, zlib.compress(pixels())))
    at = data.rindex(struct.pack("<HHI", 273, 4, 1)) + 8
    with pytest.raises(ContainerBroken):
        scrubbed(data[:at] + struct.pack("<I", len(data)) + data[at + 4 :], "tiff")


def test_lengths_that_are_missing_are_counted_where_nothing_is_coded() -> None:
    data = tiff(page())
    at = data.rindex(struct.pack("<HHI", 279, 4, 1))
    clean = scrubbed(data[:at] + struct.pack("<H", 60_000) + data[at + 2 :], "tiff")
    assert clean == scrubbed(data, "tiff")
    coded = tiff(page(8, zlib.compress(pixels())))
    at = coded.rindex(struct.pack("<HHI", 279, 4, 1))
    with pytest.raises(ContainerBroken, match="how long"):
        scrubbed(coded[:at] + struct.pack("<H", 60_000) + coded[at + 2 :], "tiff")


def test_what_pillow_writes_in_every_coding_keeps_its_pixels() -> None:
    for coding in ("raw", "tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg"):
        data = saved(
            picture(83, 61), "TIFF", compression=coding, tiffinfo={315: "A. Person", 274: 6}
        )
        clean = scrubbed(data, "tiff")
        assert differences(data, clean) == [], coding
        assert b"A. Person" not in clean
        assert routing.read_header(memoryview(clean), "tiff").orientation == 6


def test_shared_files_keep_their_pictures(shared_data: Path) -> None:
    wrong, done = {}, 0
    for folder in ("metadata", "formats"):
        for path in sorted((shared_data / folder).rglob("*")):
            data = path.read_bytes() if path.is_file() else b""
            if routing.route(data[:132]) != "tiff" or path.suffix == ".cr2":
                continue
            clean = scrubbed(data, "tiff")
            done += 1
            if differences(data, clean) or scrubbed(clean, "tiff") != clean:
                wrong[path.name] = differences(data, clean)
    assert wrong == {}
    assert done > 35
