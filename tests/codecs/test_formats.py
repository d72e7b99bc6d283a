"""The table knows the six formats; headers say what decoders find, and refuse without delay."""

from __future__ import annotations

import contextlib
import io
import struct
import sys
from pathlib import Path

import numpy
import pytest
import pyvips
from PIL import Image

from safelight.codecs import routing
from safelight.errors import ContainerBroken, FormatUnknown, InputRefused
from safelight.formats import FORMATS, WRITABLE, Format, is_picture, media_type
from safelight.image import Header
from tests.codecs.making import (
    chunk,
    exif,
    extended,
    in_format,
    jpeg,
    picture,
    png,
    png_chunks,
    png_of,
    riff_chunk,
    saved,
    segment,
    webp,
    webp_of,
    with_segments,
)

KINDS: dict[Format, str] = {
    "jpeg": "JPEG",
    "png": "PNG",
    "webp": "WEBP",
    "tiff": "TIFF",
    "gif": "GIF",
    "avif": "AVIF",
}
# libvips says otherwise on purpose here: frames of animated PNG are not its business, nor is the
# number of hidden pictures ours; chroma-subsampled TIFF comes out of it with an alpha band.
OTHER_ON_PURPOSE = ("apng/", "subsampled.tif", "pyramid_pymd", "sofa_grid", "pitm.avif", ".cr2")


def header(data: bytes) -> Header:
    format = routing.route(data[: routing.ROUTE_BYTES])
    assert format is not None
    return routing.read_header(memoryview(data), format)


@pytest.mark.parametrize("format", WRITABLE)
def test_each_format_is_known_by_its_first_bytes_and_its_header(format: Format) -> None:
    data = in_format(picture(31, 17), format)
    assert routing.route(data[: routing.ROUTE_BYTES]) == format
    read = header(data)
    assert (read.format, read.width, read.height) == (format, 31, 17)
    assert (read.frames, read.orientation, read.colour) == (1, 1, "rgb")


@pytest.mark.parametrize(
    "first",
    [
        b"",
        b"GIF",
        b"RIFF\0\0\0\0WAVE",
        b"BM",
        b"BM\0\0\0\0\1\0\0\0",
        bytes(128) + b"DICN",
        b"\0\0\0\x20ftypmif2\0\0\0\0heicavif",
        b"PK\3\4",
    ],
)
def test_other_bytes_name_no_format(first: bytes) -> None:
    assert routing.route(first) is None


@pytest.mark.parametrize(
    ("first", "format"),
    [
        (b"\0\0\0\x20ftypheic\0\0\0\0mif1heic", "heic"),
        (b"\0\0\0\x20ftypmif1\0\0\0\0heicavif", "heic"),
        (b"BM\x9a\0\0\0\0\0\0\0", "bmp"),
        (b"<svg xmlns=", "svg"),
        (b"%PDF-1.7", "pdf"),
        (bytes(128) + b"DICM", "dicom"),
        (b"\0\0\0\x18ftypmp42", "mp4"),
        (b"\x1aE\xdf\xa3\x01", "webm"),
    ],
)
def test_the_first_bytes_name_the_format(first: bytes, format: Format) -> None:
    assert routing.route(first) == format


FIRST_OF_FOREIGN = {
    "JPEG XL": b"\0\0\0\x0cJXL \r\n\x87\n",
    "JPEG 2000": b"\0\0\0\x0cjP  \r\n\x87\n",
    "Photoshop": b"8BPS\0\1",
    "TGA": b"\0\0\x0a" + bytes(9) + b"\x40\0\x30\0\x18\0",
    "PCX": b"\x0a\5\1\x08",
    "DDS": b"DDS \x7c\0\0\0",
    "SGI": b"\x01\xda\1\1",
    "ICO, CUR": b"\0\0\1\0\1\0",
    "QOI": b"qoif",
    "OpenEXR": b"v/1\x01",
    "Radiance HDR": b"#?RADIANCE\n",
    "RAW (Canon, Fujifilm, Minolta, Olympus, Panasonic, Sigma)": b"\0\0\0\x18ftypcrx ",
    "Netpbm": b"P6\n4 4\n255\n",
    "HEIF with a minimized header": b"\0\0\0\x10ftypmif3avif",
    "DICOM without its file header": b"\x08\0\5\0CS\x0a\0ISO_IR 100",
    "AVI": b"RIFF\0\0\0\0AVI LIST",
}


def test_a_foreign_format_is_refused_by_its_name_with_what_helps() -> None:
    assert set(FIRST_OF_FOREIGN) == {one.title for one in routing.FOREIGN}
    for title, first in FIRST_OF_FOREIGN.items():
        assert routing.route(first) is None
        refused = routing.refusal(first)
        assert title in refused.message
        assert refused.hint != FormatUnknown.usual_hint
    assert routing.refusal(b"plain text").message == FormatUnknown.sentence


@pytest.mark.parametrize("first", [b"II\x1a\0\0\0HEAPCCDR", b"\0MRM\0\1", b"FOVb\0\0\2\0"])
def test_raw_of_every_maker_that_has_a_mark_is_told(first: bytes) -> None:
    assert "RAW (" in routing.refusal(first).message


@pytest.mark.parametrize("first", [b"\0\0\2\0\1\0\x20\x20", b"\0\0\1\0\1\0\x20\x20"])
def test_a_cursor_is_no_tga(first: bytes) -> None:
    assert "ICO, CUR" in routing.refusal(first).message


def test_a_part_that_a_format_does_not_have_is_refused() -> None:
    assert routing.part_of("png", "save").saved
    with pytest.raises(FormatUnknown, match="pdf"):
        routing.part_of("pdf", "pixels")


def test_a_part_that_misses_something_itself_says_what(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "safelight.codecs.png_save", raising=False)
    monkeypatch.setitem(sys.modules, "safelight.codecs.png_pixels", None)
    with pytest.raises(ModuleNotFoundError, match="png_pixels"):
        routing.part_of("png", "save")


def test_a_general_brand_counts_when_a_compatible_one_is_ours() -> None:
    assert routing.route(b"\0\0\0\x1cftypmif1\0\0\0\0mif1avif") == "avif"


def test_headers_agree_with_libvips_on_every_shared_picture(shared_data: Path) -> None:
    compared, different = 0, []
    for folder in ("metadata", "formats"):
        for path in sorted((shared_data / folder).rglob("*")):
            if not path.is_file() or any(part in str(path).lower() for part in OTHER_ON_PURPOSE):
                continue
            data = path.read_bytes()
            if routing.route(data[: routing.ROUTE_BYTES]) not in KINDS:
                continue
            try:
                image = pyvips.Image.new_from_buffer(data, "")
            except pyvips.Error:
                continue
            read = header(data)
            pages = image.get("n-pages") if image.get_typeof("n-pages") else 1
            turned = image.get("orientation") if image.get_typeof("orientation") else 1
            theirs = (image.width, image.height, image.bands, pages, turned)
            ours = (read.width, read.height, read.bands, read.frames, read.orientation)
            compared += 1
            if ours != theirs:
                different.append((path.name, ours, theirs))
    assert not different
    assert compared > 350


def test_depth_colour_and_alpha_are_told() -> None:
    grey16 = Image.fromarray(numpy.full((4, 5), 60_000, "uint16"))
    assert header(saved(grey16, "PNG")).bits == 16
    assert header(saved(grey16, "TIFF")).bits == 16
    assert header(saved(picture(mode="L"), "PNG")).colour == "grey"
    cmyk = header(saved(picture(mode="CMYK"), "JPEG"))
    assert (cmyk.colour, cmyk.bands, cmyk.has_alpha) == ("cmyk", 4, False)
    assert header(saved(picture(mode="CMYK"), "TIFF")).colour == "cmyk"
    palette = header(saved(picture(mode="P"), "PNG"))
    assert (palette.colour, palette.bands, palette.bits) == ("rgb", 3, 8)
    clear = picture(mode="RGBA")
    clear.putpixel((0, 0), (9, 9, 9, 9))
    for kind in ("PNG", "WEBP", "AVIF", "TIFF"):
        see_through = header(saved(clear, kind))
        assert (see_through.has_alpha, see_through.bands) == (True, 4), kind


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_told_by_every_format_that_leaves_it_to_us(orientation: int) -> None:
    block = exif({0x0112: orientation})
    for kind in ("JPEG", "PNG", "WEBP"):
        assert header(saved(picture(), kind, exif=block)).orientation == orientation
    tagged = saved(picture(), "TIFF", tiffinfo={0x0112: orientation})
    assert header(tagged).orientation == orientation


def test_frames_are_counted() -> None:
    frames = [picture(20, 10), picture(20, 10).rotate(180), picture(20, 10, "L").convert("RGB")]
    for kind in ("GIF", "PNG", "WEBP", "TIFF"):
        out = io.BytesIO()
        frames[0].save(out, kind, save_all=True, append_images=frames[1:])
        assert header(out.getvalue()).frames == 3, kind


def test_an_animation_claims_no_more_frames_than_it_has() -> None:
    chunks = png_chunks(png())
    claim = (b"acTL", struct.pack(">II", 2**31 - 1, 0))
    assert header(png_of([chunks[0], claim, *chunks[1:]])).frames == 1


GIGAPIXEL: dict[str, bytes] = {
    "jpeg": with_segments(
        b"\xff\xd8",
        segment(0xC0, struct.pack(">BHHB", 8, 65_535, 65_535, 1) + b"\1\x11\0"),
        segment(0xDA, b"\1\1\0\0\x3f\0"),
    ),
    "png": png_of(
        [
            (b"IHDR", struct.pack(">IIBBBBB", 400_000, 250_000, 8, 2, 0, 0, 0)),
            (b"IDAT", b""),
            (b"IEND", b""),
        ]
    ),
    "webp": webp_of(
        extended(2, 16_777_216, 16_777_216),
        riff_chunk(b"ANIM", bytes(6)),
        riff_chunk(b"ANMF", bytes(16)),
    ),
    "tiff": struct.pack("<2sHIH", b"II", 42, 8, 2)
    + struct.pack("<HHII", 256, 4, 1, 400_000)
    + struct.pack("<HHII", 257, 4, 1, 250_000)
    + bytes(4),
    "gif": b"GIF89a" + struct.pack("<HH", 65_535, 65_535) + bytes(3) + b"\x2c" + bytes(10) + b"\0;",
}


@pytest.mark.parametrize("name", sorted(GIGAPIXEL))
def test_an_absurd_size_is_told_without_decoding_anything(name: str) -> None:
    data = GIGAPIXEL[name]
    assert len(data) < 400
    read = header(data)
    assert read.width * read.height >= 65_535 * 65_535


def test_the_canvas_of_a_gif_holds_its_largest_frame() -> None:
    frame = b"\x2c" + struct.pack("<HHHH", 10, 20, 30, 40) + b"\0\2\1\0\0"
    data = b"GIF89a" + struct.pack("<HH", 4, 4) + bytes(3) + frame + b";"
    read = header(data)
    assert (read.width, read.height) == (40, 60)


def test_a_loop_of_tiff_pages_ends() -> None:
    page = struct.pack("<HHHII", 2, 256, 4, 1, 9) + struct.pack("<HHII", 257, 4, 1, 9)
    data = struct.pack("<2sHI", b"II", 42, 8) + page + struct.pack("<I", 8)
    assert header(data).frames == 1


def test_big_tiff_is_read_in_both_orders() -> None:
    for order, mark in (("<", b"II"), (">", b"MM")):
        entries = [(256, 70_000), (257, 3), (258, 16), (262, 1), (277, 1)]
        body = struct.pack(order + "Q", len(entries)) + b"".join(
            struct.pack(order + "HHQQ", tag, 16, 1, value) for tag, value in entries
        )
        head = mark + struct.pack(order + "HHHQ", 43, 8, 0, 16)
        read = header(head + body + bytes(8))
        assert (read.width, read.height, read.bits, read.colour) == (70_000, 3, 16, "grey")


BROKEN: dict[str, bytes] = {
    "jpeg without a frame": with_segments(b"\xff\xd8", segment(0xDA, b"\1\1\0\0\x3f\0")),
    "jpeg with two frames": with_segments(jpeg(), segment(0xC0, b"\x08\0\1\0\1\1\1\x11\0")),
    "jpeg with a short frame": b"\xff\xd8\xff\xc0\0\x05\x08\0\1\xff\xda\0\2",
    "jpeg that is only a start": b"\xff\xd8\xff",
    "png without a header": png_of([(b"IDAT", b""), (b"IEND", b"")]),
    "png of an impossible depth": png_of([(b"IHDR", bytes(7) + b"\1\3\2\0\0\0"), (b"IEND", b"")]),
    "png without pixels": png_of([png_chunks(png())[0], (b"IEND", b"")]),
    "png of no size": png_of([(b"IHDR", bytes(8) + b"\x08\2\0\0\0"), (b"IDAT", b"")]),
    "png cut off": png()[:-20],
    "png with a nameless chunk": png()[:33] + chunk(b"\0\1\2\3", b""),
    "webp without a picture": webp_of(riff_chunk(b"EXIF", b"II")),
    "webp cut off": webp()[:-20],
    "webp with a damaged picture": webp_of(riff_chunk(b"VP8 ", bytes(20))),
    "webp with a damaged lossless one": webp_of(riff_chunk(b"VP8L", bytes(20))),
    "webp larger than its canvas": webp_of(extended(0, 3, 3), webp()[12:]),
    "tiff without pages": b"II*\0\0\0\0\0",
    "tiff pointing outside": b"II*\0\xff\xff\0\0",
    "tiff with absurd samples": struct.pack("<2sHIHHHII", b"II", 42, 8, 1, 277, 3, 1, 999)
    + bytes(4),
    "big tiff of another width": b"II+\0\4\0\0\0" + bytes(8),
    "gif without pictures": b"GIF89a\1\0\1\0\0\0\0;",
    "gif with an unknown block": b"GIF89a\1\0\1\0\0\0\0\x99",
    "gif cut off": b"GIF89a\1\0\1\0\0\0\0\x2c" + bytes(9) + b"\2\xff\0",
    "gif that is only a start": b"GIF89a",
    "avif without a picture": b"\0\0\0\x10ftypavif\0\0\0\0",
    "avif with a tiny box": b"\0\0\0\x10ftypavif\0\0\0\0\0\0\0\x02meta",
}


@pytest.mark.parametrize("name", sorted(BROKEN))
def test_broken_containers_are_refused_as_broken(name: str) -> None:
    with pytest.raises(ContainerBroken):
        header(BROKEN[name])


def _frame(marker: int, bits: int = 8, height: int = 4, bands: int = 1) -> bytes:
    body = struct.pack(">BHHB", bits, height, 4, bands) + b"\1\x11\0" * bands
    return b"\xff\xd8" + segment(marker, body) + segment(0xDA, b"\1\1\0\0\x3f\0")


UNREAD: dict[str, bytes] = {
    "lossless jpeg": _frame(0xC3),
    "hierarchical jpeg": _frame(0xC5),
    "jpeg with 12 bits": _frame(0xC1, bits=12),
    "jpeg with a late height": _frame(0xC0, height=0),
    "jpeg with two components": _frame(0xC0, bands=2),
    "png of an app bundle": png_of([(b"CgBI", bytes(4)), *png_chunks(png())]),
}


@pytest.mark.parametrize("name", sorted(UNREAD))
def test_kinds_that_no_decoder_here_reads_are_refused_by_name(name: str) -> None:
    with pytest.raises(FormatUnknown):
        header(UNREAD[name])


def test_every_hostile_file_has_a_header_or_is_refused(shared_data: Path) -> None:
    seen = 0
    for path in sorted((shared_data / "hostile").rglob("*")):
        data = path.read_bytes() if path.is_file() else b""
        if routing.route(data[: routing.ROUTE_BYTES]) is None:
            continue
        seen += 1
        with contextlib.suppress(InputRefused):
            read = header(data)
            assert read.width > 0 or not is_picture(read.format)
    assert seen > 80


def test_each_format_has_the_name_that_http_has_for_it() -> None:
    names = {format: media_type(format) for format in FORMATS}
    assert len(set(names.values())) == len(FORMATS)
    assert (names["jpeg"], names["svg"], names["pdf"]) == (
        "image/jpeg", "image/svg+xml", "application/pdf",
    )  # fmt: skip
    assert names["mp4"] == "video/mp4"
