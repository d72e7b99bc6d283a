"""Containers written anew: structure, order, odd but valid files, and refusal of broken ones."""

from __future__ import annotations

import struct
import zlib

import numpy
import pytest
import pyvips

from safelight.codecs import routing
from safelight.errors import ContainerBroken
from safelight.formats import Format
from tests.codecs.making import (
    chunk,
    exif,
    extended,
    jpeg,
    picture,
    png,
    png_chunks,
    png_of,
    profile,
    riff_chunk,
    riff_chunks,
    saved,
    scrubbed,
    segment,
    webp,
    webp_of,
    with_chunks,
    with_segments,
)
from tests.codecs.pixels import differences, stored

FRAME = segment(0xC0, struct.pack(">BHHB", 8, 4, 4, 1) + b"\1\x11\0")
SCAN = segment(0xDA, b"\1\1\0\0\x3f\0") + b"\x12\x34"


def markers(data: bytes) -> list[int]:
    """The markers of a JPEG up to its first scan."""
    found, at = [], 2
    while at < len(data):
        found.append(data[at + 1])
        if data[at + 1] == 0xDA:
            return found
        at += 2 + struct.unpack_from(">H", data, at + 2)[0]
    return found


def test_a_jpeg_comes_out_in_the_usual_order() -> None:
    data = jpeg(exif=exif({0x0112: 3}), icc_profile=profile())
    assert markers(scrubbed(data, "jpeg")) == [0xE0, 0xE1, 0xE2, 0xC0, 0xDB, 0xC4, 0xDA]


def test_a_jpeg_without_a_jfif_mark_gets_none() -> None:
    cmyk = jpeg(picture(mode="CMYK"))
    assert markers(scrubbed(cmyk, "jpeg"))[0] == 0xEE


@pytest.mark.parametrize(
    "options",
    [
        {"progressive": True},
        {"progressive": True, "restart_marker_blocks": 2},
        {"restart_marker_rows": 1},
        {"optimize": True, "subsampling": 0},
        {"quality": 100},
        {"streamtype": 0, "quality": 30},
    ],
)
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_every_kind_of_jpeg_keeps_its_pixels(options: dict[str, object], mode: str) -> None:
    data = jpeg(picture(83, 61, mode), **options)
    clean = scrubbed(data, "jpeg")
    assert differences(data, clean) == []
    assert len(clean) <= len(data) + 40


def test_a_table_goes_out_before_the_scan_that_needs_it() -> None:
    data = jpeg(progressive=True)
    at = data.index(b"\xff\xda")
    first = data.index(b"\xff\xc4")
    size = struct.unpack_from(">H", data, first + 2)[0]
    moved = data[:first] + data[first + 2 + size : at] + data[first : first + 2 + size] + data[at:]
    assert differences(moved, scrubbed(moved, "jpeg")) == []


def test_a_profile_in_many_parts_is_joined_and_parted_again() -> None:
    raw = profile()
    parts = [raw[at : at + 100] for at in range(0, len(raw), 100)]
    segments = [
        segment(0xE2, b"ICC_PROFILE\0" + bytes((number, len(parts))) + part)
        for number, part in enumerate(parts, 1)
    ]
    whole = with_segments(jpeg(), *reversed(segments))
    assert scrubbed(whole, "jpeg") == scrubbed(jpeg(icc_profile=raw), "jpeg")


def test_arithmetic_coding_keeps_its_conditioning() -> None:
    head = struct.pack(">BHHB", 8, 4, 4, 1) + b"\1\x11\0"
    used, unused = b"\0\x10\x10\5", b"\3\x10"
    data = b"\xff\xd8" + segment(0xC9, head) + segment(0xCC, used + unused) + SCAN + b"\xff\xd9"
    clean = scrubbed(data, "jpeg")
    assert segment(0xCC, used) in clean
    assert clean.endswith(SCAN + b"\xff\xd9")


def test_a_late_height_falls_away() -> None:
    late = segment(0xDC, b"\0\4")
    data = b"\xff\xd8" + FRAME + SCAN + late + b"\xff\xd9"
    assert scrubbed(data, "jpeg").endswith(SCAN + b"\xff\xd9")
    early = b"\xff\xd8" + late + FRAME + SCAN + b"\xff\xd9"
    with pytest.raises(ContainerBroken):
        scrubbed(early, "jpeg")


def test_fill_and_lone_markers_fall_away() -> None:
    data = jpeg()
    odd = b"\xff\xd8\xff\x01\xff\xd3\xff\xff\xff" + data[3:-2] + b"\xff\xff\xff\xff\xd9"
    assert scrubbed(odd, "jpeg") == scrubbed(data, "jpeg")


BROKEN: dict[str, tuple[Format, bytes]] = {
    "jpeg without an end": ("jpeg", jpeg()[:-2]),
    "jpeg cut within pixels": ("jpeg", jpeg(picture(200, 200))[:-900]),
    "jpeg cut within a segment": ("jpeg", jpeg()[:40]),
    "jpeg of something else": ("jpeg", b"no jpeg"),
    "jpeg without pixels": ("jpeg", b"\xff\xd8" + FRAME + b"\xff\xd9"),
    "jpeg with a scan first": ("jpeg", b"\xff\xd8" + SCAN + b"\xff\xd9"),
    "jpeg with two frames": ("jpeg", b"\xff\xd8" + FRAME + FRAME + SCAN + b"\xff\xd9"),
    "jpeg with a frame of no parts": ("jpeg", b"\xff\xd8" + segment(0xC0, bytes(6)) + SCAN),
    "jpeg with a short scan head": (
        "jpeg",
        b"\xff\xd8" + FRAME + segment(0xDA, b"\1\1\0") + b"\xff\xd9",
    ),
    "jpeg with a scan of another part": (
        "jpeg",
        b"\xff\xd8" + FRAME + segment(0xDA, b"\1\7\0\0\x3f\0") + b"\xff\xd9",
    ),
    "jpeg with an odd restart": ("jpeg", with_segments(jpeg(), segment(0xDD, b"\1"))),
    "jpeg with an odd marker": ("jpeg", with_segments(jpeg(), segment(0xF7, b"\1"))),
    "jpeg with a wrong table": ("jpeg", with_segments(jpeg(), segment(0xDB, b"\x2f" + bytes(64)))),
    "jpeg with a short table": ("jpeg", with_segments(jpeg(), segment(0xDB, b"\0" + bytes(50)))),
    "jpeg with a wrong code table": (
        "jpeg",
        with_segments(jpeg(), segment(0xC4, b"\x55" + bytes(16))),
    ),
    "jpeg with a second start": ("jpeg", with_segments(jpeg(), segment(0xD8, b""))),
    "jpeg of endless segments": ("jpeg", with_segments(jpeg(), *[segment(0xFE, b"")] * 8_200)),
    "png of something else": ("png", b"no png at all"),
    "png with a wrong checksum": ("png", png().replace(b"IDAT", b"IDAU", 1)),
    "png with a wrong header checksum": ("png", png()[:29] + b"xxxx" + png()[33:]),
    "png with an unknown critical chunk": ("png", with_chunks(png(), (b"ABCD", b""))),
    "png with two headers": ("png", with_chunks(png(), png_chunks(png())[0])),
    "png with a wrong palette": ("png", with_chunks(png(), (b"PLTE", b"1234"))),
    "png without its palette": (
        "png",
        png_of(pair for pair in png_chunks(png(picture(mode="P"))) if pair[0] != b"PLTE"),
    ),
    "png without pixels": (
        "png",
        png_of(pair for pair in png_chunks(png()) if pair[0] != b"IDAT"),
    ),
    "png with an end that is not empty": ("png", png()[:-12] + chunk(b"IEND", b"x")),
    "png with damaged pixels": (
        "png",
        png_of([png_chunks(png())[0], (b"IDAT", b"x" * 99), (b"IEND", b"")]),
    ),
    "webp of something else": ("webp", b"no webp"),
    "webp without a picture": ("webp", webp_of(extended(0, 4, 4))),
    "webp of nothing": ("webp", webp_of()),
    "webp without frames": ("webp", webp_of(extended(2, 4, 4), riff_chunk(b"ANIM", bytes(6)))),
    "webp with a short animation": ("webp", webp_of(extended(2, 4, 4), riff_chunk(b"ANIM", b""))),
    "webp with an empty frame": (
        "webp",
        webp_of(extended(2, 4, 4), riff_chunk(b"ANIM", bytes(6)), riff_chunk(b"ANMF", bytes(16))),
    ),
    "webp with a short header": ("webp", webp_of(riff_chunk(b"VP8X", b"12"), webp()[12:])),
}


@pytest.mark.parametrize("name", sorted(BROKEN))
def test_a_broken_container_is_refused(name: str) -> None:
    format, data = BROKEN[name]
    with pytest.raises(ContainerBroken):
        scrubbed(data, format)


def rows(data: bytes) -> bytes:
    return zlib.decompress(b"".join(body for type, body in png_chunks(data) if type == b"IDAT"))


def test_short_pixels_of_a_png_are_refused() -> None:
    head, end = png_chunks(png())[0], (b"IEND", b"")
    short = zlib.compress(rows(png())[:-1])
    with pytest.raises(ContainerBroken):
        scrubbed(png_of([head, (b"IDAT", short), end]), "png")
    half = zlib.compress(rows(png()))[:60]
    for bodies in ([half], [half[:9], half[9:]], [b""]):
        with pytest.raises(ContainerBroken):
            scrubbed(png_of([head, *((b"IDAT", body) for body in bodies), end]), "png")


def test_a_png_whose_stream_lacks_its_end_is_packed_anew() -> None:
    head, end = png_chunks(png())[0], (b"IEND", b"")
    packer = zlib.compressobj()
    body = packer.compress(rows(png())) + packer.flush(zlib.Z_FULL_FLUSH)
    clean = scrubbed(png_of([head, (b"IDAT", body), end]), "png")
    assert rows(clean) == rows(png())


def test_pixels_in_many_chunks_stay_as_they_are() -> None:
    chunks = png_chunks(png())
    at = [type for type, _ in chunks].index(b"IDAT")
    body = chunks[at][1]
    parts = [(b"IDAT", body[n : n + 7]) for n in range(0, len(body), 7)] + [(b"IDAT", b"")]
    data = png_of([*chunks[:at], *parts[:-1], *chunks[at + 1 :]])
    assert scrubbed(data, "png") == data
    trailing = png_of([*chunks[:at], *parts, *chunks[at + 1 :]])
    assert scrubbed(trailing, "png") == data


def test_chunks_that_make_the_look_of_a_png_stay_in_their_order() -> None:
    looks = [(b"gAMA", bytes(4)), (b"cHRM", bytes(32)), (b"sRGB", b"\0"), (b"sBIT", b"\5\6\5")]
    later = [(b"tRNS", bytes(6)), (b"bKGD", bytes(6)), (b"pHYs", bytes(9))]
    data = with_chunks(png(), *looks, *later)
    assert scrubbed(data, "png") == data


def test_a_profile_takes_the_place_of_the_srgb_chunk() -> None:
    data = with_chunks(png(icc_profile=profile()), (b"sRGB", b"\0"))
    names = [type for type, _ in png_chunks(scrubbed(data, "png"))]
    assert names == [b"IHDR", b"iCCP", b"IDAT", b"IEND"]


def animated_png() -> bytes:
    frames = [picture(20, 10), picture(20, 10).rotate(180)]
    return saved(frames[0], "PNG", save_all=True, append_images=frames[1:], loop=3)


def test_an_animated_png_stays_as_it_is() -> None:
    assert scrubbed(animated_png(), "png") == animated_png()


def test_a_still_before_an_animation_stays_apart_from_it() -> None:
    frames = [picture(20, 10).rotate(90 * n, expand=False) for n in range(3)]
    data = saved(frames[0], "PNG", save_all=True, append_images=frames[1:], default_image=True)
    clean = scrubbed(data, "png")
    assert differences(data, clean) == []
    assert routing.read_header(memoryview(clean), "png").frames == 2


def changed_animation(name: str) -> bytes:
    chunks = png_chunks(animated_png())
    names = [type for type, _ in chunks]
    control, pixels, last = names.index(b"acTL"), names.index(b"IDAT"), names.index(b"fdAT")
    second = len(names) - 1 - names[::-1].index(b"fcTL")
    changes = {
        "a gap in the numbers": (last, (b"fdAT", b"\0\0\0\x09" + chunks[last][1][4:])),
        "a short control": (second, (b"fcTL", chunks[second][1][:20])),
        "too few frames": (control, (b"acTL", struct.pack(">II", 9, 0))),
        "no frame size": (second, (b"fcTL", chunks[second][1][:4] + bytes(22))),
        "a frame outside": (
            second,
            (b"fcTL", chunks[second][1][:12] + struct.pack(">II", 99, 99) + bytes(6)),
        ),
        "data without control": (pixels - 1, (b"fdAT", bytes(4))),
        "a short number": (last, (b"fdAT", b"\0")),
        "a second count": (second, chunks[control]),
    }
    at, replacement = changes[name]
    chunks[at] = replacement
    return png_of(chunks)


@pytest.mark.parametrize(
    "name",
    [
        *("a gap in the numbers", "a short control", "too few frames", "no frame size"),
        *("a frame outside", "data without control", "a short number", "a second count"),
    ],
)
def test_an_animation_that_no_decoder_plays_leaves_its_still(name: str) -> None:
    clean = scrubbed(changed_animation(name), "png")
    assert [type for type, _ in png_chunks(clean)] == [b"IHDR", b"IDAT", b"IEND"]
    assert rows(clean) == rows(animated_png())


def test_a_damaged_animation_chunk_leaves_the_still() -> None:
    data = animated_png()
    at = data.index(b"fcTL") + 30
    clean = scrubbed(data[:at] + b"xxxx" + data[at + 4 :], "png")
    assert b"acTL" not in clean


def test_every_depth_and_colour_of_png_keeps_its_pixels() -> None:
    for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"):
        data = png(
            picture(37, 23).convert("L").convert(mode) if mode == "I;16" else picture(37, 23, mode)
        )
        assert differences(data, scrubbed(data, "png")) == [], mode


@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize("size", [(1, 1), (3, 2), (37, 23)])
def test_an_interlaced_png_stays_as_it_is(size: tuple[int, int], mode: str) -> None:
    source = pyvips.Image.new_from_array(numpy.asarray(picture(*size, mode)))
    data = source.write_to_buffer(".png", interlace=True, keep="none")
    assert data[28] == 1
    assert scrubbed(data, "png") == data
    tail = png_of(
        (type, body + b"CANARY" if type == b"IDAT" else body) for type, body in png_chunks(data)
    )
    assert scrubbed(tail, "png") == data


def test_a_simple_webp_stays_simple_and_grows_a_header_only_for_what_it_keeps() -> None:
    plain = webp()
    assert scrubbed(plain, "webp") == plain
    turned = scrubbed(webp(exif=exif({0x0112: 6})), "webp")
    assert [type for type, _ in riff_chunks(turned)] == [b"VP8X", b"VP8 ", b"EXIF"]
    assert turned[20] == 0x08


def test_a_webp_header_tells_the_truth_afterwards() -> None:
    lied = webp_of(extended(0x3C, 24, 16), webp()[12:])
    assert scrubbed(lied, "webp")[20] == 0x10, "decoders take alpha from here: it stays"
    clear = picture(mode="RGBA")
    clear.putpixel((0, 0), (9, 9, 9, 9))
    for lossless in (True, False):
        data = webp(clear, lossless=lossless, exif=exif({0x0112: 6}))
        clean = scrubbed(data, "webp")
        assert clean[20] == 0x18
        assert stored(clean) == stored(data)


def test_an_animated_webp_keeps_frames_times_and_loops() -> None:
    frames = [picture(20, 10), picture(20, 10).rotate(180)]
    data = saved(
        frames[0],
        "WEBP",
        save_all=True,
        append_images=frames[1:],
        duration=[70, 90],
        loop=3,
        exif=exif({0x013B: "A. Person"}),
    )
    clean = scrubbed(data, "webp")
    assert differences(data, clean) == []
    assert b"A. Person" not in clean
    assert clean[20] & 0x02


@pytest.mark.parametrize(
    "looks",
    [(b"sBIT", b"CAN"), (b"sBIT", b"\5\0\5"), (b"bKGD", b"CANARY"), (b"bKGD", b"\1\0\0\1\0\1")],
)
def test_numbers_beyond_the_depth_of_a_png_are_no_look(looks: tuple[bytes, bytes]) -> None:
    assert scrubbed(with_chunks(png(), looks), "png") == png()


def test_private_chunks_and_stray_bytes_of_a_png_go() -> None:
    extra = [
        (b"vpAg", b"CANARY"),
        (b"iDOT", b"CANARY"),
        (b"sPLT", b"name\0CANARY"),
        (b"oFFs", bytes(9)),
    ]
    assert scrubbed(with_chunks(png(), *extra) + b"CANARY", "png") == png()
