"""PDF: what lies behind the last byte that is read of a stream, a table or a function."""

from __future__ import annotations

import base64
import io
import zlib
from collections.abc import Callable
from typing import Any

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, Stream, String

from safelight.codecs import pdf_streams, pdf_trim
from safelight.codecs.pdf_streams import Budget
from tests.codecs.making import CANARY, scrubbed
from tests.codecs.planting_pdf import CONTENT, document, everything_in
from tests.codecs.planting_pdf_deep import lzw
from tests.codecs.test_canaries import pass_through

PIXELS = bytes(range(48))
ROWS = b"".join(b"\0" + PIXELS[at : at + 24] for at in range(0, 48, 24))
PREDICTED = Dictionary(Predictor=15, Colors=3, BitsPerComponent=8, Columns=8)
Change = Callable[[Any], None]


def picture(data: bytes, filter: Any = None, options: Any = None, **more: Any) -> Change:
    """The picture of the page becomes one of four by four pixels, stored so."""

    def change(pdf: Any) -> None:
        image = pdf.pages[0].obj.Resources.XObject["/Im0"]
        image.write(data, filter=filter, decode_parms=options)
        image.Width, image.Height, image.BitsPerComponent = 4, 4, 8
        for key, value in more.items():
            image[f"/{key}"] = value

    return change


def of_state(key: str, build: Callable[[Any], Any]) -> Change:
    def change(pdf: Any) -> None:
        page = pdf.pages[0].obj
        page.Resources.ExtGState = Dictionary(G0=Dictionary({f"/{key}": build(pdf)}))
        page.Contents = pdf.make_indirect(Stream(pdf, CONTENT + b" /G0 gs"))

    return change


def stream(data: bytes, **keys: Any) -> Callable[[Any], Any]:
    def build(pdf: Any) -> Any:
        made = Stream(pdf, data)
        for key, value in keys.items():
            made[f"/{key}"] = value
        return pdf.make_indirect(made)

    return build


def _stream_table(pdf: Any) -> None:
    table = stream(bytes(6) + CANARY)(pdf)
    colours = Array([Name.Indexed, Name.DeviceRGB, 1, table])
    picture(bytes(16), ColorSpace=colours)(pdf)


def _content(pdf: Any) -> None:
    packed = zlib.compress(CONTENT) + CANARY
    pdf.pages[0].obj.Contents.write(packed, filter=Name.FlateDecode)


def _profile(pdf: Any) -> None:
    profile = stream(bytes(128), N=3)(pdf)
    picture(PIXELS + CANARY, ColorSpace=Array([Name.ICCBased, profile, String(CANARY)]))(pdf)


FUNCTION = {"Domain": Array([0, 1]), "Range": Array([0, 1])}
HALFTONE = {"Type": Name.Halftone, "Width": 2, "Height": 2, "Xsquare": 1, "Ysquare": 1}
PLANTS: dict[str, Change] = {
    "behind pixels": picture(PIXELS + CANARY),
    "behind packed pixels": picture(zlib.compress(PIXELS) + CANARY, Name.FlateDecode),
    "packed behind pixels": picture(zlib.compress(PIXELS + CANARY), Name.FlateDecode),
    "packed behind predicted pixels": picture(
        zlib.compress(ROWS + b"\0" + CANARY), Array([Name.FlateDecode]), options=Array([PREDICTED])
    ),
    "behind pixels as text": picture(
        base64.a85encode(zlib.compress(PIXELS)) + b"~>" + CANARY,
        Array([Name.ASCII85Decode, Name.FlateDecode]),
    ),
    "behind pixels packed by LZW": picture(lzw(PIXELS + CANARY), Name.LZWDecode),
    "behind runs": picture(b"\x2f" + PIXELS + b"\x80" + CANARY, Name.RunLengthDecode),
    "behind a mask": picture(bytes(4) + CANARY, ImageMask=True, ColorSpace=Name.DeviceGray),
    "behind inks": picture(
        bytes(32) + CANARY,
        ColorSpace=Array(
            [Name.DeviceN, Array([Name.Cyan, Name.Gold]), Name.DeviceGray, Dictionary(), 1]
        ),
    ),
    "behind a profile's pixels": _profile,
    "behind a content": _content,
    "table of colours": picture(
        bytes(16),
        ColorSpace=Array([Name.Indexed, Name.DeviceRGB, 1, String(b"colour" + CANARY)]),
    ),
    "table of colours in a stream": _stream_table,
    "colour with a word": picture(PIXELS, ColorSpace=Array([Name.DeviceRGB, String(CANARY)])),
    "comment of a function": of_state(
        "TR", stream(b"{ % " + CANARY + b"\n 1 exch sub } " + CANARY, FunctionType=4, **FUNCTION)
    ),
    "comment of a packed function": of_state(
        "TR",
        stream(
            zlib.compress(b"{ odd % " + CANARY + b"\n}"),
            FunctionType=4,
            Filter=Name.FlateDecode,
            **FUNCTION,
        ),
    ),
    "samples of a function": of_state(
        "TR",
        stream(b"\0\xff" + CANARY, FunctionType=0, Size=Array([2]), BitsPerSample=8, **FUNCTION),
    ),
    "halftone": of_state("HT", stream(bytes(4) + CANARY, HalftoneType=6, **HALFTONE)),
    "halftone at an angle": of_state("HT", stream(b"ab" + CANARY, HalftoneType=10, **HALFTONE)),
    "halftone of words": of_state("HT", stream(bytes(8) + CANARY, HalftoneType=16, **HALFTONE)),
}


def unpacked(data: bytes) -> list[bytes]:
    """Every stream without what it is packed in, in order, but not a photo."""
    found = []
    with pikepdf.open(io.BytesIO(data)) as pdf:
        for one in pdf.objects:
            if isinstance(one, Stream) and one.get("/Filter") != Name.DCTDecode:
                found.append(bytes(one.read_bytes(pikepdf.StreamDecodeLevel.specialized)))
    return found


@pytest.mark.parametrize("place", sorted(PLANTS))
def test_what_lies_behind_the_end_goes(place: str) -> None:
    data = document(PLANTS[place])
    clean = scrubbed(data, "pdf")
    assert CANARY not in everything_in(clean) + b"".join(unpacked(clean))
    assert scrubbed(clean, "pdf") == clean


@pytest.mark.parametrize("place", sorted(PLANTS))
def test_a_scrubber_that_does_nothing_is_caught(place: str) -> None:
    left = pass_through(document(PLANTS[place]), "share")
    assert CANARY in everything_in(left) + b"".join(unpacked(left))


@pytest.mark.parametrize("place", [place for place in sorted(PLANTS) if "pixels" in place])
def test_the_pixels_stay(place: str) -> None:
    with pikepdf.open(io.BytesIO(scrubbed(document(PLANTS[place]), "pdf"))) as pdf:
        image: Any = pdf.pages[0].obj.Resources.XObject["/Im0"]
        assert bytes(image.read_bytes(pikepdf.StreamDecodeLevel.specialized)) == PIXELS


def test_functions_and_tables_keep_what_is_read() -> None:
    def left(place: str) -> list[bytes]:
        return unpacked(scrubbed(document(PLANTS[place]), "pdf"))

    assert b"{ 1 exch sub }" in left("comment of a function")
    assert b"{ odd }" in left("comment of a packed function")
    assert b"\0\xff" in left("samples of a function")
    assert bytes(6) in left("table of colours in a stream")
    assert CONTENT in left("behind a content")
    assert b"ab" in left("halftone at an angle")


def test_what_cannot_be_measured_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    own = Array([Name.ICCBased, Dictionary(N=7)])
    for change in (picture(PIXELS + b"more", ColorSpace=own), picture(PIXELS, Name.Crypt)):
        data = scrubbed(document(change), "pdf")
        assert PIXELS in everything_in(data)
    with pikepdf.new() as pdf:
        odd = Array([Name.Indexed, Array([Name.Own]), 1, String("words")])
        pdf_trim.trim("colour", odd, Budget())
        assert len(odd) == 4
        whole = zlib.compress(bytes(90_000)) + b"more"
        packed = Stream(pdf, b"")
        packed.write(whole, filter=Name.FlateDecode)
        monkeypatch.setattr(pdf_streams, "MAX_ALL", 80_000)
        pdf_trim.trim("plain", packed, Budget())
        assert bytes(packed.read_raw_bytes()) == whole
