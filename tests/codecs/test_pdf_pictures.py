"""PDF: pictures in codings of their own, with words in each place of their container."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, Stream
from PIL import Image

from safelight.codecs import icc
from safelight.codecs.isobmff import Box, boxed, boxes
from safelight.codecs.pdf_jbig2 import bare_jbig2
from safelight.codecs.pdf_jpx import bare_jpx, head
from tests.codecs.making import CANARY, profile, scrubbed
from tests.codecs.planting_pdf import document, everything_in, photo
from tests.codecs.test_canaries import pass_through

GREY = b"\x01\0\0" + struct.pack(">I", 17)
NOT_IN_ORDER = b"\xff\x4f\xff\x51\0\x04\0\0\xff\x64\0\x04xx\xff\x90\0\x02 \xff\xd9"


def jpeg_2000(mode: str = "RGB", **options: Any) -> bytes:
    out = io.BytesIO()
    noise = bytes(number * 37 % 251 for number in range(30 * 20 * len(mode)))
    Image.frombytes(mode, (30, 20), noise).save(out, "JPEG2000", **options)
    return out.getvalue()


def planted() -> bytes:
    """A picture with a canary in every box, behind the numbers that the box is for."""
    out = b""
    for box in boxes(memoryview(jpeg_2000(comment=CANARY.decode()))):
        out += _planted(box)
    return out + boxed(b"xml ", CANARY) + CANARY


def _planted(box: Box) -> bytes:
    body = bytes(box.body)
    if box.type == b"ftyp":
        words = body + CANARY[: len(CANARY) // 4 * 4]
        return boxed(b"ftyp", words) + boxed(b"rreq", bytes(7) + CANARY)
    if box.type == b"jp2h":
        inner = b"".join(boxed(one.type, bytes(one.body) + CANARY) for one in boxes(box.body))
        size = boxed(b"resc", CANARY[:10])
        inner += boxed(b"res ", size + boxed(b"xml ", CANARY)) + boxed(b"pclr", b"\0\1" + CANARY)
        inner += boxed(b"colr", b"\x03\0\0" + CANARY) + boxed(b"colr", b"\x04\0\0" + CANARY)
        return boxed(b"jp2h", inner)
    return boxed(box.type, body + CANARY)


def test_no_box_of_a_jpeg_2000_keeps_words_and_the_pixels_stay() -> None:
    data = planted()
    assert data.count(CANARY) >= 9
    clean = bare_jpx(memoryview(data))
    assert CANARY[:6] not in clean
    assert bare_jpx(memoryview(clean)) == clean
    with Image.open(io.BytesIO(clean)) as after, Image.open(io.BytesIO(jpeg_2000())) as before:
        assert (after.mode, after.tobytes()) == (before.mode, before.tobytes())


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
@pytest.mark.parametrize(
    "options",
    [{}, {"no_jp2": True}, {"tile_size": (16, 16)}, {"plt": True}, {"num_resolutions": 1}],
)
def test_every_kind_of_jpeg_2000_keeps_its_pixels(mode: str, options: dict[str, Any]) -> None:
    data = jpeg_2000(mode, comment=CANARY.decode(), **options)
    clean = bare_jpx(memoryview(data))
    assert CANARY not in clean
    with Image.open(io.BytesIO(clean)) as after, Image.open(io.BytesIO(data)) as before:
        assert (after.mode, after.tobytes()) == (before.mode, before.tobytes())


def test_colours_and_tables_of_a_head_are_cut_to_their_numbers() -> None:
    size = struct.pack(">IIHBBBB", 20, 30, 1, 7, 7, 0, 0)
    table = b"\0\2\3\7\7\7" + bytes(range(6))
    parts = [(b"ihdr", size), (b"bpcc", b"\7"), (b"colr", GREY), (b"pclr", table)]
    parts += [(b"cmap", bytes((0, 0, 1, 0, 0, 0, 1, 1, 0, 0, 1, 2))), (b"cdef", b"\0\1" + bytes(6))]
    longer = b"".join(boxed(kind, body + CANARY) for kind, body in parts)
    assert head(memoryview(longer)) == b"".join(boxed(kind, body) for kind, body in parts)
    words = boxed(b"ihdr", size) + boxed(b"colr", b"\x03\0\0" + CANARY)
    assert head(memoryview(words)) == boxed(b"ihdr", size) + boxed(b"colr", GREY)
    spoken = head(memoryview(boxed(b"colr", b"\x02\0\0" + profile())))
    assert spoken == boxed(b"colr", b"\x02\0\0" + (icc.clean(profile()) or b"none"))
    points = b"\x05\0\0" + bytes(7)
    assert head(memoryview(boxed(b"colr", points + CANARY))) == boxed(b"colr", points)


def test_a_codestream_that_is_not_in_order_loses_its_comments_and_what_follows() -> None:
    clean = bare_jpx(memoryview(NOT_IN_ORDER + CANARY))
    assert clean == NOT_IN_ORDER.replace(b"\xff\x64\0\x04xx", b"")


def segment(number: int, kind: int, body: bytes, *, referred: bytes = b"\0") -> bytes:
    return struct.pack(">IB", number, kind) + referred + b"\1" + struct.pack(">I", len(body)) + body


PAGE = segment(1, 48, struct.pack(">IIIIBH", 8, 8, 0, 0, 0, 0))
DRAWN = segment(2, 38, bytes(18) + b"\xff\xac", referred=b"\x20\1")
ENDS = segment(3, 50, bytes(4)) + segment(4, 49, b"")


def test_jbig2_keeps_the_segments_that_draw() -> None:
    comment = segment(9, 62, b"\x20\0\0\0" + CANARY)
    unknown = segment(10, 33, CANARY)
    dirty = PAGE[:-19] + PAGE[-19:] + comment + DRAWN + unknown + ENDS + segment(5, 51, CANARY)
    assert bare_jbig2(memoryview(dirty + CANARY)) == PAGE + DRAWN + ENDS
    assert bare_jbig2(memoryview(PAGE + DRAWN + b"rest")) == PAGE + DRAWN
    long = segment(1, 48, struct.pack(">IIIIBH", 8, 8, 0, 0, 0, 0) + CANARY)
    assert bare_jbig2(memoryview(long)) == PAGE
    many = segment(300, 7, b"text", referred=b"\xe0\0\0\5" + b"\0" + bytes(10))
    assert bare_jbig2(memoryview(many + ENDS)) == many + ENDS
    assert bare_jbig2(memoryview(b"no")) == b"no"


def test_jbig2_without_a_length_ends_with_its_mark() -> None:
    coded = bytes(18) + b"\xff\xac\0\0\0\x08"
    start = struct.pack(">IB", 2, 38) + b"\0\1" + b"\xff" * 4
    comment = segment(9, 62, CANARY)
    assert bare_jbig2(memoryview(PAGE + start + coded + comment + ENDS)) == (
        PAGE + start + coded + ENDS
    )
    fax = bytes(17) + b"\1" + b"abc\0\0\0\0\0\x08"
    assert bare_jbig2(memoryview(PAGE + start + fax + comment)) == PAGE + start + fax


def coded(pdf: Any) -> None:
    """A page with a JPEG 2000, a JBIG2 with shared segments, and a form packed as a JPEG."""
    objects = pdf.pages[0].obj.Resources.XObject
    objects["/Im0"].write(planted(), filter=Name.JPXDecode)
    shared = Stream(pdf, b"")
    comment = segment(9, 62, b"\x20\0\0\0" + CANARY)
    shared.write(zlib.compress(comment + segment(8, 0, b"s")), filter=Name.FlateDecode)
    image = Stream(pdf, b"")
    options = Dictionary(JBIG2Globals=pdf.make_indirect(shared))
    packed = zlib.compress(PAGE + comment + DRAWN)
    image.write(
        packed,
        filter=Array([Name.FlateDecode, Name.JBIG2Decode]),
        decode_parms=Array([Dictionary(), options]),
    )
    image.Type, image.Subtype, image.Width, image.Height = Name.XObject, Name.Image, 8, 8
    form = Stream(pdf, b"")
    form.write(photo(comment=CANARY), filter=Name.DCTDecode)
    form.Subtype, form.BBox = Name.Form, [0, 0, 1, 1]
    objects["/Im1"], objects["/Fm0"] = pdf.make_indirect(image), pdf.make_indirect(form)
    pdf.pages[0].obj.Contents = pdf.make_indirect(Stream(pdf, b"/Im0 Do /Im1 Do /Fm0 Do"))


def test_pictures_in_a_document_lose_their_words() -> None:
    data = document(coded)
    clean = scrubbed(data, "pdf")
    assert CANARY[:6] not in everything_in(clean)
    assert CANARY in everything_in(pass_through(data, "share"))
    assert scrubbed(clean, "pdf") == clean
    with pikepdf.open(io.BytesIO(clean)) as pdf:
        objects: Any = pdf.pages[0].obj.Resources.XObject
        image = objects["/Im1"]
        assert bytes(image.read_raw_bytes()) == PAGE + DRAWN
        assert bytes(image.DecodeParms.JBIG2Globals.read_raw_bytes()) == segment(8, 0, b"s")
        assert bytes(objects["/Fm0"].read_raw_bytes()) == photo()
